/** What passes through one target, by name: the bucket at hand and those that have ended. */

import { ms, type Ms } from '../../core/units.ts'
import { cellCounts, Cells } from '../../record/cells.ts'
import type { FiguresRecord, Labels } from '../../record/figures.ts'
import type { OperationFigures } from '../plane.ts'
import { Entry } from './entry.ts'
import { identityOfText } from './identity.ts'
import { Sockets } from './sockets.ts'

/** Names of one target at the most; the rest is `other`. */
export const NAMES_MAX = 200
/** Finished buckets that wait to be taken; past it the oldest go. */
const FINISHED_MAX = 1000

export class Register {
  readonly #target: string
  readonly #entries = new Map<string, Entry>()
  /** What there was no room for. */
  readonly other = new Entry({ name: 'other' }, 0)
  readonly sockets = new Sockets((key, of) => this.entry(key) ?? this.add(key, of))
  readonly #finished: FiguresRecord[] = []
  readonly #transactions = { length: new Cells(), ended: 0, rolledBack: 0 }
  readonly #before = { ended: 0, rolledBack: 0 }
  /** Names that are shown cut, and those of them that no bucket has told yet. */
  readonly #cut = new Map<string, string>()
  #untold: Record<string, string> = {}
  #inFlight = 0
  #peak = 0
  #start = 0
  #width = Number.POSITIVE_INFINITY
  #end = Number.POSITIVE_INFINITY

  constructor(target: string) { this.#target = target }

  /** Begins to cut buckets: bucket i covers [origin + i width, …). What was counted before is in the totals only. */
  cut(origin: Ms, width: Ms): void {
    this.#close()
    this.#finished.length = 0
    this.#untold = Object.fromEntries(this.#cut)
    this.#start = origin
    this.#width = width
    this.#end = origin + width
  }

  /** The buckets that have ended by `now` and were not taken yet. */
  take(now: Ms): readonly FiguresRecord[] {
    this.turn(now)
    return this.#finished.splice(0)
  }

  figures(): OperationFigures {
    const { ended, rolledBack } = this.#transactions
    const sockets = this.sockets.figures()
    return {
      named: [...this.#entries.values(), this.other].map((entry) => entry.figures()).filter(({ offered }) => offered > 0),
      transactions: this.#before.ended + ended, rolledBack: this.#before.rolledBack + rolledBack, ...(sockets ? { sockets } : {}),
    }
  }

  /** The entry of that key, where there is one. */
  entry(key: string): Entry | undefined { return this.#entries.get(key) }

  /** A new entry; `other` where there is no room for it. */
  add(key: string, of: Labels): Entry { return this.#entries.size >= NAMES_MAX ? this.other : this.spare(key, of) }

  /** A new entry past the bound, for a caller that has one of its own. */
  spare(key: string, of: Labels): Entry {
    const made = new Entry(of, identityOfText(key))
    this.#entries.set(key, made)
    return made
  }

  /** A name is shown cut. */
  shownCut(shown: string, whole: string): void {
    if (this.#cut.has(shown)) return
    this.#cut.set(shown, whole)
    this.#untold[shown] = whole
  }

  /** Ends buckets that are over: before anything is counted. */
  turn(now: Ms): void { if (now >= this.#end) this.#roll(now) }

  /** Operations that are under way have become more or fewer. */
  flying(change: number): void {
    this.#inFlight += change
    if (this.#inFlight > this.#peak) this.#peak = this.#inFlight
  }

  transaction(took: Ms, rolledBack: boolean, now: Ms): void {
    this.turn(now)
    this.#transactions.ended++
    if (rolledBack) this.#transactions.rolledBack++
    this.#transactions.length.record(took)
  }

  #roll(now: Ms): void {
    while (now >= this.#end) {
      const record = this.#close()
      if (record) this.#finished.push(record)
      if (this.#finished.length > FINISHED_MAX) this.#finished.shift()
      this.#start = this.#end
      this.#end += this.#width
    }
  }

  /** Ends the bucket at hand. */
  #close(): FiguresRecord | undefined {
    const sockets = this.sockets.take()
    const parts = [...this.#entries.values(), this.other].flatMap((entry) => entry.take() ?? [])
    const { ended, rolledBack, length } = this.#transactions
    const record: FiguresRecord = {
      target: this.#target, start: ms(this.#start), width: ms(this.#width), parts, inFlight: this.#peak,
      ...(ended > 0 ? { transactions: { ended, rolledBack, length: cellCounts([length]) } } : {}), ...(sockets ? { sockets } : {}), ...(Object.keys(this.#untold).length > 0 ? { wholes: this.#untold } : {}),
    }
    this.#before.ended += ended
    this.#before.rolledBack += rolledBack
    this.#transactions.ended = this.#transactions.rolledBack = 0
    length.reset()
    this.#peak = this.#inFlight
    if (parts.length === 0 && ended === 0 && !sockets) return undefined
    this.#untold = {}
    return record
  }
}
