/**
 * One direction of a session: reads `source`, judges, holds what is to be held, writes `target`, in order.
 *
 *   source 'data' ──┬─ nothing armed, nothing held ──────────────> target.write      the fast path: written before it is looked at
 *                   ├─ by chunk ────────────── judge ─> pieces ─┬> held until due, in order ─> target.write
 *                   └─ by message ─> dialogue ─> judge ─> pieces ┘   of Redis what no rule can mean slips past both
 *
 * Order is kept by one rule: a thing is never due before the thing ahead of it.
 */

import type { Clock, Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Unit } from '../fault.ts'
import type { Direction } from '../protocols/codec.ts'
import { goesOn, type Spoken } from '../protocols/spoken.ts'
import type { Grip } from './armed.ts'
import type { Dialogue } from './dialogue.ts'
import { kept, readInto, writer } from './fast.ts'
import { judge, type Closing, type Hold, type Judgement, type Piece } from './judge.ts'
import { dueOf, heldTotal, isFull, type Entry } from './held.ts'
import type { LinkOwner } from './link-owner.ts'
import { Run } from './run.ts'
import { sieveOf, type Sieve } from './sieve.ts'
import type { Sink, Source } from './interpreter.ts'

const NOT_HELD = ms(0)
const NO_HOLDS: readonly Hold[] = []

export class Link {
  readonly direction: Direction
  readonly #owner: LinkOwner
  readonly #clock: Clock
  readonly #dialogue: Dialogue | undefined
  #source: Source | null = null
  #target: Sink | null = null
  #put: (chunk: Buffer) => boolean = () => true
  #grips: readonly Grip[] = []
  #byMessage = false
  #sieve: Sieve | undefined
  /** The rest of a large message whose head did not go on as it was. */
  #swallowing = false
  /** While messages are judged, or entries let go, what they leave is gathered: it is written as one. */
  #gathering = false
  #heardAt: Ms = NOT_HELD
  readonly #run = new Run((raw) => this.#write(raw))
  #queue: Entry[] = []
  #head = 0
  #heldBytes = 0
  #timer: Timer | undefined
  #timerDue = Number.POSITIVE_INFINITY
  #paused = false
  /** Past its end: nothing is written any more, what comes is read and thrown away. */
  #over = false
  /** A rule closes the connection behind what is held: nothing that comes after is judged, counted or sent. */
  #closing = false

  constructor(direction: Direction, clock: Clock, owner: LinkOwner, dialogue?: Dialogue) {
    this.direction = direction
    this.#clock = clock
    this.#owner = owner
    this.#dialogue = dialogue
  }

  /** From now on `source` is read, through `edit` where there is one. Its FIN and RST are told by `sourceEnded`. */
  from(source: Source, edit?: (chunk: Buffer) => Buffer): void {
    this.#source = source
    readInto(source, edit ? (chunk) => { const edited = edit(kept(chunk)); if (edited.length > 0) this.onData(edited) } : this.onData)
    if (this.#paused) source.pause()
  }

  to(target: Sink): void {
    this.#target = target
    this.#put = writer(target)
    target.on('drain', () => this.#flow())
  }

  /** Takes effect with the next unit: of a message that is cut in two by it, its beginning and its end go on as they are. */
  arm(grips: readonly Grip[], byMessage = false): void {
    this.#grips = grips
    this.#sieve = byMessage ? sieveOf(grips) : undefined
    if (byMessage === this.#byMessage || !this.#dialogue) return
    this.#byMessage = byMessage
    if (byMessage) return this.#dialogue.enter(this.direction)
    const rest = this.#dialogue.leave(this.direction)
    if (rest.length > 0) this.judge({ kind: 'bytes', raw: rest })
  }

  /** `lent` is valid until this returns: what rules and dialogue are shown, and what is held, is `kept`. */
  readonly onData = (lent: Buffer): void => {
    if (this.#grips.length === 0 && this.#head === this.#queue.length && !this.#byMessage) {
      if (this.#over || !this.#target) return
      if (!this.#put(lent)) this.#flow()
      this.#owner.arrived(this.direction, lent.length)
      this.#owner.passed(this.direction, lent.length)
      this.#dialogue?.overhear(this.direction, lent)
      return
    }
    const now = this.#clock.now()
    this.#owner.expire(now)
    this.#owner.arrived(this.direction, lent.length)
    const slipped = this.#slips(lent, 0, now)
    if (slipped === lent.length) return this.#write(lent)
    const chunk = kept(lent)
    if (this.#byMessage) return this.#hear(chunk, slipped, now)
    this.judge({ kind: 'bytes', raw: chunk }, undefined, now)
    if (this.#head === this.#queue.length) this.#dialogue?.overhear(this.direction, chunk)
    else this.#dialogue?.overhearHeld(this.direction, chunk, now, (once) => this.#schedule(now, [], once))
  }

  /** FIN or RST of the source: judged as an end, and done in its turn. */
  sourceEnded(how: 'end' | 'reset'): void {
    this.#owner.expire(this.#clock.now())
    this.#heardAt = this.#clock.now()
    if (this.#byMessage) this.#dialogue?.finish(this.direction, how, this.#heardAt, this.#heard)
    else if (how === 'end') this.#dialogue?.overhearEnd(this.direction)
    this.judge({ kind: 'end' }, () => this.#owner.ended(this.direction, how))
  }

  /** Bytes of ours, behind all that goes this way; then whatever is to be done in their turn. */
  say(raw: Buffer | undefined, then?: () => void): void {
    if (raw) this.judge({ kind: 'bytes', raw })
    if (then) this.#schedule(this.#clock.now(), [], then)
  }

  readonly #heard = (unit: Unit): void => {
    if (unit.kind === 'message') {
      const { part } = unit.message
      if (this.#swallowing && (part === 'middle' || part === 'last')) return this.#dialogue?.passed(unit)
      this.#swallowing = false
      for (const grip of this.#grips) grip.observe(unit)
    }
    this.judge(unit, undefined, this.#heardAt)
    if (unit.kind === 'message') this.#dialogue?.passed(unit)
  }

  /** Shows a unit to the rules and schedules what is left of it; `act` is what a unit without bytes does in its turn. */
  judge(unit: Unit, act?: () => void, now: Ms = this.#clock.now()): void {
    if (this.#over || this.#closing) return
    const judgement = judge(this.#grips, unit, this.direction)
    if (!judgement) return this.#send(now, unit, NO_HOLDS, unit.kind === 'message' ? unit : undefined, undefined, act)
    const { closing, answer, holed, did, broken, spared } = judgement
    // Told before it is done: an operation that is answered or cut is forgotten then.
    if (did.length > 0 || broken || spared) this.#owner.judged(this.direction, judgement, unit)
    for (const piece of judgement.pieces) this.#send(now, piece.unit, piece.holds, piece.carries, piece.owner, act)
    if (unit.kind === 'message') {
      // In the place of a head may stand another, whose body goes on as before.
      if (unit.message.part === 'first') this.#swallowing = !judgement.pieces.some(({ carries }) => carries && goesOn(carries))
      if (answer) this.#answer(now, answer, unit)
    }
    if (holed) this.#dialogue?.lose('a rule has changed the stream')
    if (closing && closing.after > 0) this.#owner.closing(closing, this.direction)
    else if (closing) this.#close(now, closing)
  }

  #close(now: Ms, closing: Closing): void {
    this.#closing = true
    const close = (): void => this.#owner.closing(closing, this.direction)
    if (!closing.overtakes) return this.#schedule(now, [], close)
    this.#run.flush()
    close()
  }

  #send(now: Ms, unit: Unit, holds: Piece['holds'], carries: Piece['carries'], owner: Piece['owner'], act: (() => void) | undefined): void {
    const done = 'raw' in unit ? unit.raw : act
    if (done) this.#schedule(now, holds, done, carries)
    if (!carries || this.direction === 'to-client') return
    if (owner) this.#dialogue?.sentOwn(carries, owner)
    else this.#dialogue?.sent(carries)
  }

  /** Its place among the server's answers is taken now, though it may be held. */
  #answer(now: Ms, { raw, holds }: NonNullable<Judgement['answer']>, unit: Spoken): void {
    const turn = this.#dialogue?.reserve(unit)
    if (turn) this.#schedule(now, holds, (held) => this.#dialogue?.give(turn, raw, held))
  }

  #hear(chunk: Buffer, slipped: number, now: Ms): void {
    this.#heardAt = now
    this.#gathering = true
    if (slipped > 0) this.#run.add(chunk.subarray(0, slipped))
    for (let at = slipped; at < chunk.length;) {
      const next = this.#dialogue?.hear(this.direction, chunk, now, this.#heard, at, this.#sieve !== undefined) ?? chunk.length
      at = this.#slips(chunk, next, now)
      if (at > next) this.#run.add(chunk.subarray(next, at))
    }
    this.#gathering = false
    this.#run.flush()
  }

  /** From `start` on: where a message begins that a rule might mean, or that waits for its turn. What stands before it goes on as it is. */
  #slips(chunk: Buffer, start: number, now: Ms): number {
    if (!this.#sieve || !this.#dialogue || this.#over || this.#closing || !this.#target || this.#head < this.#queue.length) return start
    const end = this.#dialogue.slip(this.direction, chunk, start, now, this.#sieve)
    if (end > start) this.#owner.passed(this.direction, end - start)
    return end
  }

  /** Lets go of everything that `by` holds: those entries are due as if it had never been there. */
  release(by: object): void {
    let earliest = 0
    for (let i = this.#head; i < this.#queue.length; i++) {
      const entry = this.#queue[i] as Entry
      if (entry.holds.some((hold) => hold.by === by)) entry.holds = entry.holds.filter((hold) => hold.by !== by)
      earliest = Math.max(earliest, dueOf(entry))
      entry.due = earliest
    }
    this.#arouse()
  }

  /** Nothing goes on before `release(by)`, not what was held already either. */
  wait(by: object): void {
    this.#queue.splice(this.#head, 0, { at: this.#clock.now(), due: Number.POSITIVE_INFINITY, size: 0, holds: [{ by, time: ms(Number.POSITIVE_INFINITY) }], act: () => undefined, carries: undefined })
    this.#arouse()
  }

  /** Nothing more is written: what is held is dropped, what still comes is thrown away. */
  abandon(): void {
    this.#over = true
    this.#timer?.cancel()
    this.#timerDue = Number.POSITIVE_INFINITY
    for (let i = this.#head; i < this.#queue.length; i++) this.#letGo(this.#queue[i] as Entry)
    this.#queue = []
    this.#head = 0
    this.#flow()
  }

  #schedule(now: Ms, holds: readonly Hold[], act: Entry['act'], carries?: Spoken): void {
    if (this.#over) return
    if (holds.length === 0 && this.#head === this.#queue.length) return this.#do(act, carries, now, NOT_HELD)
    const size = typeof act === 'function' ? 0 : act.length
    const entry: Entry = { at: now, due: 0, size, holds, act, carries }
    entry.due = Math.max(dueOf(entry), this.#head < this.#queue.length ? this.#queue.at(-1)?.due ?? 0 : 0)
    this.#queue.push(entry)
    this.#heldBytes += size
    heldTotal.add(size)
    this.#arouse()
    this.#flow()
  }

  #arouse(): void {
    const due = this.#queue[this.#head]?.due ?? Number.POSITIVE_INFINITY
    if (due === this.#timerDue) return
    this.#timer?.cancel()
    this.#timerDue = due
    if (due < Number.POSITIVE_INFINITY) this.#timer = this.#clock.at(ms(due), this.#turn)
  }

  readonly #turn = (): void => {
    this.#timerDue = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    this.#gathering = true
    for (let entry = this.#queue[this.#head]; entry && entry.due <= now; entry = this.#queue[this.#head]) {
      this.#head++
      this.#letGo(entry)
      if (entry.size > 0) this.#owner.held(ms(now - entry.at))
      this.#do(entry.act, entry.carries, now, ms(now - entry.at))
    }
    this.#gathering = false
    this.#run.flush()
    if (this.#head === this.#queue.length || (this.#head > 64 && this.#head * 2 > this.#queue.length)) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    this.#arouse()
    this.#flow()
  }

  #letGo(entry: Entry): void {
    this.#heldBytes -= entry.size
    heldTotal.add(-entry.size)
  }

  #do(act: Entry['act'], carries: Spoken | undefined, now: Ms, held: Ms): void {
    if (this.#over) return
    if (typeof act === 'function') {
      this.#run.flush()
      return act(held)
    }
    if (carries) this.#dialogue?.went(carries, now, held)
    if (this.#gathering) this.#run.add(act)
    else this.#write(act)
    this.#owner.passed(this.direction, act.length)
  }

  #write(raw: Buffer): void {
    if (!this.#target?.writable) return
    if (!this.#put(raw)) this.#flow()
  }

  /** Backpressure, in one place: read only while the target drains and what is held fits. */
  #flow(): void {
    const pause = !this.#over && (isFull(this.#heldBytes, this.#queue.length - this.#head, this.#queue[this.#head]) || this.#target?.writableNeedDrain === true)
    if (pause === this.#paused) return
    this.#paused = pause
    if (pause) this.#source?.pause()
    else this.#source?.resume()
  }
}
