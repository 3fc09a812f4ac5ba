/** When operations are due: of an open loop a function of their number and the seed, whatever became of those before; of a closed loop when their user is ready. */

import { randomStream } from '../core/random.ts'
import { ms, type Ms } from '../core/units.ts'
import { Fifo } from '../protocols/fifo.ts'
import { Curve, waiting } from './curve.ts'
import type { LoadSpec } from './spec.ts'

export interface Arrivals {
  /** When the next operation is due; Infinity: none is before another has ended. */
  readonly due: Ms
  /** The number of that operation, counted from 0 over all processes; the one after it is next. */
  take(): number
  /** Operation `n` has come to its end. */
  ended(n: number, now: Ms, failed: boolean): void
}

/** Which part of a load a process makes: the `index`th of `of`. */
export interface Share { readonly index: number; readonly of: number }
export const WHOLE: Share = { index: 0, of: 1 }

export interface ArrivalsOptions {
  readonly spec: Pick<LoadSpec, 'name' | 'rate' | 'profile' | 'arrivals' | 'users' | 'connections' | 'send'>
  readonly begin: Ms
  /** The rate begins to change so long after `begin`. */
  readonly warmup: Ms
  readonly seed: number
  readonly share: Share
}

/** A user whose operation failed is back after this at the soonest: a system that refuses at once is not to be asked as often as a machine can. */
const FAILED_WAIT: Ms = ms(10)
/** All users of a closed loop have begun by then, or within the time they think. */
const USERS_OVER: Ms = ms(1000)

export const arrivalsOf = (options: ArrivalsOptions): Arrivals => (options.spec.users ? new ClosedLoop(options, options.spec.users) : new OpenLoop(options))

/** Messages of one WebSocket are all of the process that keeps it. */
const ownsOf = ({ send, connections }: ArrivalsOptions['spec'], { index, of }: Share): (n: number) => boolean =>
  (send.kind === 'websocket' ? (n) => (n % connections) % of === index : (n) => n % of === index)

class OpenLoop implements Arrivals {
  readonly #begin: Ms
  readonly #curve: Curve
  readonly #owns: (n: number) => boolean
  /** What is added for each operation: 1, or an exponential draw with the mean 1. */
  readonly #gap: () => number
  #n = -1
  #count: number
  #due: Ms = ms(0)

  constructor({ spec, begin, warmup, seed, share }: ArrivalsOptions) {
    const { name, rate, profile = [], arrivals } = spec
    this.#begin = begin
    this.#curve = new Curve(waiting(profile, warmup), rate)
    this.#owns = ownsOf(spec, share)
    const draw = randomStream(seed, `load/${name}`)
    // The first of evenly spread operations is shifted within one gap, so that equal rates do not march in step.
    this.#count = arrivals === 'poisson' ? 0 : draw() - 1
    this.#gap = arrivals === 'poisson' ? () => -Math.log(1 - draw()) : () => 1
    this.#advance()
  }

  get due(): Ms { return this.#due }

  take(): number {
    const n = this.#n
    this.#advance()
    return n
  }

  ended(): void { /* Nobody waits for anybody. */ }

  #advance(): void {
    do {
      this.#n++
      this.#count += this.#gap()
    } while (!this.#owns(this.#n))
    this.#due = ms(this.#begin + this.#curve.timeOf(this.#count))
  }
}

/** Operation `n` is of user `n` modulo their number: each has a series of their own, and of WebSockets a connection where there are as many. */
class ClosedLoop implements Arrivals {
  readonly #users: number
  readonly #think: Ms
  /** All in one queue wait equally long, so they come out in the order in which they went in. */
  readonly #beginning = new Fifo<Ready>()
  readonly #thinking = new Fifo<Ready>()
  readonly #failed = new Fifo<Ready>()

  constructor({ begin, share: { index, of } }: ArrivalsOptions, { count, think }: NonNullable<LoadSpec['users']>) {
    this.#users = count
    this.#think = think
    const over = Math.max(think, USERS_OVER)
    for (let user = index; user < count; user += of) this.#beginning.push({ n: user, due: ms(begin + (user * over) / count) })
  }

  get due(): Ms { return dueOf(this.#soonest()) }

  take(): number { return this.#soonest().pop()?.n ?? 0 }

  ended(n: number, now: Ms, failed: boolean): void {
    if (failed) this.#failed.push({ n: n + this.#users, due: ms(now + Math.max(this.#think, FAILED_WAIT)) })
    else this.#thinking.push({ n: n + this.#users, due: ms(now + this.#think) })
  }

  #soonest(): Fifo<Ready> {
    const first = dueOf(this.#beginning) <= dueOf(this.#thinking) ? this.#beginning : this.#thinking
    return dueOf(first) <= dueOf(this.#failed) ? first : this.#failed
  }
}

interface Ready { readonly n: number; readonly due: Ms }
const dueOf = ({ head }: Fifo<Ready>): Ms => head?.due ?? ms(Number.POSITIVE_INFINITY)
