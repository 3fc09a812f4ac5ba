/** Which step begins when. Pure: it is told the time and what has ended, and says what is due. */

import { ms, type Ms } from '../core/units.ts'
import type { Step } from './plan.ts'

/** One beginning of a step: a step with `every` has many. */
export interface Occurrence {
  /** The step's name for its first, `name#2` and so on for those after it. Unique in the method. */
  readonly id: string
  readonly step: Step
}

interface Line {
  readonly step: Step
  /** What `at` counts from: the method's start, or the clearing of `after`; undefined until that is known. */
  base: Ms | undefined
  begun: number
  running: number
}

/**
 * The method's steps in time. `at` counts from the start, or with `after` from when that step (all its occurrences) has cleared.
 * While a pause waits nothing begins and the method's own time stands still; what is armed still clears at its time.
 */
export class Timeline {
  readonly #lines: readonly Line[]
  #pauses = 0
  #pausedAt: Ms | undefined
  #stood = 0

  /** `start` and every `now` after it are on one clock. */
  constructor(steps: readonly Step[], start: Ms) {
    this.#lines = steps.map((step) => ({ step, base: step.start.after === undefined ? start : undefined, begun: 0, running: 0 }))
  }

  /** Every step has begun as often as it will, and all have ended. */
  get done(): boolean { return this.#lines.every((line) => line.running === 0 && isSpent(line)) }

  /** What begins now, in the order of the file. Each is given once. */
  due(now: Ms): readonly Occurrence[] {
    const found: Occurrence[] = []
    for (const line of this.#lines) {
      for (let next = nextOf(line); this.#pausedAt === undefined && next !== undefined && next + this.#stood <= now; next = nextOf(line)) {
        line.begun++
        line.running++
        found.push({ id: line.begun === 1 ? line.step.step : `${line.step.step}#${line.begun}`, step: line.step })
        if (line.step.kind === 'pause') this.#pause(now)
      }
    }
    return found
  }

  /** When something is due next; undefined when that waits for something to end. */
  next(): Ms | undefined {
    if (this.#pausedAt !== undefined) return undefined
    const times = this.#lines.flatMap((line) => nextOf(line) ?? [])
    return times.length ? ms(Math.min(...times) + this.#stood) : undefined
  }

  /** That occurrence has cleared, has been undone, or has been answered. */
  ended({ step }: Occurrence, now: Ms): void {
    const line = this.#lines.find((one) => one.step === step)
    if (!line || line.running === 0) return
    line.running--
    if (step.kind === 'pause') this.#resume(now)
    if (line.running > 0 || !isSpent(line)) return
    for (const other of this.#lines) if (other.step.start.after === step.step) other.base ??= ms(now - this.#stood)
  }

  #pause(now: Ms): void {
    this.#pauses++
    this.#pausedAt ??= now
  }

  #resume(now: Ms): void {
    if (--this.#pauses > 0 || this.#pausedAt === undefined) return
    this.#stood += now - this.#pausedAt
    this.#pausedAt = undefined
  }
}

/** When the next occurrence of a line is due in the method's own time. */
function nextOf({ step, base, begun }: Line): Ms | undefined {
  if (base === undefined) return undefined
  const { at, every, until } = step.start
  if (begun === 0) return ms(base + at)
  if (every === undefined || every <= 0 || until === undefined) return undefined
  const due = at + begun * every
  return due <= until ? ms(base + due) : undefined
}

const isSpent = (line: Line): boolean => line.begun > 0 && nextOf(line) === undefined
