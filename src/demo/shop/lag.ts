/**
 * How far a replica is behind its primary, as somebody knows who asks both now and then. Pure: it is told what they said, and when.
 *
 * An idle primary writes nothing, so the age of what the replica has applied last says nothing by itself; and a replica that is cut off
 * has applied all that it knows of. Only both together tell.
 */

import { ms, type Ms } from '../../core/units.ts'

/** Positions in the log, in bytes from its beginning. */
export interface PrimaryWord { readonly written: number; /** The primary's own clock. */ readonly clock: Ms }
export interface ReplicaWord { readonly applied: number; /** When the primary committed what was applied last, by its own clock; undefined where nothing was yet. */ readonly committed: Ms | undefined }

/** As many marks as half a minute of asking leaves where nothing is applied. */
const MARKS_MAX = 64

export class Lag {
  /** Where the primary's log ended when, oldest first: those that the replica has not come to. */
  #marks: { readonly written: number; readonly at: Ms; readonly clock: Ms }[] = []
  #asOf: Ms | undefined

  /** Asked at `at`, our clock: what was committed before is in the log up to there. */
  primarySaid({ written, clock }: PrimaryWord, at: Ms): void {
    this.#marks.push({ written, at, clock })
    // The second oldest goes: the oldest is the next to be come to.
    if (this.#marks.length > MARKS_MAX) this.#marks.splice(1, 1)
  }

  /** Asked after the primary. */
  replicaSaid({ applied, committed }: ReplicaWord): void {
    const latest = this.#marks.at(-1)
    for (let mark = this.#marks[0]; mark && mark.written <= applied; mark = this.#marks[0]) {
      this.#reach(mark.at)
      this.#marks.shift()
    }
    // Between two marks: what was committed before the last one applied is there, and by the primary's clock we know how long ago that was.
    if (latest && this.#marks.length > 0 && committed !== undefined) this.#reach(ms(latest.at - Math.max(0, latest.clock - committed)))
  }

  /** All that was committed so long ago can be read there; undefined before both have said something. */
  behind(now: Ms): Ms | undefined { return this.#asOf === undefined ? undefined : ms(Math.max(0, now - this.#asOf)) }

  #reach(at: Ms): void { this.#asOf = ms(Math.max(this.#asOf ?? at, at)) }
}
