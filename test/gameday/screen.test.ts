import assert from 'node:assert/strict'
import type { Tick } from '../../src/control/contract.ts'
import { ms } from '../../src/core/units.ts'
import { Rows } from '../../src/gameday/rows.ts'
import { formatElapsed, screenLines, type ScreenState } from '../../src/gameday/screen.ts'
import { columnsOf } from '../../src/gameday/terminal.ts'
import { encodeHistogram, newHistogram, noCounts, recordLatency, type BucketRecord } from '../../src/record/buckets.ts'

const NOW = 1_800_000_000_000
const row = { rate: 98.4, p95: 12.3, success: 1, connections: 4, latencies: [10, 12, undefined, 300], successes: [1, 1, undefined, 0.5] }
const state: ScreenState = {
  name: 'cart', who: 'anna', role: 'commander', phase: '', clock: '14:03:22', elapsed: ms(125_000), url: 'http://127.0.0.1:8474', halted: undefined, paused: 0, now: NOW,
  rows: [{ name: 'checkout', kind: 'load', ...row, connections: undefined }, { name: 'cache', kind: 'target', ...row, rate: undefined, p95: undefined, success: 0.42 }],
  injections: [{
    id: 'latency-cache', fault: 'latency', on: 'cache', params: { delay: '300ms' }, detail: {}, text: 'latency cache delay=300ms for=30s', by: 'anna', since: NOW - 7000, until: NOW + 23_000, matched: 118, altered: 118,
  }, {
    id: 'cut', fault: 'partition', on: 'db', params: {}, detail: {}, text: 'partition db standing', by: 'bert\u001b[2J', since: NOW, until: null, matched: 0, altered: 0,
  }],
}

describe('the screen of a game day', () => {
  for (const width of [40, 80, 140]) {
    it(`fits into ${width} columns, with and without colours`, () => {
      const bare = screenLines(state, width, false)
      for (const line of bare) assert.ok([...line].length <= width, `${[...line].length}: ${line}`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none but our own
      assert.ok(bare.every((line) => !/[\u0000-\u001f]/.test(line)))
      // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
      assert.deepEqual(screenLines(state, width, true).map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trimEnd()), bare.map((line) => line.trimEnd()))
    })
  }

  it('shows who is there, the time, what is measured and what is armed with its time left', () => {
    const [, head = '', title = '', load = '', target = '', first = '', second = ''] = screenLines(state, 100, false)
    assert.match(head, /^cart {2}anna \(commander\) .*http:\/\/127\.0\.0\.1:8474 {2}14:03:22 {2}\+2:05$/)
    assert.match(title, /rate +p95 +ok +conns/)
    assert.match(load, /^checkout +98\/s +12\.3ms +100% +– .*▁▁ █ .*██ ▄$/)
    assert.match(target, /^cache +– +– +42% +4 /)
    assert.match(first, /^▲ latency-cache: latency cache delay=300ms for=30s +23s left {2}118 altered {2}anna$/)
    assert.match(second, /^▲ cut: partition db standing +standing {2}0 altered {2}bert$/)
  })

  it('says so where all is halted, paused or quiet', () => {
    assert.match(screenLines({ ...state, halted: 'it hurts' }, 80, false)[1] ?? '', /HALTED it hurts/)
    assert.match(screenLines({ ...state, paused: 2 }, 80, false)[1] ?? '', /PAUSED 2/)
    assert.match(screenLines({ ...state, phase: 'baseline, 8s left' }, 80, false)[1] ?? '', /baseline, 8s left/)
    assert.equal(screenLines({ ...state, injections: [] }, 80, false).at(-1), 'nothing is armed')
    assert.match(screenLines({ ...state, injections: Array.from({ length: 9 }, () => state.injections[0]).flatMap((one) => one ?? []) }, 80, false).at(-1) ?? '', /and 3 more/)
  })

  it('takes figures of the last second, and forgets what no sparkline shows', () => {
    const rows = new Rows(['web'], ['cache'])
    assert.deepEqual(rows.rows().map(({ name, rate }) => [name, rate]), [['web', undefined], ['cache', undefined]])
    for (let i = 0; i < 100; i++) {
      rows.load(bucket(i))
      rows.tick(tick(i))
    }
    const [web, cache] = rows.rows()
    assert.equal(web?.latencies.length, 40)
    assert.equal(web?.rate, 196)
    assert.equal(web?.success, 0.98)
    assert.equal(cache?.rate, 97.5)
    assert.equal(cache?.p95, 99)
    assert.equal(cache?.connections, 99)
  })

  it('writes time as a clock does, and words in columns', () => {
    assert.deepEqual([0, 65_000, 3_725_000].map((time) => formatElapsed(ms(time))), ['0:00', '1:05', '1:02:05'])
    assert.equal(columnsOf(['delay=', 'for=', 'x'], 20), '  delay=  for=\n  x')
  })
})

function bucket(i: number): BucketRecord {
  const latency = newHistogram()
  for (let n = 0; n < 49; n++) recordLatency(latency, ms(12))
  return { source: 'load', name: 'web', start: ms(i * 250), width: ms(250), counts: { ...noCounts(), offered: 50, ok: 49, error: 1 }, latency: encodeHistogram(latency) }
}

const tick = (i: number): Tick => ({
  target: 'cache', at: i * 250, width: 250, rate: i, errors: 0, success: 1, p50: 1, p95: i, p99: i, connections: i, accepted: 0, inFlight: 0, hitRatio: null, held: null,
  bytesToServer: 0, bytesToClient: 0, resets: 0, failedDials: 0, setupP95: null, messages: null,
})
