import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import type { Status, Tick, Injection } from '../../src/control/contract.ts'
import { Board } from '../../src/dashboard/board.ts'
import { Log } from '../../src/dashboard/log.ts'
import { COARSE_MAX, FINE_MAX, Series } from '../../src/dashboard/rings.ts'
import { Spans } from '../../src/dashboard/spans.ts'
import { clockWords, countWords, spanWords, words } from '../../src/dashboard/words.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'

const EMPTY = { rate: 1, errors: 0, success: 1, p50: 1, p95: 2, p99: 3, connections: 1, accepted: 0, inFlight: 0, hitRatio: null, held: 0, bytesToServer: 0, bytesToClient: 0, resets: 0, failedDials: 0, setupP95: null, messages: null }
const tick = (at: number, given: Partial<Tick> = {}): Tick => ({ target: 'cache', at, width: 250, ...EMPTY, ...given })
const event = (seq: number, wall: number, body: EventBody): JournalEvent => ({ seq, at: ms(0), wall: new Date(wall).toISOString(), ...body })
const arming = (rule: string, target = 'cache'): EventBody => ({ kind: 'rule.arming', rule, step: rule, fault: 'latency', target, params: {}, detail: {} })
const armed = (rule: string): EventBody => ({ kind: 'rule.armed', rule, step: rule, effectiveAt: ms(0) })
const cleared = (rule: string): EventBody => ({ kind: 'rule.cleared', rule, step: rule, reason: 'request', effectiveAt: ms(0), matched: 9, altered: 4 })
const injection = (id: string, since: number): Injection => ({ id, fault: 'latency', on: 'cache', params: {}, detail: {}, text: 'latency cache', by: 'me', since, until: null, matched: 0, altered: 0 })
const status = (given: Partial<Status> = {}): Status => ({ version: '1', pid: 1, mode: 'serve', cwd: '/', about: '', since: 1, seed: 1, halted: null, policy: null, targets: [], injections: [], ...given })

describe('what the dashboard keeps', () => {
  it('is five minutes as they came and an hour in tens of seconds, and no more', () => {
    const series = new Series(['p95', 'rate'])
    for (let i = 0; i < 4 * 3600 * 2; i++) series.hear(i * 250, 250, { p95: i % 40 === 7 ? 100 : 1, rate: i % 2 })
    const end = 2 * 3_600_000
    const fine = series.points(end, 300_000, ['p95'])
    assert.equal(fine.x.length, FINE_MAX)
    assert.equal(fine.x.at(-1), end - 250)
    const coarse = series.points(end, 3_600_000, ['p95', 'rate'])
    assert.equal(coarse.x.length, COARSE_MAX)
    // What was worst in ten seconds stays to be seen; a rate is its mean.
    assert.deepEqual([...new Set(coarse.columns[0])], [100])
    assert.deepEqual([...new Set(coarse.columns[1])], [0.5])
  })

  it('takes the past as the server has it, joined ones too, and nothing twice', () => {
    const series = new Series(['rate'])
    const past = [...Array.from({ length: 5 }, (_, i) => [i * 10_000, 10_000] as const), ...Array.from({ length: 8 }, (_, i) => [50_000 + i * 250, 250] as const)]
    for (let again = 0; again < 2; again++) for (const [at, width] of past) series.hear(at, width, { rate: at })
    assert.deepEqual(series.points(60_000, 300_000, ['rate']).x, [50_000, 50_250, 50_500, 50_750, 51_000, 51_250, 51_500, 51_750])
    assert.deepEqual(series.points(60_000, 3_600_000, ['rate']).x, [0, 10_000, 20_000, 30_000, 40_000])
  })

  it('is drawn in as many points as there is room for, the worst of each stretch', () => {
    const series = new Series(['p95', 'rate'])
    for (let i = 0; i < 1200; i++) series.hear(i * 250, 250, { p95: i === 601 ? 900 : 5, rate: i % 2 })
    const { x, columns: [p95 = [], rate = []] } = series.points(300_000, 300_000, ['p95', 'rate'], 150)
    assert.ok(x.length <= 151 && x.length > 140, `${x.length} points`)
    assert.equal(Math.max(...p95.map(Number)), 900)
    assert.deepEqual([...new Set(rate)], [0.5])
    // What is past does not change while time goes on.
    for (let i = 1200; i < 1203; i++) series.hear(i * 250, 250, { p95: 5, rate: 1 })
    const later = series.points(300_750, 300_000, ['p95'], 150)
    assert.deepEqual(later.x.slice(2, 140), x.slice(x.indexOf(later.x[2] ?? 0)).slice(0, 138))
    assert.deepEqual(series.recent(300_750, ['p95', 'rate']), [5, (3 + 3) / 9])
  })

  it('draws no line over a time of which nothing is known', () => {
    const series = new Series(['rate'])
    for (const at of [0, 250, 5000, 5250]) series.hear(at, 250, { rate: 1 })
    assert.deepEqual(series.points(6000, 60_000, ['rate']), { x: [0, 250, 500, 5000, 5250], columns: [[1, 1, null, 1, 1]] })
    series.hear(5500, 250, { rate: null })
    assert.equal(series.points(6000, 60_000, ['rate']).columns[0]?.at(-1), null)
    assert.deepEqual(series.points(6000, 60_000, ['none']).columns[0], [null, null, null, null, null, null])
  })

  it('keeps names that come later, up to a bound', () => {
    const series = new Series([], 2)
    series.hear(0, 250, { cpu: 1 })
    series.hear(250, 250, { cpu: 2, memory: 5, third: 7 })
    assert.deepEqual(series.names, ['cpu', 'memory'])
    assert.deepEqual(series.points(500, 1000, ['cpu', 'memory', 'third']).columns, [[1, 2], [null, 5], [null, null]])
  })
})

describe('what is shaded', () => {
  it('is when a rule was armed, until it was cleared', () => {
    const spans = new Spans()
    for (const [at, body] of [[1000, arming('a')], [1010, armed('a')], [5000, cleared('a')], [6000, arming('b', 'db')], [6010, armed('b')]] as const) spans.hear(event(at, at, body))
    assert.deepEqual(spans.of('cache', 0), [{ id: 'a', target: 'cache', label: 'latency', from: 1010, to: 5000 }])
    assert.deepEqual(spans.of('cache', 5000), [])
    assert.deepEqual(spans.of('db', 0).map(({ to }) => to), [null])
  })

  it('agrees with the status: what it did not hear of, and what has ended meanwhile', () => {
    const spans = new Spans()
    spans.agree([injection('a', 1000), injection('later', 9000)], 2000, false)
    assert.deepEqual(spans.of('cache', 0).map(({ id, to }) => [id, to]), [['a', null]])
    // One that was on its way when the rule was armed.
    spans.agree([], 3000, false)
    assert.deepEqual(spans.of('cache', 0).map(({ to }) => to), [null])
    spans.agree([], 4000, true)
    assert.deepEqual(spans.of('cache', 0).map(({ to }) => to), [4000])
  })

  it('tells a rule that is armed anew under its name from what it was, and one that is changed not', () => {
    const spans = new Spans()
    for (const [at, body] of [[1, arming('a')], [2, armed('a')], [3, arming('a')], [4, armed('a')], [5, cleared('a')], [6, arming('a')], [7, armed('a')]] as const) spans.hear(event(at, at, body))
    assert.deepEqual(spans.of('cache', 0).map(({ from, to }) => [from, to]), [[2, 5], [7, null]])
  })

  it('is bounded', () => {
    const spans = new Spans()
    for (let i = 0; i < 5000; i++) for (const body of [arming(`r${i}`), armed(`r${i}`), cleared(`r${i}`)]) spans.hear(event(i, i, body))
    assert.equal(spans.all(-1).length, 400)
  })
})

describe('the log of the dashboard', () => {
  it('says what a fault altered, where, and what people did', () => {
    const log = new Log()
    const bodies: readonly EventBody[] = [
      { kind: 'operator', who: 'ann', did: 'inject', text: 'latency cache delay=1s' }, arming('a'), armed('a'),
      { kind: 'altered', rule: 'a', session: 12, direction: 'to-client', did: 'delayed', note: 'by 1s', effectiveAt: ms(0) }, cleared('a'),
    ]
    bodies.forEach((body, i) => log.hear(event(i, i, body)))
    assert.deepEqual(log.lines.map(({ tone, target, text }) => [tone, target, text]), [
      ['person', undefined, 'ann injects latency cache delay=1s'], ['fault', 'cache', 'latency armed'], ['altered', 'cache', 'latency delayed to the client, session 12: by 1s'],
      ['fault', 'cache', 'latency cleared (asked to): matched 9, altered 4'],
    ])
  })

  it('joins what a rule did alike in one second, so that all else stays in sight', () => {
    const log = new Log()
    log.hear(event(0, 0, arming('a')))
    for (let i = 0; i < 40; i++) log.hear(event(1 + i, i * 50, { kind: 'altered', rule: 'a', session: i, direction: i % 2 ? 'to-server' : 'to-client', did: 'delay', effectiveAt: ms(0) }))
    assert.deepEqual(log.lines.map(({ text }) => text), ['latency held back what goes to the client, 10 times', 'latency held back what goes to the server, 10 times', 'latency held back what goes to the client, 10 times', 'latency held back what goes to the server, 10 times'])
  })

  it('hears an event once, and keeps the newest', () => {
    const log = new Log()
    for (let again = 0; again < 2; again++) for (let i = 0; i < 2000; i++) log.hear(event(i, i, { kind: 'note', text: String(i) }))
    assert.equal(log.lines.length, 500)
    assert.equal(log.lines.at(-1)?.text, '1999')
  })
})

describe('the board', () => {
  it('tells of a hundred changes once a frame', () => {
    const frames: (() => void)[] = []
    const board = new Board((draw) => { frames.push(draw) })
    let told = 0
    const stop = board.on('ticks', () => told++)
    for (let i = 0; i < 100; i++) board.ticks([tick(i * 250)])
    assert.deepEqual([frames.length, told], [1, 0])
    frames.shift()?.()
    assert.equal(told, 1)
    board.ticks([tick(99 * 250 + 250)])
    frames.shift()?.()
    stop()
    board.ticks([tick(99 * 250 + 500)])
    frames.shift()?.()
    assert.equal(told, 2)
  })

  it('forgets all that it knew when brownout is another', () => {
    const board = new Board(() => undefined)
    board.heardStatus(status())
    board.ticks([tick(1000)])
    board.events([event(7, 7, { kind: 'note', text: 'old' })])
    board.heardStatus(status({ pid: 2 }))
    assert.equal(board.seriesOf('cache'), undefined)
    board.events([event(0, 0, { kind: 'note', text: 'new' })])
    assert.deepEqual(board.log.lines.map(({ text }) => text), ['new'])
  })

  it('knows what time it is for brownout, whatever the clock of the page says', () => {
    let local = 5000
    const board = new Board(() => undefined, () => local)
    board.heardStatus(status())
    assert.equal(board.clock(), 5000)
    board.ticks([tick(100_000)])
    local = 6500
    assert.equal(board.clock(), 100_250 + 1500)
  })

  it('follows so many names and no more', () => {
    const board = new Board(() => undefined)
    for (let i = 0; i < 500; i++) board.ticks([tick(1, { target: `t${i}` })])
    assert.deepEqual([board.seriesOf('t0') !== undefined, board.seriesOf('t499')], [true, undefined])
  })
})

describe('figures on the dashboard', () => {
  it('are short and have their unit', () => {
    assert.deepEqual([words('ms', 12.345), words('/s', 1204.4), words('/s', 7.25), words('share', 0.9996), words('count', null), words('bytes/s', 2048), words('ms/s', 5000)], ['12.3ms', '1,204/s', '7.3/s', '99.96%', '–', '2KiB/s', '5s/s'])
    assert.equal(countWords(1_234_567), '1.23M')
    assert.deepEqual([spanWords(42_400), spanWords(185_000), spanWords(7_800_000), spanWords(-5)], ['42s', '3m05s', '2h10m', '0s'])
    assert.match(clockWords(0), /^\d\d:\d\d:\d\d$/)
  })
})
