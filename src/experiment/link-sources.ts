/** Apps, loads and probes: what is started, what is sent and what is read. */

import type { HttpRequest, LoadSpec, PostgresQuery, RedisCommand } from '../load/spec.ts'
import type { ProbeCheck, ProbeSpec } from '../probes/spec.ts'
import { ms } from '../core/units.ts'
import { checkReferences, fromFile, sampleOf, type Linking } from './linking.ts'
import type { AppSpec } from './plan.ts'
import { quoteHint, type Named } from './read.ts'
import type { AppInput, LoadInput, ProbeInput } from './schema.ts'
import { valueAt, type Path } from './tree.ts'
import { parseHostPort } from './upstream.ts'

const READY_WITHIN = ms(15_000)
const LOAD_TIMEOUT = ms(5_000)
const PROBE_TIMEOUT = ms(5_000)
const PROBE_EVERY = ms(1_000)
const CONNECTIONS = 10
/** Twice what a system that answers nothing leaves under way, so that its stall is never taken for the generator's. */
const IN_FLIGHT_OF_STALL = 2
const IN_FLIGHT_LEAST = 100
const LOAD_KINDS = ['http', 'redis', 'postgres'] as const
const PROBE_KINDS = ['http', 'tcp', 'redis', 'postgres', 'command'] as const

type Check = 'http' | 'redis' | 'postgres' | 'tcp'
const SCHEMES: Readonly<Record<Exclude<Check, 'tcp'>, readonly string[]>> = { http: ['http:', 'https:'], redis: ['redis:', 'rediss:', 'unix:'], postgres: ['postgres:', 'postgresql:'] }

export function linkApp(linking: Linking, { name, path, input }: Named<AppInput>): AppSpec | undefined {
  if (!input) return undefined
  const { reader, cwd } = linking
  const own = (text: string): string => (name === '' ? text : text.replaceAll(`\${app.port}`, `\${apps.${name}.port}`))
  const resolved = (key: Path, text: string): string => {
    checkReferences(linking, [...path, ...key], own(text))
    return own(text)
  }
  const env = Object.entries(input.env ?? {}).map(([key, value]) => {
    const entry = reader.entry([...path, 'env', key])
    if (typeof value === 'number' && entry.written !== undefined) reader.fail('VALUE_INVALID', [...path, 'env', key], `${key}: expected text`, quoteHint(value, entry))
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) reader.failKey('NAME_INVALID', [...path, 'env', key], `"${key}" is no name of a variable`, 'letters, digits and underscores, no digit first')
    return [key, resolved(['env', key], String(value))] as const
  })
  const { http, tcp, within } = input.ready ?? {}
  if (input.ready && (http === undefined) === (tcp === undefined)) reader.fail('VALUE_INVALID', [...path, 'ready'], 'ready: give one of `http` and `tcp`')
  if (http !== undefined) checkUrl(linking, [...path, 'ready', 'http'], own(http), 'http')
  if (tcp !== undefined) checkUrl(linking, [...path, 'ready', 'tcp'], own(tcp), 'tcp')
  return {
    name, command: input.command.map((word, index) => resolved(['command', index], word)), env: Object.fromEntries(env),
    cwd: input.cwd === undefined ? cwd : fromFile(linking, [...path, 'cwd'], input.cwd),
    ...(input.ready ? { ready: { http: http && own(http), tcp: tcp && own(tcp), within: within ?? READY_WITHIN } } : {}),
  }
}

export function linkLoad(linking: Linking, { name, path, input }: Named<LoadInput>): LoadSpec | undefined {
  if (!input) return undefined
  const { reader } = linking
  const kind = oneKind(linking, path, input, LOAD_KINDS)
  if (!kind) return undefined
  const misplaced = { http: ['url', 'params', 'connections'], redis: ['headers', 'json', 'body', 'ok', 'params'], postgres: ['headers', 'json', 'body', 'ok'] }[kind]
  refuseKeys(linking, path, input, misplaced, kind)
  const timeout = input.timeout ?? LOAD_TIMEOUT
  const send = kind === 'http' ? httpRequest(linking, path, input) : storeRequest(linking, path, input, kind)
  const ok = input.ok ?? '2xx'
  if (!/^([1-5]xx|[1-5]\d\d)(\s*,\s*([1-5]xx|[1-5]\d\d))*$/.test(ok)) reader.fail('VALUE_INVALID', [...path, 'ok'], `ok: expected statuses, not "${ok}"`, 'write 2xx, 200, or 2xx,404')
  if (!send) return undefined
  const stalled = Math.ceil(IN_FLIGHT_OF_STALL * input.rate * (timeout / 1000))
  return { name, send, rate: input.rate, timeout, ok: ok.replaceAll(/\s/g, ''), inFlightMax: input.in_flight ?? Math.max(IN_FLIGHT_LEAST, stalled), connections: input.connections ?? CONNECTIONS }
}

export function linkProbe(linking: Linking, { name, path, input }: Named<ProbeInput>): ProbeSpec | undefined {
  if (!input) return undefined
  const { reader } = linking
  const kind = oneKind(linking, path, input, PROBE_KINDS)
  if (!kind) return undefined
  if (kind !== 'redis' && kind !== 'postgres') refuseKeys(linking, path, input, ['url'], kind)
  if (input.at !== undefined && input.every !== undefined) reader.fail('VALUE_INVALID', path, `${name}: give either \`at\` or \`every\``)
  const check = probeCheck(linking, path, input, kind)
  return check && { name, check, when: input.at === undefined ? { every: input.every ?? PROBE_EVERY } : { at: input.at }, timeout: input.timeout ?? PROBE_TIMEOUT }
}

function probeCheck(linking: Linking, path: Path, input: ProbeInput, kind: (typeof PROBE_KINDS)[number]): ProbeCheck | undefined {
  switch (kind) {
    case 'http': return checkUrl(linking, [...path, 'http'], input.http ?? '', 'http') ? { kind, url: input.http ?? '' } : undefined
    case 'tcp': {
      const text = input.tcp ?? ''
      if (!checkUrl(linking, [...path, 'tcp'], text, 'tcp')) return undefined
      const at = parseHostPort(text)
      return 'wrong' in at ? { kind, host: '', port: 0, unresolved: text } : { kind, ...at }
    }
    case 'command': {
      const argv = input.command ?? []
      argv.forEach((word, index) => { checkReferences(linking, [...path, 'command', index], word) })
      return { kind, argv }
    }
    default: {
      const request = storeRequest(linking, path, input, kind)
      if (!request) return undefined
      return request.kind === 'redis' ? { kind: 'redis', url: request.url, command: request.command } : { kind: 'postgres', url: request.url, sql: request.sql }
    }
  }
}

function httpRequest(linking: Linking, path: Path, input: LoadInput): HttpRequest | undefined {
  const { reader } = linking
  const found = /^(?:([A-Z]{3,10})\s+)?(\S+)$/.exec(input.http ?? '')
  if (!found) return void reader.fail('VALUE_INVALID', [...path, 'http'], `http: expected METHOD URL, not "${input.http ?? ''}"`, 'write POST http://127.0.0.1:3000/checkout')
  const url = found[2] ?? ''
  if (!checkUrl(linking, [...path, 'http'], url, 'http')) return undefined
  if (input.json !== undefined && input.body !== undefined) reader.fail('VALUE_INVALID', [...path, 'body'], 'body: there is `json` already')
  const written = Object.entries(input.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const)
  for (const [name, value] of written) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) reader.fail('VALUE_INVALID', [...path, 'headers'], `"${name}" is no header that can be sent`)
    checkReferences(linking, [...path, 'headers'], value)
  }
  const headers = { ...(input.json === undefined ? {} : { 'content-type': 'application/json' }), ...Object.fromEntries(written) }
  const body = input.json === undefined ? input.body : JSON.stringify(valueAt(reader.root, [...path, 'json']))
  if (body !== undefined) checkReferences(linking, [...path, input.json === undefined ? 'body' : 'json'], body)
  return { kind: 'http', method: found[1] ?? 'GET', url, headers, ...(body === undefined ? {} : { body }) }
}

function storeRequest(linking: Linking, path: Path, input: LoadInput | ProbeInput, kind: 'redis' | 'postgres'): RedisCommand | PostgresQuery | undefined {
  const { reader } = linking
  const { url } = input
  if (url === undefined) return void reader.failKey('KEY_MISSING', path, `\`url\` is missing: where the ${kind} commands go`, `such as url: "\${targets.NAME.url}"`)
  if (!checkUrl(linking, [...path, 'url'], url, kind)) return undefined
  if (kind === 'postgres') return { kind, url, sql: input.postgres ?? '', params: ('params' in input ? input.params ?? [] : []).map(String) }
  const command = typeof input.redis === 'string' ? input.redis.split(/\s+/).filter((word) => word !== '') : (input.redis ?? []).map(String)
  if (!command.length) return void reader.fail('VALUE_INVALID', [...path, 'redis'], 'redis: expected a command', 'write GET product:1, or a list where a word has spaces')
  return { kind, url, command }
}

/** Says what is wrong with a URL or HOST:PORT; references stand for something of their kind. */
function checkUrl(linking: Linking, path: Path, text: string, kind: Check): boolean {
  checkReferences(linking, path, text)
  const sample = sampleOf(linking, text)
  if (kind === 'tcp') {
    const at = parseHostPort(sample)
    if ('wrong' in at) linking.reader.fail('VALUE_INVALID', path, `tcp: ${at.wrong}`)
    return !('wrong' in at)
  }
  const url = URL.canParse(sample) ? new URL(sample) : undefined
  if (url && SCHEMES[kind].includes(url.protocol)) return true
  linking.reader.fail('VALUE_INVALID', path, `expected a URL of ${SCHEMES[kind].slice(0, 2).map((scheme) => `${scheme}//`).join(' or ')}`)
  return false
}

/** The one kind that is given, or undefined when there is none or more than one. */
function oneKind<K extends string>({ reader }: Linking, path: Path, input: object, kinds: readonly K[]): K | undefined {
  const given = kinds.filter((kind) => kind in input)
  if (given.length === 1) return given[0]
  const name = String(path.at(-1))
  reader.failKey('VALUE_INVALID', path, given.length ? `${name}: ${given.join(' and ')} cannot go together` : `${name}: nothing says what is to be done`, `give one of ${kinds.join(', ')}`)
  return undefined
}

function refuseKeys({ reader }: Linking, path: Path, input: object, keys: readonly string[], kind: string): void {
  for (const key of keys) if (key in input) reader.failKey('KEY_UNKNOWN', [...path, key], `\`${key}\` means nothing with ${kind}`, 'take it out')
}
