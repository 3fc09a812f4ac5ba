/** Journeys: several HTTP requests one after another, with values of the answers carried on, and time to think between. */

import type { Clock, Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { captureOf, type Answer } from './capture.ts'
import { NOTHING_SENT, reasonOf, type Client, type Done, type Sent } from './client.ts'
import { HttpLines } from './http-lines.ts'
import { credentialsOf, request, statusMatcher } from './http.ts'
import { NO_DATA, type Data } from './data.ts'
import { rendered } from './pieces.ts'
import type { Journey, JourneyRequest, Journeys, LoadSpec } from './spec.ts'

type Captured = Map<string, unknown>
/** Sends one request. `ended` is called once, with the reason where it failed; what it captured is in `values` then. */
type Request = { readonly name: string; send(n: number, values: Captured, ended: (failed: string | undefined) => void): Sent }
type Step = Request | { readonly length: Ms }

/** The requests of one journey share nothing but their pool of connections, one for each host. A failed request is not made again. */
export function openJourney(spec: LoadSpec, { steps, keepAlive }: Journey, clock: Clock, data: Data = NO_DATA): Client {
  const all = new Map<string, HttpLines>()
  const linesOf = (url: string): HttpLines => {
    const { origin } = new URL(url)
    const lines = all.get(origin) ?? new HttpLines(url, spec, keepAlive)
    all.set(origin, lines)
    return lines
  }
  const walked = steps.map((step): Step => (step.kind === 'think' ? step : requestOf(step, linesOf, data)))
  let closed: Promise<unknown> | undefined
  return {
    opened: Promise.resolve(),
    send: (n, done, due) => new Walk({ steps: walked, timeout: spec.timeout, clock, n, due, done }),
    close: () => {
      closed ??= Promise.all([...all.values()].map((lines) => lines.destroy()))
      return closed.then(() => undefined)
    },
  }
}

/** Which one an operation is, is drawn by its number. Reasons begin with the journey's name. */
export function openJourneys(spec: LoadSpec, { of }: Journeys, clock: Clock, data: Data, random: (n: number) => number): Client {
  let total = 0
  // Each is drawn below the sum of the weights up to its own.
  const clients = of.map(({ name, weight, journey }) => {
    total += weight
    return { name, below: total, client: openJourney(spec, journey, clock, data) }
  })
  return {
    opened: Promise.resolve(),
    send(n, done, due) {
      const drawn = random(n) * total
      const chosen = clients.find(({ below }) => drawn < below)
      if (!chosen) return NOTHING_SENT
      return chosen.client.send(n, (outcome, reason, thought) => done(outcome, reason === undefined ? undefined : `${chosen.name}: ${reason}`, thought), due)
    },
    close: () => Promise.all(clients.map(({ client }) => client.close())).then(() => undefined),
  }
}

function requestOf({ name, method, url: pieces, headers: written, body, ok, capture }: JourneyRequest, linesOf: (url: string) => HttpLines, data: Data): Request {
  const [base] = pieces
  if (typeof base !== 'string') throw new TypeError('a URL begins with its host')
  const lines = linesOf(base)
  const url = rendered(pieces, data)
  const headers = Object.entries(written).map(([key, value]) => [key, rendered(value, data)] as const)
  const authorization = credentialsOf(base)
  const content = body && rendered(body, data)
  const captures = Object.entries(capture).flatMap(([as, where]) => {
    const found = captureOf(where)
    return 'wrong' in found ? [] : [{ as, ...found }]
  })
  const keeps = captures.length === 0 ? 'nothing' : captures.some(({ ofBody }) => ofBody) ? 'body' : 'head'
  const take = (answer: Answer, values: Captured): string | undefined => {
    const missing = captures.find(({ as, read }) => {
      const value = read(answer)
      values.set(as, value)
      return value === undefined
    })
    return missing && `nothing to capture as ${missing.as}`
  }
  const isOk = statusMatcher(ok)
  return {
    name,
    send(n, values, ended) {
      try {
        const { pathname, search } = new URL(url(n, values))
        const options = { method, path: `${pathname}${search}`, headers: { ...authorization, ...Object.fromEntries(headers.map(([key, value]) => [key, value(n, values)])) }, body: content ? content(n, values) : null }
        return request(lines, options, { isOk, keeps, ended: (failed, answer) => ended(failed ?? take(answer, values)) })
      } catch (error) {
        // What was captured makes no URL.
        ended(reasonOf(error))
        return NOTHING_SENT
      }
    },
  }
}

interface Walking { readonly steps: readonly Step[]; readonly timeout: Ms; readonly clock: Clock; readonly n: number; readonly due: Ms; readonly done: Done }

/** One journey under way. While it thinks its timeout stands still. */
class Walk implements Sent {
  readonly #walking: Walking
  readonly #values: Captured = new Map()
  #next = 0
  #thought: Ms = ms(0)
  #sent: Sent = NOTHING_SENT
  #timer: Timer | undefined
  #ended = false

  constructor(walking: Walking) {
    this.#walking = walking
    this.#step()
  }

  abandon(): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#sent.abandon()
  }

  #step(): void {
    const { steps, clock, n, due, timeout } = this.#walking
    const step = steps[this.#next++]
    if (!step) return this.#end('ok')
    this.#timer?.cancel()
    const now = clock.now()
    if ('length' in step) {
      this.#timer = clock.at(ms(now + step.length), () => {
        this.#thought = ms(this.#thought + clock.now() - now)
        this.#step()
      })
      return
    }
    this.#timer = clock.at(ms(due + timeout + this.#thought), () => {
      this.#end('late', `${step.name}: timeout`)
      this.#sent.abandon()
    })
    this.#sent = step.send(n, this.#values, (failed) => {
      if (this.#ended) return
      if (failed === undefined) this.#step()
      else this.#end('error', `${step.name}: ${failed}`)
    })
  }

  #end(...[outcome, reason]: Parameters<Done>): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer?.cancel()
    this.#walking.done(outcome, reason, this.#thought)
  }
}
