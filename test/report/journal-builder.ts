/** A made-up run, as its journal would have it: a shop loses its cache for some seconds. Deterministic: the same options, the same events. */

import { randomStream } from '../../src/core/random.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { encodeHistogram, newHistogram, noCounts, recordLatency, type BucketRecord } from '../../src/record/buckets.ts'
import type { EventBody, JournalEvent, Outcome } from '../../src/record/events.ts'

export interface OutageOptions {
  readonly name?: string
  readonly question?: string
  readonly step?: string
  readonly target?: string
  readonly load?: string
  readonly did?: string
  /** Operations a second of the load. */
  readonly rate?: number
  /** How long after healing the application still fails. */
  readonly slowToHeal?: Ms
  /** What share of operations fails during the fault. */
  readonly failing?: number
  readonly outcome?: Outcome
  /** False: the rule altered nothing. */
  readonly exercised?: boolean
  readonly seed?: number
  /** Every operation takes so many times as long. */
  readonly slower?: number
  readonly tags?: readonly string[]
  /** False: the load generator was late. */
  readonly valid?: boolean
}

const W = 250
/** An odd number: nothing may depend on a run beginning at zero. */
const T0 = 5_000_123.456
/** When things happen, in ms after T0. */
export const AT = { warmup: 100, baseline: 2100, method: 17_100, armed: 17_130, effect: 17_137, cleared: 27_137, drained: 27_160, recovery: 27_140, end: 47_140 } as const
export const at = (offset: number): Ms => ms(T0 + offset)

/** The events of a run with one outage. */
export function outage(options: OutageOptions = {}): JournalEvent[] {
  const { name = 'checkout-redis-partition', step = 'cut', target = 'cache', load = 'checkout', seed = 42, exercised = true, outcome = 'PASS' } = options
  const bodies: { readonly at: number; readonly body: EventBody }[] = []
  const tell = (offset: number, body: EventBody): void => { bodies.push({ at: offset, body }) }
  tell(0, {
    kind: 'run.started', run: `20261123-183241-${name}`, name, question: options.question ?? 'Does checkout keep selling when Redis is cut off for 10 s, and how soon is it back?',
    file: 'experiments/cache-partition.yaml', hash: 'sha256:4f1c0a5e', seed, versions: { brownout: '0.1.0', node: 'v20.20.2' },
    targets: [{ name: target, protocol: 'redis', upstream: 'redis://127.0.0.1:6379', listen: [{ address: '127.0.0.1:40001' }] }],
    plan: plan(load, target, step, seed, options.tags), source: SOURCE.replaceAll('checkout', load),
  })
  tell(20, { kind: 'app', app: '', event: 'starting' })
  tell(90, { kind: 'app', app: '', event: 'ready', detail: 'GET /healthz 200' })
  for (const phase of ['start', 'warmup', 'baseline', 'method', 'recovery', 'end'] as const) tell(phase === 'start' ? 1 : AT[phase], { kind: 'phase', phase })
  const rule = step
  tell(AT.armed - 5, { kind: 'rule.arming', rule, step, fault: 'partition', target, params: { discard: false }, detail: { for: 10_000 } })
  tell(AT.armed, { kind: 'rule.armed', rule, step, effectiveAt: at(AT.armed) })
  if (exercised) {
    for (let i = 0; i < 12; i++) {
      tell(AT.effect + i * 9, { kind: 'altered', rule, session: i % 5, direction: i % 2 ? 'to-client' : 'to-server', did: options.did ?? 'stall', effectiveAt: at(AT.effect + i * 9) })
    }
  }
  tell(AT.cleared + 1, { kind: 'rule.cleared', rule, step, reason: 'deadline', effectiveAt: at(AT.cleared), matched: exercised ? 412 : 0, altered: exercised ? 396 : 0 })
  if (exercised) tell(AT.drained, { kind: 'drained', rule, effectiveAt: at(AT.drained) })
  for (const bucket of [...loadBuckets(load, options), ...targetBuckets(target, options)]) tell(bucket.start - T0 + W + 3, { kind: 'bucket', bucket })
  tell(AT.end + 20, { kind: 'load', name: load, valid: options.valid ?? true, latenessP99Ms: 1.8, cpu: 0.21, droppedShare: 0 })
  tell(AT.end + 30, { kind: 'probe', name: 'double_charges', ok: true, tookMs: 2.3, value: 0 })
  tell(AT.end + 40, { kind: 'heal', target, ok: true, before: '+PONG', after: '+PONG' })
  tell(AT.end + 50, {
    kind: 'verdict', outcome, why: outcome === 'PASS' ? 'every expectation held' : '1 of 3 expectations failed',
    expectations: [
      { text: `signal: ${load}.success, during: fault, at_least: 50%`, outcome: outcome === 'FAIL' ? 'FAIL' : 'PASS', measured: outcome === 'FAIL' ? '38.2%' : '61.8%', limit: 'at least 50%', margin: outcome === 'FAIL' ? '-11.8%' : '+11.8%', line: 31 },
      { text: `recovery: ${load}.p95, within: 5s`, outcome: 'PASS', measured: '1.36s', limit: 'within 5s', margin: '+3.64s', line: 32 },
      { text: 'signal: double_charges.value, equals: 0', outcome: 'PASS', measured: '0', limit: 'equals 0', line: 33 },
    ],
  })
  tell(AT.end + 60, { kind: 'run.ended', exit: outcome === 'PASS' ? 0 : 1, outcome })
  return bodies.sort((a, b) => a.at - b.at).map(({ at: offset, body }, seq) => ({ seq, at: at(offset), wall: new Date(Date.UTC(2026, 10, 23, 18, 32, 41) + offset).toISOString(), ...body }))
}

/** Any journal from bodies, a millisecond apart, beginning at `from`. */
export const journalOf = (bodies: readonly EventBody[], from = T0): JournalEvent[] =>
  bodies.map((body, seq) => ({ seq, at: ms(from + seq), wall: '2026-11-23T18:32:41.000Z', ...body }))

function loadBuckets(name: string, { rate = 200, slowToHeal = ms(1300), failing = 0.38, exercised = true, seed = 42, slower = 1 }: OutageOptions): BucketRecord[] {
  const random = randomStream(seed, `load/${name}`)
  const buckets: BucketRecord[] = []
  for (let offset = AT.warmup; offset + W <= AT.end; offset += W) {
    const from = offset
    const hit = exercised && from + W > AT.effect && from < AT.cleared + slowToHeal
    const slow = exercised && !hit && from >= AT.cleared + slowToHeal && from < AT.cleared + slowToHeal + 750
    const counts = noCounts()
    const histogram = newHistogram()
    counts.offered = Math.round((rate * W) / 1000)
    for (let i = 0; i < counts.offered; i++) {
      // A request in the fault waits for the cache's timeout of 400 ms before it falls back or fails.
      const service = 4 + 3 * random() - 2 * Math.log(1 - random()) + (hit ? 400 + 80 * random() : slow ? 25 * random() : 0)
      if (hit && random() < failing) { counts[random() < 0.7 ? 'error' : 'timeout']++; continue }
      counts.ok++
      recordLatency(histogram, ms(service * slower))
    }
    buckets.push({ source: 'load', name, start: at(from), width: ms(W), counts, latency: encodeHistogram(histogram), extra: { in_flight: hit ? 80 + Math.round(8 * random()) : 2, service_p99: hit ? 480 : 12 } })
  }
  return buckets
}

function targetBuckets(name: string, { slowToHeal = ms(1300), exercised = true, seed = 42 }: OutageOptions): BucketRecord[] {
  const random = randomStream(seed, `target/${name}`)
  const buckets: BucketRecord[] = []
  for (let offset = AT.warmup; offset + W <= AT.end; offset += W) {
    const hit = exercised && offset + W > AT.effect && offset < AT.cleared
    const after = exercised && offset >= AT.cleared && offset < AT.cleared + slowToHeal
    const histogram = newHistogram()
    const counts = { ...noCounts(), offered: hit ? 6 : 100, ok: hit ? 0 : 100, timeout: 0 }
    for (let i = 0; i < counts.ok; i++) recordLatency(histogram, ms(0.2 + 0.3 * random()))
    const connections = hit ? Math.max(4, 20 - Math.floor((offset - AT.effect) / 400)) : after ? 8 + Math.floor((offset - AT.cleared) / 100) : 20
    buckets.push({
      source: 'target', name, start: at(offset), width: ms(W), counts, ...(counts.ok ? { latency: encodeHistogram(histogram) } : {}),
      extra: { connections, attempts: hit ? 12 + Math.floor(4 * random()) : after ? 30 : offset % 1000 === 100 ? 1 : 0, resets: hit ? 3 : 0, bytes_to_server: hit ? 900 : 14_000, bytes_to_client: hit ? 0 : 52_000 },
    })
  }
  return buckets
}

const place = { file: 'experiments/cache-partition.yaml', line: 1, column: 1 }
const plan = (load: string, target: string, step: string, seed: number, tags: readonly string[] = []): unknown => ({
  seed, tags, windows: { warmup: 2000, baseline: 15_000, recovery: 20_000, bucket: W, hold: 5000, minSamples: 200 },
  loads: [{ name: load, rate: 200, timeout: 2000 }],
  steadyState: [
    { signal: { name: load, metric: 'p95' }, comparison: 'at_most', limit: { value: 100, unit: 'ms', text: '100ms' }, text: '', place },
    { signal: { name: load, metric: 'success' }, comparison: 'at_least', limit: { value: 0.999, unit: 'ratio', text: '99.9%' }, text: '', place },
  ],
  abort: [], method: [{ step, kind: 'fault', start: { at: 0 }, rule: { id: step, fault: 'partition', on: target, for: 10_000 } }],
  expect: [
    { kind: 'signal', signal: { name: load, metric: 'success' }, comparison: 'at_least', limit: { value: 0.5, unit: 'ratio', text: '50%' }, during: 'fault' },
    { kind: 'timing', figure: 'recovery', of: { name: load, metric: 'p95' }, limit: { value: 5000, unit: 'ms', text: '5s' } },
  ],
})

const SOURCE = `name: checkout-redis-partition
question: Does checkout keep selling when Redis is cut off for 10 s, and how soon is it back?
targets:
  cache: { protocol: redis, upstream: "\${REDIS_URL}" }
load:
  checkout: { http: POST http://127.0.0.1:3000/checkout, rate: 200/s, timeout: 2s, ok: 2xx }
steady_state:
  - { signal: checkout.p95, at_most: 100ms }
  - { signal: checkout.success, at_least: 99.9% }
method:
  - { step: cut, at: 0s, fault: partition, on: cache, for: 10s }
expect:
  - { signal: checkout.success, during: fault, at_least: 50% }
  - { recovery: checkout.p95, within: 5s }
  - { signal: double_charges.value, equals: 0 }
`
