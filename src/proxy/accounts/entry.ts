/** What passed under one name: the bucket at hand, and all before it. */

import { ms, type Ms } from '../../core/units.ts'
import type { Direction } from '../../protocols/codec.ts'
import type { Labels, PartRecord } from '../../record/figures.ts'
import type { NamedFigures } from '../plane.ts'
import { Times } from './times.ts'

/** Codes told apart under one name; the rest are `other`. */
const CODES_MAX = 20
/** A code is a word. What is none might be anything. */
const CODE = /^[A-Za-z0-9_][A-Za-z0-9_ -]{0,31}$/
/** Of a message that a fault took away. */
export const LOST = 'lost'

type Codes = Map<string, number>
const noCodes = (): Codes => new Map()
const none = { offered: 0, ok: 0, keyed: 0, hits: 0, misses: 0, held: 0, bytesToServer: 0, bytesToClient: 0, again: 0, parsed: 0 }
type Sums = typeof none

export class Entry {
  readonly of: Labels
  /** Counts the names of a target. */
  readonly number: number
  inFlight = 0
  readonly #sums: Sums = { ...none }
  readonly #before: Sums = { ...none }
  #errors = noCodes()
  readonly #errorsBefore = noCodes()
  /** Answers by the class of their status: 2xx. */
  #statuses = noCodes()
  readonly #statusesBefore = noCodes()
  #peak = 0
  readonly #latency = new Times()
  #firstByte: Times | undefined

  constructor(of: Labels, number: number) {
    this.of = of
    this.number = number
  }

  opened(): void {
    this.#sums.offered++
    if (++this.inFlight > this.#peak) this.#peak = this.inFlight
  }

  /** The request says by what name it can be known again: an Idempotency-Key. */
  keyed(): void { this.#sums.keyed++ }

  /** Answered well, `took` after its first byte, `held` of that by us. A `took` below zero is not taken down. */
  answered(took: Ms, held: Ms): void {
    this.inFlight--
    this.#sums.ok++
    if (took >= 0) this.#latency.record(took, held)
  }

  failed(code: string): void {
    this.inFlight--
    this.#errs(code)
  }

  /** Nothing will answer it. */
  dropped(): void { this.inFlight-- }

  /** A message that is answered by nothing has passed. */
  passed(): void {
    this.#sums.offered++
    this.#sums.ok++
  }

  /** One has come and not gone on; `passed`: it was counted as that. In the same bucket. */
  lost(passed: boolean): void {
    if (passed) this.#sums.ok--
    else this.#sums.offered++
    this.#errs(LOST)
  }

  /** The first byte of an answer of this status went on, `took` after the request's. Of what will not count as answered well it is not taken down. */
  answering(status: number, took: Ms, held: Ms, well: boolean): void {
    add(this.#statuses, CLASSES[Math.floor(status / 100)] ?? 'other', 1)
    if (!well) return
    this.#firstByte ??= new Times()
    this.#firstByte.record(took, held)
  }

  /** It came on its connection as soon as one of its own name had been answered. */
  followed(): void { this.#sums.again++ }

  /** The server had to parse it first. */
  parsed(): void { this.#sums.parsed++ }

  /** Bytes of its messages, as they came from the client and as they went on to it. */
  carried(direction: Direction, size: number): void {
    if (direction === 'to-server') this.#sums.bytesToServer += size
    else this.#sums.bytesToClient += size
  }

  heldBack(duration: Ms): void { this.#sums.held += duration }

  looked(hits: number, misses: number): void {
    this.#sums.hits += hits
    this.#sums.misses += misses
  }

  /** The bucket at hand, which ends here; undefined when there was nothing in it. */
  take(): PartRecord | undefined {
    const { offered, ok, keyed, hits, misses, held, bytesToServer, bytesToClient, again, parsed } = this.#sums
    if (offered === 0 && ok === 0 && this.#errors.size === 0 && this.#peak === 0 && bytesToServer + bytesToClient === 0) return undefined
    const { seen, server } = this.#latency.take()
    const firstByte = this.#firstByte?.take()
    const record: PartRecord = {
      of: this.of, offered, ok,
      ...(this.#errors.size > 0 ? { errors: Object.fromEntries(this.#errors) } : {}),
      ...(this.#statuses.size > 0 ? { statuses: Object.fromEntries(this.#statuses) } : {}),
      ...(seen.length > 0 ? { latency: seen } : {}), ...(server ? { server } : {}),
      ...(firstByte && firstByte.seen.length > 0 ? { firstByte: firstByte.seen } : {}), ...(firstByte?.server ? { serverFirstByte: firstByte.server } : {}),
      ...(held > 0 ? { heldMs: Number(held.toFixed(3)) } : {}),
      ...(keyed > 0 ? { keyed } : {}), ...(hits > 0 ? { hits } : {}), ...(misses > 0 ? { misses } : {}),
      ...(bytesToServer > 0 ? { bytesToServer } : {}), ...(bytesToClient > 0 ? { bytesToClient } : {}),
      ...(again > 0 ? { again } : {}), ...(parsed > 0 ? { parsed } : {}),
      ...(this.#peak > 0 ? { inFlight: this.#peak } : {}),
    }
    this.#close()
    return record
  }

  /** Since the target was opened. */
  figures(): NamedFigures {
    const sums = added(this.#before, this.#sums)
    const { held, again: _again, parsed: _parsed, ...counts } = sums
    return {
      of: this.of, inFlight: this.inFlight, ...counts, held: ms(held), durations: this.#latency.durations(),
      errors: joined(this.#errorsBefore, this.#errors), statuses: joined(this.#statusesBefore, this.#statuses),
      ...(this.#firstByte ? { firstBytes: this.#firstByte.durations() } : {}),
    }
  }

  #errs(code: string): void {
    add(this.#errors, CODE.test(code) && (this.#errors.has(code) || this.#errors.size < CODES_MAX) ? code : 'other', 1)
  }

  #close(): void {
    Object.assign(this.#before, added(this.#before, this.#sums))
    Object.assign(this.#sums, none)
    for (const [code, count] of this.#errors) add(this.#errorsBefore, code, count)
    for (const [name, count] of this.#statuses) add(this.#statusesBefore, name, count)
    if (this.#errors.size > 0) this.#errors = noCodes()
    if (this.#statuses.size > 0) this.#statuses = noCodes()
    this.#peak = this.inFlight
  }
}

const CLASSES: readonly (string | undefined)[] = [undefined, '1xx', '2xx', '3xx', '4xx', '5xx']

function add(counts: Codes, code: string, count: number): void { counts.set(code, (counts.get(code) ?? 0) + count) }

function joined(before: Codes, now: Codes): Readonly<Record<string, number>> {
  const both = new Map(before)
  for (const [code, count] of now) add(both, code, count)
  return Object.fromEntries(both)
}

const added = (a: Sums, b: Sums): Sums => ({
  offered: a.offered + b.offered, ok: a.ok + b.ok, keyed: a.keyed + b.keyed, hits: a.hits + b.hits, misses: a.misses + b.misses, held: a.held + b.held,
  bytesToServer: a.bytesToServer + b.bytesToServer, bytesToClient: a.bytesToClient + b.bytesToClient, again: a.again + b.again, parsed: a.parsed + b.parsed,
})
