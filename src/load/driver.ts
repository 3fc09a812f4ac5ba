/** One load: sends what is due, gives up what is late, and tells the tally. */

import type { Clock, Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Arrivals } from './arrivals.ts'
import { NOTHING_SENT, type Client, type Sent } from './client.ts'
import type { Detail } from './merge.ts'
import { thinkTime, type LoadSpec } from './spec.ts'
import type { Tally } from './tally.ts'
import type { LoadFigures } from './verdict.ts'

interface Operation {
  readonly n: number
  readonly due: Ms
  readonly sentAt: Ms
  sent: Sent
  /** Operations that were dropped while this one was the oldest in flight: they share its fate. */
  inItsWay: number
}

export interface DriverOptions { readonly spec: LoadSpec; readonly arrivals: Arrivals; readonly client: Client; readonly tally: Tally; readonly clock: Clock }

/**
 * Every operation is counted as offered when it is due and ends as exactly one of ok, error, timeout, dropped or indeterminate.
 * One that finds the limit of operations in flight reached is dropped. Whose fault that is shows later: when the oldest one in
 * flight ends as timeout or error, the system had stopped answering and the dropped one would have failed too; when it ends ok, only our
 * limit was too low. One whose turn comes when it is already older than its timeout is dropped by our own fault: we did not run.
 */
export class Driver {
  readonly #spec: LoadSpec
  readonly #arrivals: Arrivals
  readonly #client: Client
  readonly #tally: Tally
  readonly #clock: Clock
  /** How old an operation can become that thinks all the while that it may. */
  readonly #life: Ms
  /** Oldest first: all have the same life, so they become late in this order. */
  readonly #inFlight = new Set<Operation>()
  #droppedByUs = 0
  #wake: Timer | undefined
  #wakeAt = Number.POSITIVE_INFINITY
  #stopped = false
  #whenIdle: (() => void) | undefined

  constructor({ spec, arrivals, client, tally, clock }: DriverOptions) {
    this.#spec = spec
    this.#arrivals = arrivals
    this.#client = client
    this.#tally = tally
    this.#clock = clock
    this.#life = ms(spec.timeout + thinkTime(spec.send))
  }

  begin(): void { this.#arm() }

  /** Sends nothing more; resolves when all that was in flight has ended or become late, at most `patience` later: the rest is indeterminate. */
  async stop(patience: Ms): Promise<void> {
    this.#turn()
    this.#stopped = true
    if (this.#inFlight.size > 0) {
      await new Promise<void>((resolve) => {
        const late = this.#clock.at(ms(this.#clock.now() + patience), resolve)
        this.#whenIdle = () => { late.cancel(); resolve() }
      })
    }
    this.#wake?.cancel()
    const now = this.#clock.now()
    this.#expire(now)
    for (const operation of this.#inFlight) {
      operation.sent.abandon()
      this.#tally.indeterminate(now)
    }
    this.#inFlight.clear()
    this.#tally.finish(now)
  }

  /** What its quantiles are made of. */
  get detail(): Detail { return this.#tally.detail }

  /** Whole once `stop` has resolved. `cpu` is the process's. */
  figures(cpu: number): LoadFigures {
    const { totals, sent, latenessP99, serviceP99, errors, closes } = this.#tally
    return {
      name: this.#spec.name, offered: totals.offered, sent, dropped: totals.dropped, droppedByUs: this.#droppedByUs,
      latenessP99Ms: latenessP99, serviceP99Ms: serviceP99, cpu, errors, closes,
    }
  }

  readonly #turn = (): void => {
    const now = this.#clock.now()
    this.#expire(now)
    if (!this.#stopped) this.#sendDue(now)
    // Last: what became late before now has been counted where it belongs.
    this.#tally.flush(now)
    this.#arm()
  }

  #arm(): void {
    this.#wake?.cancel()
    const due = this.#stopped ? Number.POSITIVE_INFINITY : this.#arrivals.due
    const [oldest] = this.#inFlight
    const late = oldest ? oldest.due + this.#life : Number.POSITIVE_INFINITY
    this.#wakeAt = Math.min(due, late, this.#tally.flushAt)
    this.#wake = this.#clock.at(ms(this.#wakeAt), this.#turn)
  }

  #expire(now: Ms): void {
    for (const operation of this.#inFlight) {
      if (operation.due + this.#life > now) return
      this.#remove(operation)
      this.#arrivals.ended(operation.n, now, false)
      this.#late(operation, ms(this.#life - this.#spec.timeout))
      operation.sent.abandon()
    }
  }

  #sendDue(now: Ms): void {
    const { timeout, inFlightMax } = this.#spec
    for (let { due } = this.#arrivals; due <= now; { due } = this.#arrivals) {
      const n = this.#arrivals.take()
      if (this.#client.skips?.(n)) {
        this.#arrivals.ended(n, now, true)
        continue
      }
      this.#tally.offered(due)
      if (due + timeout <= now) {
        if (this.#tally.measures(due)) this.#droppedByUs++
        this.#drop(n, due, now)
      } else if (this.#inFlight.size >= inFlightMax) {
        const [oldest] = this.#inFlight
        if (oldest) oldest.inItsWay++
        this.#drop(n, due, now)
      } else {
        this.#send(n, due)
      }
    }
  }

  #drop(n: number, due: Ms, now: Ms): void {
    this.#tally.dropped(due)
    this.#arrivals.ended(n, now, true)
  }

  #send(n: number, due: Ms): void {
    const sentAt = this.#clock.now()
    const operation: Operation = { n, due, sentAt, sent: NOTHING_SENT, inItsWay: 0 }
    this.#inFlight.add(operation)
    this.#tally.sending(sentAt, ms(sentAt - due))
    operation.sent = this.#client.send(n, (outcome, reason, thought) => this.#ended(operation, outcome, reason, thought), due)
  }

  #ended(operation: Operation, outcome: 'ok' | 'error' | 'late', reason: string | undefined, thought: Ms = ms(0)): void {
    // Counted already: it had become late.
    if (!this.#inFlight.has(operation)) return
    const now = this.#clock.now()
    const response = ms(now - operation.due - thought)
    this.#remove(operation)
    this.#arrivals.ended(operation.n, now, outcome === 'error')
    // A user who is ready before anything else is due.
    if (this.#arrivals.due < this.#wakeAt && !this.#stopped) this.#arm()
    if (outcome === 'late' || response >= this.#spec.timeout) return this.#late(operation, thought, outcome === 'late' ? reason : undefined)
    if (outcome === 'error') return this.#tally.error(now, reason ?? 'error')
    if (this.#tally.measures(operation.due)) this.#droppedByUs += operation.inItsWay
    this.#tally.ok(now, response, ms(now - operation.sentAt - thought))
  }

  #late({ due, sentAt }: Operation, thought: Ms, reason?: string): void {
    const late = ms(due + this.#spec.timeout + thought)
    this.#tally.late(late, this.#spec.timeout, ms(Math.max(0, late - sentAt - thought)), reason)
  }

  #remove(operation: Operation): void {
    this.#inFlight.delete(operation)
    if (this.#stopped && this.#inFlight.size === 0) this.#whenIdle?.()
  }
}
