import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { ManualClock } from '../../src/core/clock.ts'
import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { ArmedRule, Grip } from '../../src/proxy/armed.ts'
import { judge } from '../../src/proxy/judge.ts'
import { faultNamed, withDefaults, type Rule } from '../../src/rule.ts'
import type { Direction } from '../../src/protocols/codec.ts'

interface Recorded { readonly at: number; readonly session: number; readonly direction: Direction; readonly raw: Buffer }

/** 40 sessions, 4,000 chunks, sizes and gaps as traffic has them. */
function recording(): Recorded[] {
  const random = randomStream(5, 'recording')
  return Array.from({ length: 4000 }, (_, i) => ({
    at: 3 * i + 2 * random(), session: 1 + Math.floor(random() * 40), direction: random() < 0.5 ? 'to-server' as const : 'to-client' as const,
    raw: Buffer.alloc(1 + Math.floor(random() ** 3 * 9000), 1 + Math.floor(random() * 250)),
  }))
}

const rule = (id: string, fault: string, params: Record<string, unknown>, more: Partial<Rule> = {}): Rule =>
  ({ id, fault, on: 'cache', params: withDefaults(faultNamed(registry, fault), params), standing: true, direction: 'both', ...more })
const RULES: readonly Rule[] = [
  rule('slow', 'latency', { delay: ms(20), jitter: ms(10), distribution: 'pareto' }, { chance: 0.5 as never }),
  rule('cut', 'slicer', { average_size: 500, size_variation: 300 }, { scope: 'message', chance: { from: 0, to: 1, over: ms(4000) } }),
  rule('lossy', 'packet_loss', { loss: 0.1 }, { skip: 2, sequence: { fail: 3, pass: 2 } }),
  rule('narrow', 'bandwidth', { rate: 100_000 }, { times: 7 }),
]

/** The engine's decisions over a recorded input, one line each: everything but the sockets. */
function replay(input: readonly Recorded[], rules: readonly Rule[], seed: number): string {
  const clock = new ManualClock()
  const context = { seed, now: () => clock.now(), connections: () => 40 }
  const armed = rules.map((one) => new ArmedRule(faultNamed(registry, one.fault), one, context))
  const sessions = new Map<number, Grip[]>()
  const log: string[] = []
  for (const { at, session, direction, raw } of input) {
    clock.advance(ms(at - clock.now()))
    const grips = sessions.get(session) ?? armed.map((one) => new Grip(one, session, { client: '127.0.0.1' }))
    sessions.set(session, grips)
    const { pieces, closing, did } = judge(grips, { kind: 'bytes', raw }, direction) ?? { pieces: [{ unit: { kind: 'bytes', raw }, holds: [] }], closing: undefined, did: [] }
    log.push(JSON.stringify({
      at, session, direction, did: did.map((one) => [one.armed.rule.id, one.did]), closing: closing?.how,
      pieces: pieces.map(({ unit, holds }) => [unit.kind === 'bytes' ? unit.raw.length : 0, holds.map((hold) => [hold.by instanceof ArmedRule ? hold.by.rule.id : '', hold.time])]),
    }))
  }
  return log.join('\n')
}

describe('determinism', () => {
  const input = recording()

  it('gives byte-equal verdict logs for the same input and seed, and others for another seed', () => {
    const first = replay(input, RULES, 42)
    assert.ok(first.includes('"did":[["slow"') && first.includes('"cut"') && first.includes('"lossy"') && first.includes('"narrow"'))
    assert.equal(replay(input, RULES, 42), first)
    assert.notEqual(replay(input, RULES, 43), first)
  })

  it('draws for each rule on its own: a rule added in front changes no verdict of the others', () => {
    const only = (log: string, id: string): string[] => log.split('\n').map((line) => {
      const { did, pieces } = JSON.parse(line) as { did: [string, string][]; pieces: [number, [string, number][]][] }
      return JSON.stringify([did.filter(([rule]) => rule === id), pieces.map(([, holds]) => holds.filter(([rule]) => rule === id))])
    })
    const slow = RULES.slice(0, 1)
    const added = [rule('other', 'latency', { delay: ms(1), jitter: ms(1) }, { chance: 0.3 as never }), ...slow]
    assert.deepEqual(only(replay(input, added, 42), 'slow'), only(replay(input, slow, 42), 'slow'))
  })

  it('cannot tell chance 0 from no rule at all', () => {
    const never = RULES.map((one) => ({ ...one, chance: 0 as never }))
    assert.equal(replay(input, never, 42), replay(input, [], 42))
  })
})
