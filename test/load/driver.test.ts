import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ManualClock, TimerHeap, type Clock, type Timer } from '../../src/core/clock.ts'
import { ms, perSecond, type Ms } from '../../src/core/units.ts'
import { arrivalsOf, WHOLE, type Arrivals } from '../../src/load/arrivals.ts'
import type { Client, Done } from '../../src/load/client.ts'
import { Driver } from '../../src/load/driver.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import { Tally } from '../../src/load/tally.ts'
import { noCounts, type BucketRecord } from '../../src/record/buckets.ts'
import { latency, sum } from './totals.ts'

const WIDTH = ms(100)
const SPEC: LoadSpec = { name: 'shop', rate: perSecond(100), timeout: ms(500), ok: '2xx', inFlightMax: 1000, connections: 1, send: { kind: 'redis', url: 'redis://x', command: ['PING'] } }

/** Answers each operation after the delay that `answer` gives; never when it gives none. */
class FakeClient implements Client {
  readonly opened = Promise.resolve()
  readonly sent: number[] = []
  readonly abandoned: number[] = []
  readonly #clock: Clock
  readonly #answer: (n: number) => { after: number; outcome?: 'ok' | 'error' } | undefined

  constructor(clock: Clock, answer: (n: number) => { after: number; outcome?: 'ok' | 'error' } | undefined) {
    this.#clock = clock
    this.#answer = answer
  }

  send(n: number, done: Done): { abandon(): void } {
    this.sent.push(n)
    const answer = this.#answer(n)
    if (answer) this.#clock.at(ms(this.#clock.now() + answer.after), () => done(answer.outcome ?? 'ok', answer.outcome === 'error' ? 'ECONNREFUSED' : undefined))
    return { abandon: () => { this.abandoned.push(n) } }
  }

  close(): Promise<void> { return Promise.resolve() }
}

/** A clock that jumps: what was due meanwhile runs late, as after SIGSTOP and SIGCONT. */
class JumpingClock implements Clock {
  readonly #heap = new TimerHeap()
  #now = 0
  now(): Ms { return ms(this.#now) }
  at(due: Ms, action: () => void): Timer { return this.#heap.add(due, action) }
  jump(by: number): void {
    this.#now += by
    for (let action = this.#heap.take(this.now()); action; action = this.#heap.take(this.now())) action()
  }
}

/** From 0 on, not shifted within the first gap. */
function evenly(rate: number): Arrivals {
  let n = 0
  return { get due() { return ms((n * 1000) / rate) }, take: () => n++, ended: () => undefined }
}

interface Rig { readonly driver: Driver; readonly client: FakeClient; readonly buckets: BucketRecord[] }
function rig(clock: Clock, spec: Partial<LoadSpec>, answer: (n: number) => { after: number; outcome?: 'ok' | 'error' } | undefined): Rig {
  const buckets: BucketRecord[] = []
  const whole = { ...SPEC, ...spec }
  const client = new FakeClient(clock, answer)
  const arrivals = whole.users ? arrivalsOf({ spec: whole, begin: ms(0), warmup: ms(0), seed: 1, share: WHOLE }) : evenly(whole.rate)
  const tally = new Tally({ name: whole.name, origin: ms(0), width: WIDTH, begin: ms(0), emit: (bucket) => buckets.push(bucket) })
  const driver = new Driver({ spec: whole, client, tally, clock, arrivals })
  driver.begin()
  return { driver, client, buckets }
}

async function stopped({ driver }: Rig, clock: ManualClock): Promise<void> {
  const end = driver.stop(ms(2000))
  clock.advance(ms(2000))
  await end
}

describe('load: the driver', () => {
  it('sends what is due and nothing else: 100 a second are 100 in a second, whatever becomes of them', () => {
    for (const answer of [() => ({ after: 1 }), () => undefined, () => ({ after: 0, outcome: 'error' as const })]) {
      const clock = new ManualClock()
      const { client } = rig(clock, {}, answer)
      clock.advance(ms(999.9))
      assert.deepEqual(client.sent, Array.from({ length: 100 }, (_, i) => i))
    }
  })

  it('counts latency from the intended send: a stall of the system is felt by all that were due in it', () => {
    const clock = new ManualClock()
    // For one second nothing is answered; then all at once.
    const load = rig(clock, { timeout: ms(5000) }, (n) => ({ after: n >= 100 && n < 200 ? 2000 - n * 10 : 1 }))
    clock.advance(ms(5000))
    // 100 of 500 took 10, 20 … 1000 ms: the fifth from the top.
    assert.equal(Math.round(latency(load.buckets, 0.99) / 10), 96)
    assert.equal(latency(load.buckets, 0.5), 1)
  })

  it('counts an operation as timeout in the bucket in which it became late, at once, at the timeout’s value', () => {
    const clock = new ManualClock()
    const { buckets, client } = rig(clock, { rate: perSecond(10), timeout: ms(250) }, () => undefined)
    clock.advance(ms(1250))
    assert.deepEqual(buckets.map(({ counts }) => counts.offered), Array.from({ length: 11 }, () => 1))
    assert.deepEqual(buckets.map(({ counts }) => counts.timeout), [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    assert.equal(Math.round(latency(buckets, 0.5)), 250)
    assert.deepEqual(client.abandoned.slice(0, 3), [0, 1, 2])
  })

  it('does not count the answer that comes after the timeout', async () => {
    const clock = new ManualClock()
    const load = rig(clock, { timeout: ms(50) }, () => ({ after: 80 }))
    clock.advance(ms(999.9))
    await stopped(load, clock)
    assert.deepEqual(sum(load.buckets), { ...noCounts(), offered: 100, timeout: 100 })
  })

  it('leaves errors out of the latency and names them', async () => {
    const clock = new ManualClock()
    const load = rig(clock, {}, (n) => (n % 2 === 0 ? { after: 20 } : { after: 0, outcome: 'error' }))
    clock.advance(ms(999.9))
    await stopped(load, clock)
    assert.deepEqual(sum(load.buckets), { ...noCounts(), offered: 100, ok: 50, error: 50 })
    assert.equal(Math.round(latency(load.buckets, 0.01)), 20)
    assert.deepEqual(load.driver.figures(0).errors, { ECONNREFUSED: 50 })
  })

  it('delivers a bucket one width after its end, empty ones too, without a gap', () => {
    const clock = new ManualClock()
    const { buckets } = rig(clock, { rate: perSecond(1) }, () => ({ after: 1 }))
    clock.advance(ms(199.9))
    assert.equal(buckets.length, 0)
    clock.advance(ms(0.1))
    assert.equal(buckets.length, 1)
    clock.advance(ms(1800))
    assert.deepEqual(buckets.map(({ start }) => start), Array.from({ length: 19 }, (_, i) => i * 100))
    assert.equal(buckets[5]?.counts.offered, 0)
    assert.equal(buckets[5]?.latency, undefined)
  })

  it('tells how many operations were under way when a bucket ended', () => {
    const clock = new ManualClock()
    const { buckets } = rig(clock, { timeout: ms(1000) }, () => ({ after: 155 }))
    clock.advance(ms(1000))
    assert.deepEqual(buckets.map(({ extra: { in_flight } = {} }) => in_flight).slice(0, 4), [10, 15, 15, 15])
  })

  it('drops what finds the limit reached, and blames the system when that had stopped answering', async () => {
    const clock = new ManualClock()
    const load = rig(clock, { inFlightMax: 10 }, () => undefined)
    clock.advance(ms(999.9))
    await stopped(load, clock)
    const total = sum(load.buckets)
    assert.equal(total.offered, 100)
    assert.ok(total.dropped > 50, `${total.dropped}`)
    assert.equal(total.timeout + total.dropped, 100)
    assert.equal(load.driver.figures(0).droppedByUs, 0)
  })

  it('blames its own limit when the system went on answering', async () => {
    const clock = new ManualClock()
    const load = rig(clock, { inFlightMax: 10 }, () => ({ after: 200 }))
    clock.advance(ms(999.9))
    await stopped(load, clock)
    const { dropped } = sum(load.buckets)
    assert.ok(dropped > 0)
    assert.equal(load.driver.figures(0).droppedByUs, dropped)
  })

  it('does not send what is older than its timeout when it wakes up late, and blames itself', () => {
    const clock = new JumpingClock()
    const { client, driver, buckets } = rig(clock, {}, () => undefined)
    clock.jump(10_000)
    assert.equal(client.sent.length, 50)
    const { offered, dropped } = sum(buckets.slice(0, 90))
    assert.deepEqual([offered, dropped], [900, 900])
    assert.ok(driver.figures(0).droppedByUs >= 900)
  })

  it('waits at the end for what is in flight; what is still out after that is indeterminate', async () => {
    const clock = new ManualClock()
    const load = rig(clock, { timeout: ms(60_000) }, (n) => (n < 90 ? { after: 1500 } : undefined))
    clock.advance(ms(999.9))
    await stopped(load, clock)
    assert.deepEqual(sum(load.buckets), { ...noCounts(), offered: 100, ok: 90, indeterminate: 10 })
    assert.deepEqual(load.client.abandoned, [90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
  })

  it('loses and doubles nothing: whatever the answers, every operation ends as exactly one thing', async () => {
    const answers = fc.array(fc.option(fc.record({ after: fc.integer({ min: 0, max: 700 }), outcome: fc.constantFrom('ok' as const, 'error' as const) }), { nil: undefined }), { minLength: 1, maxLength: 40 })
    await fc.assert(fc.asyncProperty(answers, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1500 }), async (some, inFlightMax, length) => {
      const clock = new ManualClock()
      const load = rig(clock, { inFlightMax }, (n) => some[n % some.length])
      clock.advance(ms(length))
      await stopped(load, clock)
      const { offered, ok, error, timeout, dropped, indeterminate } = sum(load.buckets)
      assert.equal(ok + error + timeout + dropped + indeterminate, offered)
      assert.equal(load.client.sent.length + dropped, offered)
      assert.equal(offered, Math.floor(length / 10) + 1)
      const { in_flight } = load.buckets.at(-1)?.extra ?? {}
      assert.equal(in_flight, 0)
    }), { numRuns: 60 })
  })

  it('waits for an answer in a closed loop: so many users have so many under way and no more, and think before they ask again', async () => {
    const clock = new ManualClock()
    const load = rig(clock, { rate: perSecond(0), users: { count: 5, think: ms(100) } }, () => ({ after: 400 }))
    clock.advance(ms(1000))
    // All have begun within a second, 200 ms apart; each asks twice a second.
    assert.deepEqual(load.client.sent, [0, 1, 2, 5, 3, 6, 4, 7, 10])
    clock.advance(ms(9000))
    assert.ok(load.buckets.every(({ extra }) => (extra?.['in_flight'] ?? 0) <= 5))
    await stopped(load, clock)
    const { offered, ok } = sum(load.buckets)
    assert.ok(offered === ok && ok >= 95 && ok <= 100, `${ok}`)
    assert.equal(Math.round(latency(load.buckets, 0.99)), 400)
  })

  it('does not spin in a closed loop where everything fails at once, and goes on after a timeout', () => {
    const refused = new ManualClock()
    const load = rig(refused, { rate: perSecond(0), users: { count: 1, think: ms(0) } }, () => ({ after: 0, outcome: 'error' }))
    refused.advance(ms(1000))
    assert.ok(load.client.sent.length > 90 && load.client.sent.length <= 101, `${load.client.sent.length}`)
    const silent = new ManualClock()
    const late = rig(silent, { rate: perSecond(0), users: { count: 2, think: ms(0) }, timeout: ms(250) }, () => undefined)
    silent.advance(ms(2000))
    assert.equal(late.client.sent.length, 9 + 7)
  })

  it('shows a stall of a second in an open loop, and hides it in a closed one that sends as much', async () => {
    const p99s = []
    for (const spec of [{ rate: perSecond(1000) }, { rate: perSecond(0), users: { count: 5, think: ms(4) } }]) {
      const clock = new ManualClock()
      // One millisecond each, but from 5 s to 6 s nothing is answered.
      const load = rig(clock, { ...spec, timeout: ms(5000) }, () => ({ after: clock.now() >= 5000 && clock.now() < 6000 ? 6000 - clock.now() : 1 }))
      clock.advance(ms(20_000))
      await stopped(load, clock)
      assert.ok(sum(load.buckets).ok > 18_000)
      p99s.push(latency(load.buckets, 0.99))
    }
    const [open = 0, closed = 0] = p99s
    assert.ok(open > 790 && open < 1000, `${open}`)
    assert.ok(closed < 5, `${closed}`)
  })
})
