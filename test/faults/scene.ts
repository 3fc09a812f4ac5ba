/** A fault on its own: shown units by hand, under a clock that moves when told. */

import assert from 'node:assert/strict'
import { ManualClock } from '../../src/core/clock.ts'
import { readParam } from '../../src/core/params.ts'
import { randomStream, type Random } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import type { AnyFault, Unit, Verdict } from '../../src/fault.ts'
import type { Direction } from '../../src/protocols/codec.ts'
import { withDefaults } from '../../src/rule.ts'

/** Parameters as people write them, read and completed as the loader does. */
export function readParams(fault: AnyFault, written: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(written).map(([name, value]) => {
    const param = fault.params[name]
    assert.ok(param, `${fault.name} has no parameter ${name}`)
    const read = readParam(param, value)
    assert.ok('value' in read, 'problem' in read ? `${name}: ${read.problem}` : '')
    return [name, read.value] as const
  })
  return withDefaults(fault, Object.fromEntries(given))
}

interface Options { readonly seed?: number; readonly connections?: () => number }

/** One session under one armed rule. */
export class Stage {
  readonly clock = new ManualClock(ms(1000))
  readonly #fault: AnyFault
  readonly #params: Record<string, unknown>
  readonly #shared: unknown
  readonly #random: Readonly<Record<Direction, Random>>
  readonly #connections: () => number
  #state: unknown

  constructor(fault: AnyFault, written: Readonly<Record<string, unknown>> = {}, { seed = 1, connections = () => 1 }: Options = {}) {
    this.#fault = fault
    this.#params = readParams(fault, written)
    this.#shared = fault.open?.(this.#params)
    this.#state = fault.begin?.(this.#params)
    this.#random = { 'to-server': randomStream(seed, 'to-server'), 'to-client': randomStream(seed, 'to-client') }
    this.#connections = connections
  }

  /** From here on another session speaks; what the rule shares stays. */
  nextSession(): void { this.#state = this.#fault.begin?.(this.#params) }

  bytes(raw: string | Buffer, direction: Direction = 'to-client'): Verdict { return this.#decide({ kind: 'bytes', raw: Buffer.from(raw) }, direction) }
  /** The very buffer: for tests that it is not written into. */
  chunk(raw: Buffer): Verdict { return this.#decide({ kind: 'bytes', raw }, 'to-client') }
  end(direction: Direction = 'to-client'): Verdict { return this.#decide({ kind: 'end' }, direction) }
  connect(): Verdict { return this.#decide({ kind: 'connect' }, 'to-server') }
  listen(): Verdict { return this.#decide({ kind: 'listen' }, 'to-server') }
  tick(why: 'armed' | 'due' | 'disarm'): Verdict { return this.#decide({ kind: 'tick', why }, 'to-server') }

  #decide(unit: Unit, direction: Direction): Verdict {
    const { clock } = this
    const random = this.#random[direction]
    const scene = { session: 1, direction, random, address: '127.0.0.1:1', conversation: undefined, now: () => clock.now(), armedAt: ms(1000), connections: this.#connections }
    return this.#fault.decide(unit, this.#params, scene, this.#state, this.#shared)
  }
}

/** The time a verdict holds a unit back: 0 for a pass; fails for anything that is no delay. */
export function heldBy(verdict: Verdict): number {
  if (verdict.kind === 'pass') return 0
  assert.equal(verdict.kind, 'delay')
  return verdict.kind === 'delay' ? verdict.by : Number.NaN
}

export interface Piece { readonly text: string; readonly length: number; readonly at: number }

/** The parts of a rewrite, with when each leaves, counted from the arrival. */
export function piecesOf(verdict: Verdict): readonly Piece[] {
  assert.equal(verdict.kind, 'replace')
  let at = 0
  return (verdict.kind === 'replace' ? verdict.parts : []).map(({ raw, gap }) => {
    at += gap
    return { text: raw.toString('latin1'), length: raw.length, at }
  })
}
