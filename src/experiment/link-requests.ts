/** What loads and probes have in common: addresses, commands for stores, and one kind of work at a time. */

import type { PostgresQuery, RedisCommand, Text } from '../load/spec.ts'
import { textOf } from './link-pieces.ts'
import { checkData, checkReferences, sampleOf, type Linking } from './linking.ts'
import type { LoadInput, ProbeInput } from './schema.ts'
import type { Path } from './tree.ts'
import { parseHostPort } from './upstream.ts'

type Check = 'http' | 'redis' | 'postgres' | 'tcp' | 'websocket'
const SCHEMES: Readonly<Record<Exclude<Check, 'tcp'>, readonly string[]>> = {
  http: ['http:', 'https:'], redis: ['redis:', 'rediss:', 'unix:'], postgres: ['postgres:', 'postgresql:'], websocket: ['ws:', 'wss:'],
}

export function storeRequest(linking: Linking, path: Path, input: LoadInput | ProbeInput, kind: 'redis' | 'postgres'): RedisCommand | PostgresQuery | undefined {
  const { reader } = linking
  const { url } = input
  if (url === undefined) return void reader.failKey('KEY_MISSING', path, `\`url\` is missing: where the ${kind} commands go`, `such as url: "\${targets.NAME.url}"`)
  if (!checkUrl(linking, [...path, 'url'], url, kind)) return undefined
  checkData(linking, [...path, 'url'], url, 'where a load goes is the same for all')
  const words = (key: 'redis' | 'params', all: readonly string[]): readonly Text[] => all.map((word) => {
    checkData(linking, [...path, key], word)
    return textOf(word, 'text')
  })
  const pipeline = 'pipeline' in input && input.pipeline !== undefined ? { pipeline: input.pipeline } : {}
  if (kind === 'postgres') {
    checkData(linking, [...path, 'postgres'], input.postgres ?? '', 'a statement is the same for all; values are its `params`')
    return { kind, url, sql: input.postgres ?? '', params: words('params', ('params' in input ? input.params ?? [] : []).map(String)), ...pipeline }
  }
  const command = typeof input.redis === 'string' ? input.redis.split(/\s+/).filter((word) => word !== '') : (input.redis ?? []).map(String)
  if (!command.length) return void reader.fail('VALUE_INVALID', [...path, 'redis'], 'redis: expected a command', 'write GET product:1, or a list where a word has spaces')
  return { kind, url, command: words('redis', command), ...pipeline }
}

/** Says what is wrong with a URL or HOST:PORT; references stand for something of their kind. */
export function checkUrl(linking: Linking, path: Path, text: string, kind: Check): boolean {
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

/** Headers in lower case, each looked at; a reference in one is checked by `check`. */
export function headersOf({ reader }: Linking, path: Path, headers: Readonly<Record<string, string | number | boolean>> | undefined, check: (path: Path, text: string) => void): readonly (readonly [string, string])[] {
  const written = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const)
  for (const [name, value] of written) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) reader.fail('VALUE_INVALID', [...path, 'headers'], `"${name}" is no header that can be sent`)
    check([...path, 'headers'], value)
  }
  return written
}

/** The one kind that is given, or undefined when there is none or more than one. */
export function oneKind<K extends string>({ reader }: Pick<Linking, 'reader'>, path: Path, input: object, kinds: readonly K[]): K | undefined {
  const given = kinds.filter((kind) => kind in input)
  if (given.length === 1) return given[0]
  const name = String(path.at(-1))
  reader.failKey('VALUE_INVALID', path, given.length ? `${name}: ${given.join(' and ')} cannot go together` : `${name}: nothing says what is to be done`, `give one of ${kinds.join(', ')}`)
  return undefined
}

export function refuseKeys({ reader }: Linking, path: Path, input: object, keys: readonly string[], kind: string): void {
  for (const key of keys) if (key in input) reader.failKey('KEY_UNKNOWN', [...path, key], `\`${key}\` means nothing with ${kind}`, 'take it out')
}
