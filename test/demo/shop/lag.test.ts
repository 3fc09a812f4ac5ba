import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ManualClock } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import { Lag } from '../../../src/demo/shop/lag.ts'
import { Recent } from '../../../src/demo/shop/recent.ts'

/** The primary's own clock shows another time than ours. */
const CLOCK = 1_000_000

/** A primary that commits at these times, a replica that has each commit so long after, in order; asked at these times, the replica a little later. */
function* watched(commits: readonly number[], delays: readonly number[], asked: readonly number[], later: number): Generator<{ lag: Lag; now: number; applied: number }> {
  const lag = new Lag()
  let last = 0
  const seen = commits.map((at, i) => { last = Math.max(last, at + (delays[i] ?? 0)); return last })
  for (const at of asked) {
    lag.primarySaid({ written: commits.filter((commit) => commit <= at).length, clock: ms(CLOCK + at) }, ms(at))
    const now = at + later
    const applied = seen.filter((time) => time <= now).length
    lag.replicaSaid({ applied, committed: applied === 0 ? undefined : ms(CLOCK + (commits[applied - 1] ?? 0)) })
    yield { lag, now, applied }
  }
}

describe('the lag of a replica, as its reader knows it', () => {
  const times = (max: number) => fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: max }).map((list) => [...new Set(list)].sort((a, b) => a - b))

  it('never says too little: what was committed before then has been applied', () => {
    fc.assert(fc.property(times(100), fc.array(fc.integer({ min: 0, max: 8000 }), { minLength: 100, maxLength: 100 }), times(40), fc.integer({ min: 0, max: 50 }), (commits, delays, asked, later) => {
      for (const { lag, now, applied } of watched(commits, delays, asked, later)) {
        const behind = lag.behind(ms(now))
        if (behind === undefined) continue
        const promised = commits.filter((commit) => commit <= now - behind).length
        assert.ok(applied >= promised, `at ${now} it says ${behind} ms, and ${promised - applied} commits of before are missing`)
      }
    }))
  })

  it('is no more than the distance of two looks while all is applied at once, idle or not', () => {
    fc.assert(fc.property(times(100), (commits) => {
      const asked = Array.from({ length: 40 }, (_, i) => 500 * i)
      for (const { lag, now } of watched(commits, commits.map(() => 0), asked, 0)) assert.equal(lag.behind(ms(now)), 0)
    }))
  })

  it('of a busy primary is that of its last commit that came, not that of the last look', () => {
    const commits = Array.from({ length: 2000 }, (_, i) => 10 * (i + 1))
    const said: unknown[] = []
    for (const { lag, now } of watched(commits, commits.map(() => 30), [5000, 5500, 6000], 0)) said.push(lag.behind(ms(now)))
    assert.deepEqual(said, [30, 30, 30])
  })

  it('grows while the stream is cut, though the replica has applied all that it knows of', () => {
    const lag = new Lag()
    lag.primarySaid({ written: 10, clock: ms(CLOCK) }, ms(0))
    lag.replicaSaid({ applied: 10, committed: ms(CLOCK - 60_000) })
    for (let at = 500; at <= 20_000; at += 500) {
      lag.primarySaid({ written: 10 + at, clock: ms(CLOCK + at) }, ms(at))
      lag.replicaSaid({ applied: 10, committed: ms(CLOCK - 60_000) })
    }
    assert.equal(lag.behind(ms(20_000)), 20_000)
  })

  it('is not known before both have said something', () => {
    const lag = new Lag()
    assert.equal(lag.behind(ms(5)), undefined)
    lag.primarySaid({ written: 10, clock: ms(CLOCK) }, ms(0))
    assert.equal(lag.behind(ms(5)), undefined)
    lag.replicaSaid({ applied: 9, committed: undefined })
    assert.equal(lag.behind(ms(5)), undefined)
  })
})

describe('what was just written', () => {
  it('is remembered for a second from when it was written last', () => {
    const clock = new ManualClock()
    const recent = new Recent(clock)
    recent.add('a', 'b')
    clock.advance(ms(600))
    recent.add('a')
    clock.advance(ms(399))
    assert.deepEqual(['a', 'b', 'c'].map((key) => recent.has(key)), [true, true, false])
    clock.advance(ms(1))
    assert.deepEqual(['a', 'b'].map((key) => recent.has(key)), [true, false])
    clock.advance(ms(600))
    assert.equal(recent.has('a'), false)
  })
})
