/** A run as a trace: spans by the journal's own times, ids that stay, and what a collector is sent. */

import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'
import { otlpOf, readOtlp, traceOf } from '../../src/telemetry/otlp.ts'
import { Outlets } from '../../src/telemetry/outlets.ts'
import { Tracer, type Span } from '../../src/telemetry/spans.ts'
import { AT, outage } from '../report/journal-builder.ts'
import { receiver } from '../support/receiver.ts'

const BEGAN = Date.UTC(2026, 10, 23, 18, 32, 41)
const traced = (events: readonly JournalEvent[], session = 'session'): readonly Span[] => {
  const tracer = new Tracer(session)
  return events.flatMap((event) => tracer.hear(event))
}
const named = (spans: readonly Span[], name: string): Span => spans.find((span) => span.name === name) ?? assert.fail(`no ${name} in ${spans.map((span) => span.name).join(', ')}`)
/** Of a server: no run around them. */
const served = (bodies: readonly EventBody[]): JournalEvent[] => bodies.map((body, seq) => ({ seq, at: ms(7000 + seq * 1000), wall: new Date(BEGAN + seq * 1000).toISOString(), ...body }))
const arming = (rule: string): EventBody => ({ kind: 'rule.arming', rule, step: rule, fault: 'latency', target: 'cache', params: { delay: 300 }, detail: {} })
const cleared = (rule: string, at: number): EventBody => ({ kind: 'rule.cleared', rule, step: rule, reason: 'request', effectiveAt: ms(at), matched: 3, altered: 2 })

describe('a run as a trace', () => {
  it('has a span for the experiment, within it one a phase, and the fault in the phase in which it was armed', () => {
    const spans = traced(outage())
    assert.deepEqual(spans.map(({ name }) => name), ['phase start', 'phase warmup', 'phase baseline', 'fault partition on cache', 'phase method', 'phase recovery', 'experiment checkout-redis-partition'])
    const run = named(spans, 'experiment checkout-redis-partition')
    const method = named(spans, 'phase method')
    const fault = named(spans, 'fault partition on cache')
    assert.deepEqual(new Set(spans.map(({ trace }) => trace)).size, 1)
    assert.deepEqual([run.parent, method.parent, fault.parent], [undefined, run.span, method.span])
    assert.deepEqual([run.from, run.to - BEGAN, method.from - BEGAN, method.to - BEGAN].map(Math.round), [BEGAN, AT.end + 60, AT.method, AT.recovery])
    assert.deepEqual([fault.from - BEGAN, fault.to - BEGAN].map(Math.round), [AT.armed - 5, AT.cleared])
    assert.deepEqual([fault.attributes['brownout.altered'], fault.attributes['brownout.matched'], fault.attributes['brownout.cleared'], fault.attributes['brownout.params']], [396, 412, 'deadline', '{"discard":false}'])
    assert.equal(fault.events.filter(({ name }) => name === 'stall').length, 12)
    assert.deepEqual([run.status, run.attributes['brownout.outcome'], run.attributes['brownout.seed']], ['ok', 'PASS', 42])
    assert.deepEqual(run.events.filter(({ name }) => name === 'expectation').map(({ attributes }) => attributes['brownout.outcome']), ['PASS', 'PASS', 'PASS'])
  })

  it('is an error with the reason where the run failed, and where it was cut short', () => {
    const failed = named(traced(outage({ outcome: 'FAIL' })), 'experiment checkout-redis-partition')
    assert.deepEqual([failed.status, failed.why], ['error', '1 of 3 expectations failed'])
    assert.equal(named(traced(outage({ outcome: 'INCONCLUSIVE' })), 'experiment checkout-redis-partition').status, 'unset')
    const tracer = new Tracer('session')
    const events = outage()
    const cut = events.findIndex(({ kind }) => kind === 'rule.armed') + 1
    for (const event of events.slice(0, cut)) tracer.hear(event)
    const rest = tracer.close(events[cut - 1]?.at ?? 0)
    assert.deepEqual(rest.map(({ name }) => name), ['fault partition on cache', 'phase method', 'experiment checkout-redis-partition'])
    assert.deepEqual([rest.at(-1)?.status, rest.at(-1)?.why], ['error', 'the run ended before its time'])
  })

  it('bears the id that the journal has, and else the same one each time it is read', () => {
    const trace = { id: '0af7651916cd43dd8448eb211c80319c', parent: 'b7ad6b7169203331' }
    const given = outage().map((event) => (event.kind === 'run.started' ? { ...event, trace } : event))
    const run = named(traced(given), 'experiment checkout-redis-partition')
    assert.deepEqual([run.trace, run.parent], [trace.id, trace.parent])
    const ids = (session?: string) => traced(outage(), session).map(({ trace: id, span }) => `${id} ${span}`)
    assert.deepEqual(ids(), ids())
    assert.notDeepEqual(ids(), ids('another'))
    for (const { trace: id, span } of traced(outage())) assert.ok(/^[0-9a-f]{32}$/.test(id) && /^[0-9a-f]{16}$/.test(span))
    assert.equal(new Set(traced(outage()).map(({ span }) => span)).size, 7)
  })

  it('is one trace a fault where there is no run, a change in place being no other', () => {
    const spans = traced(served([arming('a'), { ...arming('b'), fault: 'reset' } as EventBody, arming('a'), cleared('a', 10_500), cleared('b', 11_000), arming('a'), cleared('a', 13_000)]))
    assert.deepEqual(spans.map(({ name, from, to, parent }) => [name, from - BEGAN, to - BEGAN, parent]), [
      ['fault latency on cache', 0, 3500, undefined], ['fault reset on cache', 1000, 4000, undefined], ['fault latency on cache', 5000, 6000, undefined],
    ])
    assert.equal(new Set(spans.map(({ trace }) => trace)).size, 3)
    assert.deepEqual(spans[0]?.events.map(({ name }) => name), ['changed'])
  })

  it('keeps no more events of a fault than an SDK would, and counts the rest', () => {
    const altered: EventBody = { kind: 'altered', rule: 'a', session: 1, direction: 'to-client', did: 'delay', effectiveAt: ms(8000) }
    const [span] = traced(served([arming('a'), ...Array.from({ length: 200 }, () => altered), cleared('a', 300_000)]))
    assert.deepEqual([span?.events.length, span?.dropped], [128, 72])
  })
})

describe('traces over the wire', () => {
  it('reach a collector over HTTP as OTLP in JSON, with its headers, all spans once', async () => {
    const collector = await receiver()
    try {
      const otlp = readOtlp(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, OTEL_EXPORTER_OTLP_HEADERS: 'x-team=chaos%20team', OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop,deployment.environment=staging' }, '1.2.3')
      const said: string[] = []
      const outlets = new Outlets({ webhooks: [], grafana: undefined, otlp }, { session: 's', say: (text) => said.push(text) })
      for (const event of outage({ outcome: 'FAIL' })) outlets.hear(event)
      await outlets.close(ms(5000))
      assert.deepEqual(said, [])
      assert.ok(collector.received.every(({ method, path, headers }) => method === 'POST' && path === '/v1/traces' && headers['x-team'] === 'chaos team' && headers['content-type'] === 'application/json'))
      const groups = collector.received.flatMap(({ body }) => (body as Body).resourceSpans)
      const spans = groups.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
      assert.equal(spans.length, 7)
      assert.deepEqual(groups[0]?.resource.attributes.map(({ key, value }) => [key, value]), [['service.name', { stringValue: 'brownout' }], ['deployment.environment', { stringValue: 'staging' }], ['service.version', { stringValue: '1.2.3' }]])
      const run = spans.find(({ name }) => name.startsWith('experiment')) ?? assert.fail()
      assert.deepEqual(run.status, { code: 2, message: '1 of 3 expectations failed' })
      assert.equal(run.startTimeUnixNano, `${BEGAN}000000`)
      assert.deepEqual(run.attributes.find(({ key }) => key === 'brownout.seed')?.value, { intValue: '42' })
      assert.ok(spans.every(({ parentSpanId, spanId }) => parentSpanId === undefined || spans.some((one) => one.spanId === parentSpanId && spanId !== parentSpanId)))
    } finally {
      await collector.close()
    }
  })

  it('write 64-bit numbers as text and fractions as numbers', () => {
    const span: Span = { trace: 'a'.repeat(32), span: 'b'.repeat(16), name: 'x', from: 1.5, to: 2, attributes: { whole: 3, part: 0.5, yes: true }, events: [], dropped: 0, status: 'ok' }
    const body = otlpOf([span], {}) as Body
    assert.deepEqual(body.resourceSpans[0]?.scopeSpans[0]?.spans[0], {
      traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'x', kind: 1, startTimeUnixNano: '1500000', endTimeUnixNano: '2000000',
      attributes: [{ key: 'whole', value: { intValue: '3' } }, { key: 'part', value: { doubleValue: 0.5 } }, { key: 'yes', value: { boolValue: true } }], events: [], droppedEventsCount: 0, status: { code: 1 },
    })
  })

  it('are sent where the environment or the command line says, as with every SDK', () => {
    const urlOf = (asked: boolean | undefined, env: NodeJS.ProcessEnv) => readOtlp(asked, env, '1')?.url
    assert.equal(urlOf(undefined, {}), undefined)
    assert.equal(urlOf(true, {}), 'http://localhost:4318/v1/traces')
    assert.equal(urlOf(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }), 'http://c:4318/v1/traces')
    assert.equal(urlOf(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/as/is' }), 'http://t/as/is')
    assert.equal(urlOf(false, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }), undefined)
    assert.equal(urlOf(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'true' }), undefined)
    assert.equal(urlOf(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_TRACES_EXPORTER: 'none' }), undefined)
    assert.throws(() => urlOf(true, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), { code: 'USAGE', hint: /4318/ })
    assert.throws(() => urlOf(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }), { code: 'USAGE' })
    assert.equal(readOtlp(true, { OTEL_EXPORTER_OTLP_TIMEOUT: '500' }, '1')?.timeout, 500)
  })

  it('are part of the trace of who started the run, by TRACEPARENT', () => {
    const fresh = (): string => 'f'.repeat(32)
    assert.deepEqual(traceOf({ TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, fresh), { id: '0af7651916cd43dd8448eb211c80319c', parent: 'b7ad6b7169203331' })
    for (const wrong of [undefined, '', '00-00000000000000000000000000000000-b7ad6b7169203331-01', '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']) assert.deepEqual(traceOf({ TRACEPARENT: wrong }, fresh), { id: fresh() })
  })
})

interface Attribute { readonly key: string; readonly value: unknown }
interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string; readonly spanId: string; readonly parentSpanId?: string; readonly startTimeUnixNano: string; readonly status: unknown; readonly attributes: readonly Attribute[] }[] }[]
  }[]
}
