import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms } from '../../../src/core/units.ts'
import { type Bounds, COOLDOWN, decide, type Standing } from '../../../src/demo/balancer/scale.ts'

const [BUSY, IDLE] = [0.7, 0.3]
/** How many instances there are after each second, and why there was a change, where each is busy with its share of `load`. */
function run(loads: readonly number[], bounds: Pick<Bounds, 'min' | 'max'>, first = bounds.min): { readonly counts: readonly number[]; readonly reasons: readonly string[] } {
  let standing: Standing = {}
  let instances = first
  const reasons: string[] = []
  const counts = loads.map((load, second) => {
    const decision = decide(standing, { now: ms(1000 * second), instances, use: Math.min(1, load / instances) }, { ...bounds, busy: BUSY, idle: IDLE })
    if (decision.why !== undefined) reasons.push(decision.why)
    standing = decision.standing
    instances = decision.instances
    return instances
  })
  return { counts, reasons }
}
const seconds = (count: number, load: number): number[] => Array.from({ length: count }, () => load)

describe('how many instances there should be', () => {
  it('is one more when they were too busy for three seconds, and one less when they had little to do for fifteen', () => {
    const { counts, reasons } = run([...seconds(10, 0.9), ...seconds(20, 0.1)], { min: 1, max: 3 })
    assert.deepEqual([counts.slice(0, 3), counts[3], counts[9], counts.slice(10, 25).at(-1), counts[25], counts.at(-1)], [[1, 1, 1], 2, 2, 2, 1, 1])
    assert.deepEqual(reasons, ['90 % busy, more than 70 % for 3 s', '5 % busy, less than 30 % for 15 s'])
  })

  it('waits after each change, however busy they are', () => {
    const { counts } = run(seconds(30, 10), { min: 1, max: 4 })
    const changes = counts.flatMap((count, second) => (count === (counts[second - 1] ?? 1) ? [] : [second]))
    assert.deepEqual(changes, [3, 3 + COOLDOWN / 1000, 3 + 2 * COOLDOWN / 1000])
  })

  it('is not changed by what lasts a moment', () => {
    const spikes = Array.from({ length: 60 }, (_, second) => (second % 4 < 3 ? 0.95 : 0.5))
    assert.deepEqual(new Set(run(spikes, { min: 1, max: 3 }).counts), new Set([1]))
  })

  it('is within the bounds whatever is seen, and moves one at a time', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { minLength: 1, maxLength: 200 }), fc.nat({ max: 4 }), fc.nat({ max: 4 }), (loads, least, more) => {
      const bounds = { min: 1 + least, max: 1 + least + more }
      const { counts } = run(loads, bounds)
      assert.ok(counts.every((count, second) => count >= bounds.min && count <= bounds.max && Math.abs(count - (counts[second - 1] ?? bounds.min)) <= 1), String(counts))
    }))
  })

  it('does not go back and forth under a load that stays as it is, but for noise', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 6, noNaN: true }), fc.integer({ min: 1, max: 8 }), fc.array(fc.double({ min: -0.03, max: 0.03, noNaN: true }), { minLength: 300, maxLength: 300 }), (load, first, noise) => {
      const { counts } = run(noise.map((part) => Math.max(0, load * (1 + part))), { min: 1, max: 8 }, first)
      const directions = counts.flatMap((count, second) => (count === (counts[second - 1] ?? first) ? [] : [Math.sign(count - (counts[second - 1] ?? first))]))
      assert.ok(new Set(directions).size <= 1, `${counts}`)
      const [last = 0] = counts.slice(-1)
      assert.ok(load / last <= BUSY * 1.04 || last === 8, `${load} on ${last}`)
      assert.ok(load / last >= IDLE * 0.96 || last === 1, `${load} on ${last}`)
    }))
  })

  it('comes within the bounds at once where they have changed', () => {
    const { instances, why } = decide({}, { now: ms(0), instances: 5, use: 0.5 }, { min: 1, max: 3, busy: BUSY, idle: IDLE })
    assert.deepEqual([instances, why], [3, '1 to 3 are asked for'])
  })
})
