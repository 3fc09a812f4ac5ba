import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { compare } from '../../src/profile/compare.ts'
import { cut, covered, isCpuProfile, selfTimes, type CpuProfile } from '../../src/profile/cpu-profile.ts'
import { placeOf } from '../../src/profile/place.ts'

const CWD = '/srv/shop'
const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber })
/** (root) > serve > {query, retry > hash}, and idle. */
const NODES: CpuProfile['nodes'] = [
  { id: 1, callFrame: frame('(root)'), children: [2, 3] }, { id: 2, callFrame: frame('(idle)') },
  { id: 3, callFrame: frame('serve', 'file:///srv/shop/server.js', 9), children: [4, 5] }, { id: 4, callFrame: frame('query', '/srv/shop/node_modules/pg/lib/client.js', 530) },
  { id: 5, callFrame: frame('retry', 'file:///srv/shop/retry.js', 41), children: [6] }, { id: 6, callFrame: frame('', 'node:internal/crypto/hash', 99) },
]

/** A sample a millisecond, from 100 ms on: `of` says which node runs then. */
function profileOf(length: number, of: (at: number) => number): CpuProfile {
  const samples = Array.from({ length }, (_, at) => of(at))
  return { nodes: NODES, startTime: 100_000, endTime: 100_000 + length * 1000, samples, timeDeltas: samples.map(() => 1000) }
}
/** A second in which `query` runs for 10 % and the rest is idle; then one in which `retry` and what it calls run for 40 % each. */
const SLOW = profileOf(2000, (at) => (at < 1000 ? (at % 10 === 0 ? 4 : 2) : [5, 6, 5, 6, 2][at % 5] ?? 2))
const BASELINE = [{ from: ms(100), to: ms(1100) }]
const FAULT = [{ from: ms(1100), to: ms(2100) }]

describe('profiles', () => {
  it('name the functions whose own share grew, the most first, with where they stand', () => {
    const compared = compare([{ profile: SLOW, offset: ms(0) }], BASELINE, FAULT, CWD)
    assert.ok(compared)
    assert.deepEqual(compared.grown.map(({ name, at }) => `${name} ${at}`), ['retry retry.js:42', '(anonymous) node:internal/crypto/hash:100'])
    for (const { baseline, fault } of compared.grown) assert.ok(baseline === 0 && Math.abs(fault - 0.4) < 0.01, `${fault}`)
    assert.ok(Math.abs(compared.baseline - 0.1) < 0.01 && Math.abs(compared.fault - 0.8) < 0.01, `${compared.baseline} ${compared.fault}`)
    assert.deepEqual([compared.baselineMs, compared.faultMs], [1000, 1000])
  })

  it('keep the tree of calls, in which a place has the time of what it called', () => {
    const [serve, ...others] = compare([{ profile: SLOW, offset: ms(0) }], BASELINE, FAULT, CWD)?.calls ?? []
    assert.deepEqual(others, [])
    assert.deepEqual([serve?.name, serve?.at, serve?.calls.map(({ name }) => name)], ['serve', 'server.js:10', ['retry', 'query']])
    const retry = serve?.calls[0]
    assert.ok(retry && Math.abs(retry.fault - 0.8) < 0.01 && retry.calls[0]?.name === '(anonymous)')
  })

  it('add up the processes of an application', () => {
    const one = compare([{ profile: SLOW, offset: ms(0) }], BASELINE, FAULT, CWD)
    const two = compare([{ profile: SLOW, offset: ms(0) }, { profile: SLOW, offset: ms(0) }], BASELINE, FAULT, CWD)
    assert.ok(one && two && Math.abs(two.fault - 2 * one.fault) < 1e-9)
  })

  it('count a process by its own clock where that is another', () => {
    const shifted = { ...SLOW, startTime: SLOW.startTime + 7e9, endTime: SLOW.endTime + 7e9 }
    assert.deepEqual(compare([{ profile: shifted, offset: ms(-7e6) }], BASELINE, FAULT, CWD), compare([{ profile: SLOW, offset: ms(0) }], BASELINE, FAULT, CWD))
    assert.equal(compare([{ profile: shifted, offset: ms(0) }], BASELINE, FAULT, CWD), undefined, 'none of it was seen')
  })

  it('are cut to stretches, of which what lies between counts for nothing', () => {
    const part = cut(SLOW, [{ from: ms(200), to: ms(300) }, { from: ms(1100), to: ms(1200) }], ms(0))
    assert.equal(part.samples.length, 200)
    assert.ok(Math.abs(part.endTime / 1000 - 198) <= 1, `${part.endTime}`)
    assert.equal(part.nodes.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0), 200)
    assert.ok(isCpuProfile(JSON.parse(JSON.stringify(part))))
    assert.ok(Math.abs([...selfTimes(part).values()].reduce((sum, time) => sum + time, 0) - 198) <= 1)
    assert.equal(covered(SLOW, [{ from: ms(0), to: ms(150) }], ms(0)), 50)
  })

  it('are put in order, where one sample is told before another that was taken later', () => {
    const swapped = { ...SLOW, timeDeltas: SLOW.timeDeltas.map((delta, at) => (at === 1500 ? 5000 : at === 1501 ? -3000 : delta)) }
    const [first] = compare([{ profile: swapped, offset: ms(0) }], BASELINE, FAULT, CWD)?.grown ?? []
    assert.ok(first?.name === 'retry' && Math.abs(first.fault - 0.4) < 0.02, JSON.stringify(first))
  })

  it('of a stranger are looked at before they are believed, and a circle in one ends', () => {
    for (const odd of [null, {}, { ...SLOW, nodes: [{}] }, { ...SLOW, samples: ['1'] }, { ...SLOW, nodes: [{ id: 1, callFrame: { functionName: 1 } }] }]) assert.equal(isCpuProfile(odd), false)
    const circle: CpuProfile = { ...SLOW, nodes: NODES.map((node) => (node.id === 6 ? { ...node, children: [5] } : node)) }
    assert.ok(compare([{ profile: circle, offset: ms(0) }], BASELINE, FAULT, CWD))
  })

  it('show places without the folders of the machine', () => {
    const at = (url: string, line = 0): string => placeOf(frame('f', url, line), CWD)
    assert.deepEqual(
      [at('file:///srv/shop/src/a%20b.js?v=1', 4), at('/home/ada/lib/deep/x.js'), at('/home/ada/node_modules/pg/lib/client.js'), at('node:net', 300), at(''), at('data:text/javascript,secret'), at('evalmachine.<anonymous>'), at('https://cdn/x.js?token=secret', 1)],
      ['src/a b.js:5', 'deep/x.js:1', 'node_modules/pg/lib/client.js:1', 'node:net:301', '', 'data::1', 'evalmachine.<anonymous>:1', 'https://cdn/x.js:2'])
  })
})
