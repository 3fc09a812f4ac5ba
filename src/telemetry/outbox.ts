/** Tells another server of things, in order and in the background: who tells is never delayed, and a server that does not take it is a sentence, never a failure. */

import { coarseClock, type Clock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'

export interface OutboxOptions<T> {
  /** http or https; a user and password in it go into the Authorization header. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** For people: `webhook`. What of the URL may be a secret is not said. */
  readonly name: string
  /** The JSON of things that go together, the oldest first. */
  readonly body: (things: readonly T[]) => unknown
  /** So many go together at the most; one unless given. */
  readonly together?: number | undefined
  /** Of one request; 3 s unless given. */
  readonly timeout?: Ms | undefined
  /** Told once, whatever goes wrong how often. */
  readonly say: (text: string) => void
  readonly clock?: Clock | undefined
}

const TIMEOUT: Ms = ms(3000)
/** Between the tries of one request. */
const WAITS: readonly Ms[] = [ms(250), ms(1000)]
/** The longest that a server's own Retry-After is heeded. */
const RETRY_AFTER_MAX: Ms = ms(5000)
/** Who did not take the last thing is waited for no longer than that at the end. */
const PATIENCE_DOWN: Ms = ms(500)
/** What waits beyond that is dropped, the oldest first. */
const WAITING_MAX = 1000

type Sent = { readonly ok: true } | { readonly ok: false; readonly problem: string; readonly again: boolean; readonly after?: Ms | undefined }

export class Outbox<T> {
  readonly #options: OutboxOptions<T>
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #clock: Clock
  readonly #waiting: T[] = []
  readonly #given = new AbortController()
  #sending: Promise<void> | undefined
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined
  #said = false
  /** The last thing could not be told: those behind it are tried once each, so that a server that is gone costs no more than it must. */
  #down = false
  #lost = 0

  constructor(options: OutboxOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? coarseClock
    const url = new URL(options.url)
    const { username, password } = url
    url.username = ''
    url.password = ''
    this.#url = url.href
    this.#headers = {
      'content-type': 'application/json', 'user-agent': 'brownout',
      ...(username ? { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` } : {}),
      ...options.headers,
    }
  }

  /** Things that no server has taken. */
  get lost(): number { return this.#lost }

  /** Returns at once. After `close` it is lost. */
  tell(thing: T): void {
    if (this.#given.signal.aborted) { this.#lost++; return }
    this.#waiting.push(thing)
    if (this.#waiting.length > WAITING_MAX) {
      this.#waiting.shift()
      this.#lost++
    }
    this.#sending ??= this.#send()
  }

  /** Waits up to `patience` for what is still to be told, then gives the rest up. Never rejects. */
  async close(patience: Ms): Promise<void> {
    if (this.#sending) {
      let timer: Timer | undefined
      const wait = this.#down ? Math.min(patience, PATIENCE_DOWN) : patience
      const late = new Promise<void>((resolve) => { timer = this.#clock.at(ms(this.#clock.now() + wait), resolve) })
      await Promise.race([this.#sending, late])
      timer?.cancel()
    }
    this.#given.abort()
    this.#pause?.end()
    await this.#sending
  }

  async #send(): Promise<void> {
    // Whoever tells several things at once has them go together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const things = this.#waiting.splice(0, this.#options.together ?? 1)
      const problem = await this.#deliver(JSON.stringify(this.#options.body(things)))
      this.#down = problem !== undefined
      if (problem === undefined) continue
      this.#lost += things.length
      this.#say(problem)
    }
    this.#sending = undefined
  }

  /** What kept it from being told, after all tries. */
  async #deliver(body: string): Promise<string | undefined> {
    for (let attempt = 0; ; attempt++) {
      if (this.#given.signal.aborted) return 'given up at the end'
      const sent = await this.#post(body)
      if (sent.ok) return undefined
      const wait = this.#down ? undefined : WAITS[attempt]
      if (!sent.again || wait === undefined) return sent.problem
      await this.#rest(sent.after ?? wait)
    }
  }

  async #post(body: string): Promise<Sent> {
    try {
      const limit = AbortSignal.timeout(this.#options.timeout ?? TIMEOUT)
      // A redirect could lead anywhere, and the token with it.
      const response = await fetch(this.#url, { method: 'POST', headers: this.#headers, body, redirect: 'manual', signal: AbortSignal.any([limit, this.#given.signal]) })
      await response.body?.cancel()
      const { status } = response
      if (response.ok) return { ok: true }
      if (status >= 300 && status < 400) return { ok: false, problem: `it answers ${status}, and a redirect is not followed`, again: false }
      return { ok: false, problem: `it answers ${status}`, again: status === 408 || status === 429 || status >= 500, after: retryAfter(response.headers.get('retry-after')) }
    } catch (error) {
      return { ok: false, problem: reasonOf(error), again: true }
    }
  }

  #rest(wait: Ms): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#pause?.timer.cancel()
        this.#pause = undefined
        resolve()
      }
      this.#pause = { end, timer: this.#clock.at(ms(this.#clock.now() + wait), end) }
    })
  }

  #say(problem: string): void {
    if (this.#said) return
    this.#said = true
    this.#options.say(`${this.#options.name} at ${placeOf(this.#url)}: ${problem}; what it is not told is lost, and everything else goes on`)
  }
}

/** A URL without its path, query and password: the address of a webhook is its secret. */
export function placeOf(url: string): string {
  const { origin, pathname, search } = new URL(url)
  return pathname === '/' && search === '' ? origin : `${origin}/…`
}

function retryAfter(header: string | null): Ms | undefined {
  const seconds = header === null || header.trim() === '' ? Number.NaN : Number(header)
  return seconds >= 0 ? ms(Math.min(seconds * 1000, RETRY_AFTER_MAX)) : undefined
}

/** In a word or two: messages of the client may quote the URL. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached'
  if (error.name === 'TimeoutError') return 'it does not answer in time'
  if (error.name === 'AbortError') return 'given up at the end'
  const { cause } = error
  return `it cannot be reached (${cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : error.name})`
}
