/** The WebSockets of one target: how long their set-up takes, what passes by opcode, how they end, and how soon their clients are back after a cut. */

import { ms, type Ms } from '../../core/units.ts'
import type { Direction } from '../../protocols/codec.ts'
import { perDirection } from '../../protocols/codec.ts'
import { Fifo } from '../../protocols/fifo.ts'
import type { FrameType } from '../../protocols/websocket/frame.ts'
import type { FiguresRecord, Labels } from '../../record/figures.ts'
import type { SocketFigures } from '../plane.ts'
import type { Entry } from './entry.ts'
import type { Who } from './reactions.ts'
import { Times } from './times.ts'

/** Who is not back by then does not come back for that. */
export const RESUME_MAX: Ms = ms(600_000)
/** Cuts of one client that wait for it to be back. */
const WAITING_MAX = 10_000
const NOT_HELD = ms(0)

/** Of ends that are none of a WebSocket: no close was seen, or a rule cut it. */
export const [ABNORMAL, CUT] = ['1006', 'cut'] as const
/** Going away is no error, and neither is saying nothing. (RFC 6455, 7.4.1) */
const WELL: ReadonlySet<number> = new Set([1000, 1001, 1005])

type Client = Who['client']

export class Sockets {
  readonly #add: (key: string, of: Labels) => Entry
  readonly #entries = perDirection(() => new Map<FrameType, Entry>())
  #closes: Entry | undefined
  #setup: Times | undefined
  #resume: Times | undefined
  #cut = 0
  #cutBefore = 0
  /** When connections of a client were cut, the oldest first. */
  readonly #waiting = new WeakMap<Client, Fifo<Ms>>()
  /** It ended without a close: whether a rule did that is told next, or it was none. */
  #unexplained: Who | undefined

  constructor(add: (key: string, of: Labels) => Entry) { this.#add = add }

  /** Of messages of that kind which go that way; how connections end is not told by direction. */
  entry(direction: Direction, opcode: FrameType): Entry {
    if (opcode === 'close') return this.#ends()
    const entry = this.#entries[direction].get(opcode) ?? this.#add(`${direction} ${opcode}`, { direction, opcode })
    this.#entries[direction].set(opcode, entry)
    return entry
  }

  /** A 101 went on, `took` after the request came. The oldest connection that its client lost is back with it. */
  opened({ client }: Who, took: Ms, held: Ms, now: Ms): void {
    this.#setup ??= new Times()
    this.#setup.record(took, held)
    const waiting = this.#waiting.get(client)
    let since = waiting?.pop()
    while (since !== undefined && now - since > RESUME_MAX) since = waiting?.pop()
    if (since === undefined) return
    this.#resume ??= new Times()
    this.#resume.record(ms(Math.max(0, now - since)), NOT_HELD)
  }

  /** A rule cut it: while it was open, or it ended by that just now. */
  cut(who: Who, now: Ms): void {
    this.#cut++
    const waiting = this.#waiting.get(who.client) ?? new Fifo<Ms>()
    this.#waiting.set(who.client, waiting)
    if (waiting.size === WAITING_MAX) waiting.pop()
    waiting.push(now)
    if (this.#unexplained === who) this.#explained(CUT)
  }

  /** The first close of a connection, with its code. */
  closed(code: number): void {
    const entry = this.#ends()
    if (WELL.has(code)) return entry.passed()
    entry.opened()
    entry.failed(String(code))
  }

  /** It ended and nobody had said so. */
  ended(who: Who, cut: boolean): void {
    this.#settle()
    this.#unexplained = who
    if (cut) this.#explained(CUT)
  }

  take(): FiguresRecord['sockets'] {
    this.#settle()
    const [setup, resume, cut] = [this.#setup?.take().seen ?? [], this.#resume?.take().seen ?? [], this.#cut]
    this.#cutBefore += cut
    this.#cut = 0
    if (setup.length + resume.length + cut === 0) return undefined
    return { ...(setup.length > 0 ? { setup } : {}), cut, ...(resume.length > 0 ? { resume } : {}) }
  }

  /** Undefined where there was none yet. */
  figures(): SocketFigures | undefined {
    this.#settle()
    if (!this.#setup) return undefined
    return { setup: this.#setup.durations(), resume: (this.#resume ?? new Times()).durations(), cut: this.#cutBefore + this.#cut }
  }

  #ends(): Entry {
    this.#closes ??= this.#add('close', { opcode: 'close' })
    return this.#closes
  }

  #settle(): void { if (this.#unexplained) this.#explained(ABNORMAL) }

  #explained(code: string): void {
    this.#unexplained = undefined
    const entry = this.#ends()
    entry.opened()
    entry.failed(code)
  }
}
