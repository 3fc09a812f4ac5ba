/** Patterns over live figures. Time is that of the ticks: nothing here waits. */

import assert from 'node:assert/strict'
import type { AlertSpec, Pattern } from '../../src/alerts/alert.ts'
import { AlertWatch } from '../../src/alerts/watch.ts'
import type { Tick } from '../../src/control/contract.ts'
import { randomStream } from '../../src/core/random.ts'
import { ms, ratio } from '../../src/core/units.ts'
import type { EventBody } from '../../src/record/events.ts'

const WIDTH = 250
const BEGAN = Date.UTC(2026, 10, 23)
const QUIET: Tick = {
  target: 'cache', at: BEGAN, width: WIDTH, rate: 100, errors: 0, success: 1, p50: 1, p95: 10, p99: 20, connections: 5, accepted: 0, inFlight: 1, hitRatio: 0.9, held: 0,
  bytesToServer: 0, bytesToClient: 0, resets: 0, failedDials: 0, setupP95: null, messages: null,
}

/** Feeds ticks, a quarter of a second each, and keeps what was said as `seconds state`. */
class Scene {
  readonly watch: AlertWatch
  readonly said: string[] = []
  readonly texts: string[] = []
  #at = BEGAN

  constructor(...patterns: readonly Pattern[]) {
    this.watch = new AlertWatch(patterns.map((pattern, i): AlertSpec => ({ name: `a${i}`, pattern, text: '' })))
  }

  /** So many seconds of ticks as `tick` makes them. */
  run(seconds: number, tick: Partial<Tick> | ((i: number) => Partial<Tick>) = {}): this {
    for (let i = 0; i < (seconds * 1000) / WIDTH; i++) {
      for (const { state, at, text } of this.watch.tick({ ...QUIET, ...(typeof tick === 'function' ? tick(i) : tick), at: this.#at })) {
        this.said.push(`${(at - BEGAN) / 1000} ${state}`)
        this.texts.push(text)
      }
      this.#at += WIDTH
    }
    return this
  }

  arm(rule = 'a', target = 'cache'): this { return this.#tell({ kind: 'rule.arming', rule, step: rule, fault: 'latency', target, params: {}, detail: {} }) }
  clear(rule = 'a'): this { return this.#tell({ kind: 'rule.cleared', rule, step: rule, reason: 'request', effectiveAt: ms(0), matched: 0, altered: 0 }) }

  #tell(body: EventBody): this {
    this.watch.event({ seq: 0, at: ms(0), wall: new Date(this.#at).toISOString(), ...body })
    return this
  }
}

describe('an alert on a limit', () => {
  const slow: Pattern = { kind: 'threshold', signal: { target: 'cache', metric: 'p95' }, comparison: 'above', limit: 100, for: ms(2000) }

  it('is raised once the limit has been passed for its time, and over once it has not for as long', () => {
    const scene = new Scene(slow).run(5).run(1.75, { p95: 300 }).run(5).run(3, { p95: 300 }).run(1).run(1, { p95: 300 }).run(3)
    assert.deepEqual(scene.said, ['13.75 firing', '18.75 resolved'])
    assert.deepEqual(scene.texts, ['cache.p95 is 300ms, above 100ms for 2s', 'cache.p95 is 10ms, not above 100ms for 2s'])
    assert.deepEqual(scene.watch.firing, [])
  })

  it('takes silence for neither', () => {
    assert.deepEqual(new Scene(slow).run(1, { p95: 300 }).run(60, { p95: null }).run(1, { p95: 300 }).said, ['61.25 firing'])
    assert.deepEqual(new Scene(slow).run(3, { p95: 300 }).run(60, { p95: null }).said, ['2 firing'])
  })

  it('looks at its own target, and at once where it has no time', () => {
    const scene = new Scene({ ...slow, for: ms(0) }, { kind: 'threshold', signal: { target: 'cache', metric: 'success' }, comparison: 'below', limit: 0.99, for: ms(0) })
    assert.deepEqual(scene.run(5, { target: 'db', p95: 300 }).said, [])
    assert.deepEqual(scene.run(0.25, { p95: 300, success: 0.98 }).run(0.25).said, ['5.25 firing', '5.25 firing', '5.5 resolved', '5.5 resolved'])
  })
})

describe('an alert on a burn rate', () => {
  const burn: Pattern = { kind: 'burn', target: 'cache', objective: ratio(0.999), times: 10, long: ms(300_000), short: ms(30_000) }
  /** Of 100 operations a second. */
  const failing = (share: number): Partial<Tick> => ({ rate: 100 * (1 - share), errors: 100 * share })

  it('is raised where both windows burn, and over once the short one does not', () => {
    // 5 % is 50 times the budget of 0.1 %: the long window comes to ten times after a fifth of its length.
    const scene = new Scene(burn).run(300).run(120, failing(0.05)).run(120)
    assert.deepEqual(scene.said.map((line) => line.split(' ')[1]), ['firing', 'resolved'])
    const [raised = 0, over = 0] = scene.said.map((line) => Number(line.split(' ')[0]))
    assert.ok(Math.abs(raised - 360) <= 3, `raised at ${raised}`)
    // Four fifths of the short window must be clean.
    assert.ok(Math.abs(over - 444) <= 3, `over at ${over}`)
    assert.match(scene.texts[0] ?? '', /^0?1(\.0\d+)?% fail over 5m and 5% over 30s: 10(\.\d)?x and 50x what 99\.9% allows$/)
  })

  it('is not for a burst that the long window forgives, nor for a budget that is used slowly', () => {
    assert.deepEqual(new Scene(burn).run(300).run(25, failing(0.05)).run(300).said, [])
    assert.deepEqual(new Scene(burn).run(1200, failing(0.005)).said, [])
  })

  it('is not for the first error of all, but for errors from the beginning once the short window is full', () => {
    assert.deepEqual(new Scene(burn).run(0.25, failing(1)).run(200).said, [])
    const [first = ''] = new Scene(burn).run(40, failing(1)).said
    assert.equal(first, '30 firing')
  })

  it('says nothing where nothing is asked', () => {
    assert.deepEqual(new Scene(burn).run(600, { rate: 0, errors: 0 }).run(100, { rate: null, errors: null }).said, [])
  })
})

describe('an alert on a change', () => {
  const change: Pattern = { kind: 'change', signal: { target: 'cache', metric: 'p95' }, by: 0.5, window: ms(120_000) }
  /** Scatters by a third, as the p95 of a quarter of a second does. */
  const noisy = (centre: number, seed = 1): ((i: number) => Partial<Tick>) => {
    const random = randomStream(seed, `noise/${centre}`)
    return () => ({ p95: centre * (0.85 + 0.3 * random()) - centre * 0.1 * Math.log(1 - random()) })
  }

  it('is raised soon after the signal has become another, and over when that is the past', () => {
    const scene = new Scene(change).run(180, noisy(10)).run(240, noisy(20))
    assert.deepEqual(scene.said.map((line) => line.split(' ')[1]), ['firing', 'resolved'])
    const [raised = 0, over = 0] = scene.said.map((line) => Number(line.split(' ')[0]))
    assert.ok(raised > 190 && raised < 230, `raised at ${raised}`)
    assert.ok(over > 270 && over <= 300, `over at ${over}`)
    assert.match(scene.texts[0] ?? '', /^cache\.p95 rose from \d+(\.\d+)?ms to \d+(\.\d+)?ms \(by \d+%\)$/)
  })

  it('is not for noise in an hour, nor for a change that is too small, nor for one wild tick', () => {
    for (const seed of [1, 2, 3]) assert.deepEqual(new Scene(change).run(3600, noisy(10, seed)).said, [])
    assert.deepEqual(new Scene(change).run(180, noisy(10)).run(240, noisy(12)).said, [])
    assert.deepEqual(new Scene(change).run(180, noisy(10)).run(0.25, { p95: 5000 }).run(180, noisy(10)).said, [])
  })
})

describe('an alert on a recovery', () => {
  const late: Pattern = { kind: 'overdue', signal: { target: 'cache', metric: 'p95' }, within: ms(10_000) }

  it('is raised where the signal is not back in time after the last fault, and over once it is', () => {
    const scene = new Scene(late).run(30).arm().run(20, { p95: 400 }).clear().run(25, { p95: 200 }).run(10)
    assert.deepEqual(scene.said, ['60 firing', '76.25 resolved'])
    assert.deepEqual(scene.texts, ['cache.p95 is 200ms 10s after the last fault, and was 10ms before', 'cache.p95 is back after 25s: 10ms'])
  })

  it('tells of a recovery in time, and of none where nothing was degraded', () => {
    const scene = new Scene(late).run(30).arm().run(20, { p95: 400 }).clear().run(4, { p95: 200 }).run(10)
    assert.deepEqual([scene.said, scene.texts], [['55.25 recovered'], ['cache.p95 is back after 4s: 10ms']])
    assert.deepEqual(new Scene(late).run(30).arm().run(20).clear().run(60).said, [])
  })

  it('counts from the last of several faults, and not from one on another target', () => {
    const scene = new Scene(late).run(30).arm('a').run(5, { p95: 400 }).arm('b').clear('a').run(30, { p95: 400 }).arm('other', 'db').clear('b').run(9, { p95: 400 })
    assert.deepEqual(scene.said, [])
    assert.deepEqual(scene.run(2, { p95: 400 }).said, ['75 firing'])
  })

  it('is over by a new fault only when that too is gone and the signal back', () => {
    const scene = new Scene(late).run(30).arm().run(5, { p95: 400 }).clear().run(12, { p95: 400 }).arm('b').run(5).clear('b').run(5)
    assert.deepEqual(scene.said, ['45 firing', '54 resolved'])
  })

  it('does not take a wild tick for a relapse, nor what differs by less than five milliseconds for degraded', () => {
    const wild = (i: number): Partial<Tick> => ({ p95: i % 5 === 0 ? 900 : 10 })
    assert.deepEqual(new Scene(late).run(30).arm().run(5, { p95: 400 }).clear().run(30, wild).said, ['37 recovered'])
    assert.deepEqual(new Scene(late).run(30, { p95: 0.2 }).arm().run(5, { p95: 5 }).clear().run(30, { p95: 5 }).said, [])
  })

  it('does not take a good tick for a recovery, nor silence', () => {
    const flapping = (i: number): Partial<Tick> => ({ p95: i % 4 === 0 ? 10 : 300 })
    assert.deepEqual(new Scene(late).run(30).arm().run(5, { p95: 400 }).clear().run(30, flapping).said, ['45 firing'])
    assert.deepEqual(new Scene(late).run(30).arm().run(5, { p95: 400 }).clear().run(1, { p95: 400 }).run(30, { p95: null }).said, ['45 firing'])
  })

  it('says nothing where it does not know what is normal, or what stands was there from the beginning', () => {
    assert.deepEqual(new Scene(late).run(1).arm().run(5, { p95: 400 }).clear().run(60, { p95: 400 }).said, [])
    const standing = new Scene(late).arm('standing').run(60, { p95: 400 }).arm('b').run(5, { p95: 800 }).clear('b').clear('standing').run(60, { p95: 400 })
    assert.deepEqual(standing.said, [])
  })
})
