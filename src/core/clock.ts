/** The only place that asks what time it is. One heap of timers for the process, exact to a fraction of a millisecond. */

// By import: the global is looked up anew at each call.
import { performance } from 'node:perf_hooks'
import { ms, type Ms } from './units.ts'

export interface Timer { cancel(): void }

/** Time as it is handed to everything: monotonic, in milliseconds, with a fraction. */
export interface Clock {
  now(): Ms
  /** Runs `action` at `due`, never before it; things due together run in the order in which they were asked for. */
  at(due: Ms, action: () => void): Timer
}

/** CLOCK_MONOTONIC: the same line in every process of this machine, untouched by changes of the wall clock. */
export const monotonicNow = (): Ms => ms(EPOCH + performance.now())
/** Where this process's performance.now() began on the machine's monotonic clock. */
const EPOCH = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** Where a time in ms since 1970 lies on the monotonic clock, by how the two stand now: for what others tell of, who have no other clock. */
export const monotonicOf = (wall: number): Ms => ms(monotonicNow() + wall - Date.now())

/** And the other way: where a monotonic time lies in ms since 1970. */
export const wallOf = (at: Ms): number => Math.round(Date.now() + at - monotonicNow())

/** What the wall clock shows; for rules that people make by it (hours of a day), never for arithmetic. */
export const wallDate = (): Date => new Date()

/** Wall time as ISO 8601; for people only, never for arithmetic. */
export const wallTime = (): string => new Date().toISOString()

/** Wall time so far ahead, as HTTP writes it; for those who are told it, never for arithmetic. (RFC 9110, 5.6.7) */
export const httpDate = (ahead: Ms): string => new Date(Date.now() + ahead).toUTCString()

/** Resolves after `duration` on the process's clock. */
export const sleep = (duration: Ms, clock: Clock = realClock): Promise<void> =>
  new Promise((resolve) => { clock.at(ms(clock.now() + duration), resolve) })

/** One timer in a heap. */
class Entry implements Timer {
  readonly due: number
  readonly order: number
  readonly #heap: TimerHeap
  action: (() => void) | null

  constructor(due: number, order: number, action: () => void, heap: TimerHeap) {
    this.due = due
    this.order = order
    this.action = action
    this.#heap = heap
  }

  cancel(): void {
    if (!this.action) return
    this.action = null
    this.#heap.cancelled()
  }
}

const before = (a: Entry, b: Entry): boolean => a.due < b.due || (a.due === b.due && a.order < b.order)

/** A binary heap of timers. Cancelled entries stay until they surface. */
export class TimerHeap {
  readonly #heap: Entry[] = []
  readonly #emptied: () => void
  #order = 0
  #live = 0

  /** `emptied` is called when the last live timer was cancelled. */
  constructor(emptied: () => void = () => undefined) { this.#emptied = emptied }

  /** Timers that will still run. */
  get size(): number { return this.#live }

  add(due: Ms, action: () => void): Timer {
    const entry = new Entry(due, this.#order++, action, this)
    this.#live++
    this.#up(entry)
    return entry
  }

  /** An entry will not run. */
  cancelled(): void { if (--this.#live === 0) this.#emptied() }

  /** When the earliest live timer is due; undefined when there is none. */
  next(): Ms | undefined {
    while (this.#heap[0] && !this.#heap[0].action) this.#pop()
    return this.#heap[0] ? ms(this.#heap[0].due) : undefined
  }

  /** Takes the earliest timer that is due at `now` off the heap. */
  take(now: Ms): (() => void) | undefined {
    const next = this.next()
    if (next === undefined || next > now) return undefined
    const entry = this.#pop()
    const action = entry?.action ?? undefined
    if (entry) entry.action = null
    this.#live--
    return action
  }

  #up(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] as Entry
      if (!before(entry, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = entry
  }

  #pop(): Entry | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (!top || !last || top === last) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const right = heap[child + 1]
      const left = heap[child]
      if (!left) break
      if (right && before(right, left)) child++
      const least = heap[child] as Entry
      if (!before(least, last)) break
      heap[at] = least
      at = child
    }
    heap[at] = last
    return top
  }
}

/** How long one turn of an idle loop waits by itself: turned without a pause it would make garbage for a hundred collections a second. Sockets wait that long at the most. */
const NAP: Ms = ms(0.1)
/** A nap ends that much too late. */
const NAP_SLACK: Ms = ms(0.06)
/** What lies between two turns of a loop with nothing else to do; where it is more, there was work, and there will be more. */
const IDLE_TURN: Ms = ms(0.03)
const napCell = new Int32Array(new SharedArrayBuffer(4))

/** Below this the loop is turned without sleeping: the system's timers are no finer than a millisecond. */
const SPIN: Ms = ms(1.2)
const SLEEP_MAX: Ms = ms(60_000)

class RealClock implements Clock {
  readonly #spin: Ms
  readonly #heap = new TimerHeap(() => this.#rest())
  #sleeping: NodeJS.Timeout | undefined
  #sleepingUntil = Number.POSITIVE_INFINITY
  #spinning: NodeJS.Immediate | undefined
  /** When the last turn ended. */
  #turned: Ms = ms(0)

  constructor(spin: Ms) { this.#spin = spin }

  now(): Ms { return monotonicNow() }

  at(due: Ms, action: () => void): Timer {
    const timer = this.#heap.add(due, action)
    // A loop that turns already comes by, whatever is due.
    if (!this.#spinning) this.#arouse()
    return timer
  }

  #arouse(): void {
    const due = this.#heap.next()
    if (due === undefined) return this.#rest()
    const wait = due - monotonicNow()
    if (wait <= this.#spin) {
      this.#spinning ??= setImmediate(this.#turn)
      return
    }
    if (this.#spinning || (this.#sleeping && this.#sleepingUntil <= due)) return
    clearTimeout(this.#sleeping)
    this.#sleepingUntil = due
    this.#sleeping = setTimeout(this.#turn, Math.max(1, Math.floor(Math.min(wait - this.#spin, SLEEP_MAX))))
  }

  #rest(): void {
    clearTimeout(this.#sleeping)
    clearImmediate(this.#spinning)
    this.#sleeping = undefined
    this.#spinning = undefined
    this.#sleepingUntil = Number.POSITIVE_INFINITY
  }

  readonly #turn = (): void => {
    this.#rest()
    try {
      // What was due when the turn began, so that timers which beget timers cannot keep the loop from its sockets.
      const now = this.#napped(monotonicNow())
      for (let action = this.#heap.take(now); action; action = this.#heap.take(now)) action()
    } finally {
      this.#arouse()
      this.#turned = monotonicNow()
    }
  }

  /** Sleeps or spins towards the next timer, for a moment, where the loop has nothing else to do; the time after that. */
  #napped(now: Ms): Ms {
    const due = this.#heap.next()
    if (due === undefined || due <= now || now - this.#turned > IDLE_TURN) return now
    if (due - now > NAP_SLACK) {
      Atomics.wait(napCell, 0, 0, Math.min(due - now, NAP + NAP_SLACK) - NAP_SLACK)
      return monotonicNow()
    }
    while (now < due) now = monotonicNow()
    return now
  }
}

export const realClock: Clock = new RealClock(SPIN)
/** Never spins: some 1 ms late, and free of cost at any rate. */
export const coarseClock: Clock = new RealClock(ms(0))

/** A clock that moves only when told: tests of pure code neither sleep nor hope. */
export class ManualClock implements Clock {
  readonly #heap = new TimerHeap()
  #now: Ms

  constructor(now: Ms = ms(0)) { this.#now = now }

  now(): Ms { return this.#now }

  at(due: Ms, action: () => void): Timer { return this.#heap.add(due, action) }

  /** Moves on by `duration`; everything due on the way runs at its own time. */
  advance(duration: Ms): void {
    const until = ms(this.#now + duration)
    for (let due = this.#heap.next(); due !== undefined && due <= until; due = this.#heap.next()) {
      this.#now = ms(Math.max(this.#now, due))
      this.#heap.take(due)?.()
    }
    this.#now = until
  }
}
