/** Spans as a collector takes them: OTLP over HTTP, in JSON. (OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding") */

import { BrownoutError } from '../core/errors.ts'
import { decoded } from '../core/redact.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Attributes, Span } from './spans.ts'

export interface OtlpSettings {
  /** Of traces: ends in `/v1/traces` as a rule. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeout: Ms | undefined
  readonly resource: Attributes
}
/** The trace that a run is part of, and the span within it that it was started by. */
export interface TraceRef { readonly id: string; readonly parent?: string | undefined }

const DEFAULT_ENDPOINT = 'http://localhost:4318'
const STATUS = { unset: 0, ok: 1, error: 2 } as const
const KIND_INTERNAL = 1

/** What goes over the wire. */
export function otlpOf(spans: readonly Span[], resource: Attributes): unknown {
  return {
    resourceSpans: [{
      resource: { attributes: attributesOf(resource) },
      scopeSpans: [{ scope: { name: 'brownout' }, spans: spans.map(spanOf) }],
    }],
  }
}

const spanOf = ({ trace, span, parent, name, from, to, attributes, events, dropped, status, why }: Span): unknown => ({
  traceId: trace, spanId: span, ...(parent === undefined ? {} : { parentSpanId: parent }), name, kind: KIND_INTERNAL,
  startTimeUnixNano: nanos(from), endTimeUnixNano: nanos(to), attributes: attributesOf(attributes),
  events: events.map((event) => ({ timeUnixNano: nanos(event.at), name: event.name, attributes: attributesOf(event.attributes) })), droppedEventsCount: dropped,
  status: { code: STATUS[status], ...(why === undefined ? {} : { message: why }) },
})

const attributesOf = (attributes: Attributes): unknown => Object.entries(attributes).map(([key, value]) => ({ key, value: typed(value) }))

function typed(value: string | number | boolean): unknown {
  switch (typeof value) {
    case 'string': return { stringValue: value }
    case 'boolean': return { boolValue: value }
    default: return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
}

/** Of ms since 1970, to the microsecond: a double holds no more. 64-bit numbers are text in this encoding. */
const nanos = (time: number): string => String(BigInt(Math.round(time * 1000)) * 1000n)

/**
 * As every SDK reads its environment; undefined where traces are not wanted. `asked` is what the command line says: true, false (they are not, whatever
 * the environment says) or nothing. USAGE for what cannot be used.
 */
export function readOtlp(asked: boolean | undefined, env: NodeJS.ProcessEnv, version: string): OtlpSettings | undefined {
  const traces = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || undefined
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || undefined
  if (asked === false || (asked !== true && (traces === undefined && base === undefined))) return undefined
  if (asked !== true && (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none')) return undefined
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL']
  if (protocol === 'grpc') throw new BrownoutError('USAGE', { message: 'OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc, which is not spoken', hint: 'collectors take HTTP on port 4318: OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/json; --no-otel does without' })
  const url = traces ?? `${(base ?? DEFAULT_ENDPOINT).replace(/\/+$/, '')}/v1/traces`
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new BrownoutError('USAGE', { message: 'the endpoint for traces is no http or https URL', hint: 'OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4318' })
  const timeout = Number(env['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'] || env['OTEL_EXPORTER_OTLP_TIMEOUT'] || Number.NaN)
  return {
    url, timeout: timeout > 0 ? ms(timeout) : undefined,
    headers: { ...pairs(env['OTEL_EXPORTER_OTLP_HEADERS']), ...pairs(env['OTEL_EXPORTER_OTLP_TRACES_HEADERS']) },
    // Who we are is not told by the environment: it is that of the application as well.
    resource: { ...pairs(env['OTEL_RESOURCE_ATTRIBUTES']), 'service.name': 'brownout', 'service.version': version },
  }
}

/** `a=1,b=two%20words`. What is none is passed over. */
function pairs(text = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at > 0 ? [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const] : []
  }))
}

/** The trace of who started us, by its TRACEPARENT (W3C Trace Context), where there is one; else a new one. */
export function traceOf(env: NodeJS.ProcessEnv, fresh: () => string): TraceRef {
  const [, id, parent] = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/.exec(env['TRACEPARENT'] ?? '') ?? []
  return id === undefined ? { id: fresh() } : { id, parent }
}
