/** Keeps the board in step with brownout: history first, then the stream, and again after every break. */

import type { Status, Tick, ResourceTick } from '../control/contract.ts'
import type { JournalEvent } from '../record/events.ts'
import { ApiError, refusedBy, type Api } from './api.ts'
import type { Board } from './board.ts'
import { every, wait, wallNow } from './clock.ts'
import { EventReader, type ServerEvent } from './server-events.ts'

/** How long until it is tried again: twice as long each time. */
const RETRY_MS = 500
const RETRY_MAX_MS = 10_000
/** While something is injected its counts are asked for so often: they are no news by themselves. */
const COUNTS_MS = 2000
/** Nothing at all for so long, not even a comment: the other end is gone without a word. */
const SILENCE_MS = 20_000

export class Feed {
  readonly #api: Api
  readonly #board: Board
  #failures = 0
  #ended = new AbortController()
  /** Ends the pause before the next attempt, or the attempt. */
  #now = new AbortController()

  constructor(api: Api, board: Board) {
    this.#api = api
    this.#board = board
  }

  /** Until `end`. */
  async run(): Promise<void> {
    const counts = every(COUNTS_MS, () => { void this.#recount() })
    this.#ended.signal.addEventListener('abort', counts)
    while (!this.#ended.signal.aborted) {
      this.#now = new AbortController()
      try {
        await this.#follow()
      } catch (error) {
        const refused = refusedBy(error)
        if (refused.status === 401) {
          this.#board.linked({ kind: 'refused' })
          await wait(2 ** 31 - 1, this.#now.signal)
        } else await this.#pause(refused.message)
      }
    }
  }

  /** At once, whatever is waited for. */
  retry(): void { this.#now.abort() }

  end(): void {
    this.#ended.abort()
    this.#now.abort()
  }

  async #recount(): Promise<void> {
    const { link, status } = this.#board
    if (link.kind !== 'live' || !status?.injections.length) return
    try {
      const now = await this.#api.get<Status>('status')
      // What the stream has said meanwhile is newer.
      if (this.#board.status === status) this.#board.heardStatus(now)
    } catch (error) {
      // The stream tells whether brownout is there.
      if (!(error instanceof ApiError)) throw error
    }
  }

  async #pause(why: string): Promise<void> {
    const time = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** Math.min(this.#failures++, 10))
    this.#board.linked({ kind: 'offline', why, until: wallNow() + time })
    await wait(time, this.#now.signal)
  }

  async #follow(): Promise<void> {
    if (this.#board.link.kind !== 'offline') this.#board.linked({ kind: 'connecting' })
    const silence = new AbortController()
    const signal = AbortSignal.any([this.#now.signal, silence.signal])
    // Opened before the history is asked for, so that nothing falls between the two; what comes twice is known by its time.
    const stream = await this.#api.open(signal)
    const [before, ticks, events] = await Promise.all([this.#api.get<Status>('status'), this.#api.get<readonly Tick[]>('ticks'), this.#api.get<readonly JournalEvent[]>('events')])
    this.#board.heardStatus(before)
    this.#board.events(events)
    this.#board.ticks(ticks)
    this.#board.heardStatus(await this.#api.get<Status>('status'), true)
    this.#board.linked({ kind: 'live' })
    this.#failures = 0
    const reader = new EventReader()
    const text = stream.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const over = new AbortController()
      void wait(SILENCE_MS, over.signal).then(() => { if (!over.signal.aborted) silence.abort() })
      const { done, value } = await text.read().catch(() => ({ done: true, value: undefined }))
      over.abort()
      if (done) throw new ApiError({ status: 0, message: 'the connection to brownout is lost' })
      for (const event of reader.feed(value ?? '')) this.#hear(event)
    }
  }

  #hear({ name, data }: ServerEvent): void {
    const content: unknown = JSON.parse(data)
    switch (name) {
      case 'ticks': this.#board.ticks(content as readonly Tick[]); return
      case 'resources': this.#board.resources(content as readonly ResourceTick[]); return
      case 'event': this.#board.events([content as JournalEvent]); return
      case 'status': this.#board.heardStatus(content as Status); return
      default:
    }
  }
}
