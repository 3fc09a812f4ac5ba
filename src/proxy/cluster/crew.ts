/** The workers of a plane: as many as were asked for. One that ends is replaced; a client goes to the next in turn. */

import { monotonicNow, sleep } from '../../core/clock.ts'
import { BrownoutError } from '../../core/errors.ts'
import { ms, type Ms } from '../../core/units.ts'
import { WORKERS } from './ledger.ts'
import { WorkerGone, WorkerLink, type Client, type LinkHost, type WorkerProcess } from './link.ts'
import type { LastFigures, OrderName, Orders } from './wire.ts'

/** Starts a process that works for this one over its channel. */
export type StartWorker = () => WorkerProcess

export interface CrewHost extends Pick<LinkHost, 'heard'> {
  /** Orders that bring a new worker to where the others are, given in one go: what is ordered from then on comes behind them. Resolves when it has obeyed. */
  equip(link: WorkerLink): Promise<void>
  lost(link: WorkerLink, why: string, replaced: boolean): void
  /** One that has let its connections end, or was told to. */
  left(link: WorkerLink, last: LastFigures): void
}

/** Workers that ended within that time, at most: more is no accident. */
const LOSSES_MAX = 5
const LOSSES_WITHIN: Ms = ms(10_000)
const DRAIN_POLL: Ms = ms(20)

export class Crew {
  readonly #start: StartWorker
  readonly #host: CrewHost
  #links: readonly WorkerLink[] = []
  /** Clients who came while nobody served. */
  #homeless: Client[] = []
  #turn = 0
  #lost: readonly Ms[] = []
  #ended = false

  constructor(start: StartWorker, host: CrewHost) {
    this.#start = start
    this.#host = host
  }

  /** All that live, in the order in which they were started; one that is leaving among them. */
  get links(): readonly WorkerLink[] { return this.#links }

  /** So many serve, at most 64; those too many let their connections end for `drain` first. WORKER_FAILED where one does not start. */
  async resize(count: number, drain: Ms): Promise<void> {
    const serving = this.#links.filter((one) => one.serving)
    if (count < serving.length) await Promise.all(serving.slice(count).map((link) => this.#retire(link, drain)))
    else await Promise.all(Array.from({ length: count - serving.length }, () => this.#add()))
  }

  /** What all of them answer; of those that have ended meanwhile nothing. Rejects with the first error. */
  async all<N extends OrderName>(name: N, order: Orders[N]['order']): Promise<readonly Orders[N]['answer'][]> {
    const answers = await Promise.all(this.#links.map((link) => link.ask(name, order).then((answer) => [answer] as const, (error: unknown) => {
      if (error instanceof WorkerGone) return [] as const
      throw error
    })))
    return answers.flat() as readonly Orders[N]['answer'][]
  }

  tellOthers(but: WorkerLink, message: Parameters<WorkerLink['tell']>[0]): void { for (const link of this.#links) if (link !== but) link.tell(message) }

  hand(client: Client): void {
    const serving = this.#links.filter((one) => one.serving)
    const link = serving[this.#turn++ % Math.max(1, serving.length)]
    if (link) link.hand(client)
    else if (this.#ended || this.#links.length === 0) client.socket.destroy()
    else this.#homeless.push(client)
  }

  async end(): Promise<void> {
    this.#ended = true
    for (const { socket } of this.#homeless.splice(0)) socket.destroy()
    await Promise.all(this.#links.map((link) => this.#leave(link)))
  }

  async #add(): Promise<void> {
    const used = new Set(this.#links.map(({ number }) => number))
    const number = Array.from({ length: WORKERS }, (_, at) => at).find((at) => !used.has(at))
    if (number === undefined) throw new BrownoutError('WORKER_FAILED', { message: `there are ${WORKERS} workers already` })
    const link = new WorkerLink(number, this.#start(), {
      heard: (from, message) => this.#host.heard(from, message),
      gone: (gone, why, clients) => this.#gone(gone, why, clients),
    })
    this.#links = [...this.#links, link]
    try {
      await this.#host.equip(link)
    } catch (error) {
      if (!(error instanceof WorkerGone)) throw error
      throw new BrownoutError('WORKER_FAILED', { message: `a worker ${error.message || 'ended'} before it could serve` })
    }
    if (this.#ended) return
    link.serving = true
    for (const client of this.#homeless.splice(0)) this.hand(client)
  }

  #gone(link: WorkerLink, why: string, clients: readonly Client[]): void {
    this.#links = this.#links.filter((one) => one !== link)
    const now = monotonicNow()
    this.#lost = [...this.#lost.filter((at) => now - at < LOSSES_WITHIN), now]
    const replaced = !this.#ended && this.#lost.length <= LOSSES_MAX
    this.#host.lost(link, why, replaced)
    // One that could not even begin is told of to who wanted it.
    if (replaced) this.#add().catch(() => undefined)
    for (const client of clients) this.hand(client)
  }

  async #retire(link: WorkerLink, drain: Ms): Promise<void> {
    link.serving = false
    const until = monotonicNow() + drain
    while (monotonicNow() < until && !link.ended && await this.#busy(link)) await sleep(DRAIN_POLL)
    await this.#leave(link)
  }

  async #busy(link: WorkerLink): Promise<boolean> {
    const { targets } = await link.ask('snapshot', true).catch(() => ({ targets: {} }))
    return link.waiting > 0 || Object.values(targets).some(({ connections }) => connections > 0)
  }

  async #leave(link: WorkerLink): Promise<void> {
    const last = await link.ask('close', true).catch(() => undefined)
    this.#links = this.#links.filter((one) => one !== link)
    if (last) this.#host.left(link, last)
    link.end()
  }
}
