/** Whom and what a rule concerns: connections by what is known of them, messages by their facets. */

import { BlockList, isIP } from 'node:net'
import { RE2JS } from 're2js'
import type { AnyFault } from './fault.ts'
import type { Protocol } from './protocols/codec.ts'
import { fingerprint } from './protocols/postgres/fingerprint.ts'
import type { Wanted, Where } from './rule.ts'

/** What is known of a connection before its first byte. `to` is where it came to, `node` the server it leads to of a target that is several, both `HOST:PORT`. */
export interface Facets { readonly client: string; readonly from?: string | undefined; readonly to?: string | undefined; readonly node?: string | undefined }

/** A predicate for `where`'s `client`, `from` and `node`; absent ones match everything. An address that is none matches nothing. */
export function matcher(where: Where | undefined): (facets: Facets) => boolean {
  const { client, from, node } = where ?? {}
  const blocks = client === undefined ? undefined : blockList(client)
  return (facets) =>
    (from === undefined || facets.from === from) &&
    (node === undefined || isAmong(node, facets.node)) &&
    (blocks === undefined || blocks.check(unmapped(facets.client), isIP(unmapped(facets.client)) === 6 ? 'ipv6' : 'ipv4'))
}

/**
 * How a facet is compared. text: whole, or with `*` for any number of characters and `?` for one, or a regular expression between
 * slashes; word: the same, whatever the capitals; sql: a regular expression, or a statement, which matches all of its fingerprint.
 */
type Comparison = 'text' | 'word' | 'sql' | 'number' | 'flag'
type Compared = Readonly<Record<string, Comparison>>

/** One connection may speak both: HTTP, and then WebSocket. */
const WEB: Compared = {
  method: 'word', path: 'text', route: 'text', query: 'text', host: 'word', status: 'number',
  opcode: 'word', text: 'text', size: 'number', close_code: 'number', compressed: 'flag',
}
const HANDSHAKE: readonly string[] = ['path', 'route', 'query', 'host']

/** What `where` may name of messages, by protocol. */
export const FACETS: Readonly<Record<Protocol, Compared>> = {
  tcp: {},
  redis: { command: 'word', key: 'text', db: 'number', client_name: 'text', channel: 'text' },
  postgres: { sql: 'sql', tag: 'word', table: 'text', phase: 'word', in_transaction: 'flag', application: 'text', database: 'text', user: 'text', channel: 'text' },
  http: WEB,
  websocket: WEB,
}
/** Of those, what is known of a session as a whole; of HTTP once it has become a WebSocket. */
const OF_SESSION: Readonly<Record<Protocol, readonly string[]>> = {
  tcp: [], redis: ['db', 'client_name'], postgres: ['application', 'database', 'user', 'in_transaction'], http: HANDSHAKE, websocket: HANDSHAKE,
}
/** `header.NAME`: the value of a field. */
const HEADER = 'header.'
const comparisonOf = (protocol: Protocol, name: string): Comparison | undefined => (name.startsWith(HEADER) && FACETS[protocol] === WEB ? 'text' : FACETS[protocol][name])
const COMPARISONS: Compared = Object.assign({}, ...Object.values(FACETS))
/** What `where` may name of a connection, `node` only on a target of several servers. */
const OF_CONNECTION: readonly string[] = ['client', 'from', 'node']
/** `/…/` or `/…/i`. */
const REGEX = /^\/(.*)\/(i?)$/s

interface Problem { readonly problem: string; readonly hint?: string }

/** A predicate for the facets of messages that `where` names: every one must be there and match. Regular expressions take linear time. */
export function messageMatcher(where: Where | undefined): (facets: object) => boolean {
  const tests = Object.entries(where ?? {}).flatMap(([name, wanted]) => (OF_CONNECTION.includes(name) || wanted === undefined ? [] : [testOf(name, wanted)]))
  return (facets) => tests.every((test) => test(facets))
}

/** A predicate for those of a session, for a rule whose fault acts on sessions; what `where` names of messages is passed over. */
export const sessionMatcher = (where: Where | undefined): ((session: object) => boolean) =>
  messageMatcher(Object.fromEntries(Object.entries(where ?? {}).filter(([name]) => name.startsWith(HEADER) || Object.values(OF_SESSION).some((names) => names.includes(name)))))

/** What a rule with that fault can tell apart: messages, sessions of its protocol, or connections, of which nothing but `client` and `from` is known. */
export const tellsApart = ({ on, protocols }: Pick<AnyFault, 'on' | 'protocols'>): 'messages' | 'sessions' | 'connections' =>
  on.includes('message') ? 'messages' : protocols.length > 0 && on.includes('tick') ? 'sessions' : 'connections'

/** What is wrong with a `where.node`; `several`: the target is more than one server. */
export function nodeProblem(wanted: Wanted, several: boolean): Problem | undefined {
  if (!several) return { problem: 'node: the target is one server', hint: '`cluster: true` makes it several' }
  const values = listOf(wanted)
  if (values.length > 0 && values.every((one) => typeof one === 'string' && /.:\d{1,5}$/.test(one))) return undefined
  return { problem: 'node: expected HOST:PORT, as the servers tell it', hint: 'CLUSTER NODES lists them; an IPv6 address stands in brackets' }
}

/** What is wrong with one entry of a `where` on a target of that protocol; undefined where nothing is. */
export function facetProblem(name: string, wanted: Wanted, protocol: Protocol, of: 'messages' | 'sessions' = 'messages'): Problem | undefined {
  const comparison = comparisonOf(protocol, name)
  const names = of === 'messages' ? Object.keys(FACETS[protocol]) : OF_SESSION[protocol]
  if (comparison === undefined || !(names.includes(name) || name.startsWith(HEADER))) {
    const known = ['client', 'from', ...names, ...(FACETS[protocol] === WEB ? [`${HEADER}NAME`] : [])]
    return { problem: `${name}: nothing of that name is known of ${of === 'messages' ? protocol : `a session of ${protocol}`}`, hint: `known are ${known.join(', ')}` }
  }
  const values = listOf(wanted)
  if (values.length === 0) return { problem: `${name}: an empty list matches nothing` }
  for (const value of values) {
    if (comparison === 'flag' && typeof value !== 'boolean') return { problem: `${name}: expected true or false` }
    if (comparison === 'number' && !(typeof value === 'number' && Number.isInteger(value) && value >= 0)) return { problem: `${name}: expected a whole number` }
    if (comparison === 'flag' || comparison === 'number') continue
    if (typeof value !== 'string') return { problem: `${name}: expected text`, hint: 'put quotes around it' }
    const problem = regexProblem(value)
    if (problem !== undefined) return { problem: `${name}: ${problem}`, hint: 'regular expressions are RE2\'s: no look-around, no back references' }
  }
  return undefined
}

function regexProblem(text: string): string | undefined {
  const [, source] = REGEX.exec(text) ?? []
  if (source === undefined) return undefined
  try {
    RE2JS.compile(source)
    return undefined
  } catch (cause) {
    return `no regular expression: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

function testOf(name: string, wanted: Wanted): (facets: object) => boolean {
  const tests = listOf(wanted).map((one) => valueTest(COMPARISONS[name] ?? 'text', one))
  const among = (value: unknown): boolean => value !== undefined && tests.some((test) => test(value))
  // A command may have many keys: one that matches is enough.
  if (name === 'key') return (facets) => ('keys' in facets && typeof facets.keys === 'function' ? (facets.keys() as readonly string[]) : []).some(among)
  if (name === 'sql') return (facets) => among('sql' in facets && facets.sql !== undefined ? facets : undefined)
  if (name.startsWith(HEADER)) {
    const field = name.slice(HEADER.length)
    return (facets) => among('header' in facets && typeof facets.header === 'function' ? facets.header(field) : undefined)
  }
  return (facets) => among((facets as Readonly<Record<string, unknown>>)[name])
}

function valueTest(comparison: Comparison, wanted: string | number | boolean): (value: unknown) => boolean {
  if (typeof wanted !== 'string') return (value) => value === wanted
  const [, source, flags] = REGEX.exec(wanted) ?? []
  if (source !== undefined) {
    const regex = RE2JS.compile(source, flags === 'i' || comparison === 'word' ? RE2JS.CASE_INSENSITIVE : 0)
    return comparison === 'sql' ? (facets) => regex.test(String((facets as { sql: unknown }).sql)) : (value) => regex.test(String(value))
  }
  if (comparison === 'sql') {
    const same = fingerprint(Buffer.from(wanted))
    return (facets) => (facets as { fingerprint: unknown }).fingerprint === same
  }
  const folded = comparison === 'word' ? wanted.toUpperCase() : wanted
  const fold = comparison === 'word' ? (value: unknown): string => String(value).toUpperCase() : String
  if (!/[*?]/.test(wanted)) return (value) => fold(value) === folded
  const glob = RE2JS.compile(`^(?s:${folded.split(/([*?])/).map((piece) => (piece === '*' ? '.*' : piece === '?' ? '.' : RE2JS.quote(piece))).join('')})$`)
  return (value) => glob.test(fold(value))
}

/** How a text must begin to match `wanted`, and whether that is all of it; undefined where nothing is known of it. */
export function beginningOf(wanted: string | number | boolean): { readonly bytes: Buffer; readonly whole: boolean } | undefined {
  // What is no UTF-8 is compared as U+FFFD: its bytes are others.
  if (typeof wanted !== 'string' || REGEX.test(wanted) || wanted.includes('\ufffd')) return undefined
  const [literal = ''] = wanted.split(/[*?]/, 1)
  return { bytes: Buffer.from(literal), whole: literal.length === wanted.length }
}

const listOf = (wanted: Wanted): readonly (string | number | boolean)[] => (typeof wanted === 'object' ? wanted : [wanted])

/** Whether a connection that leads to `node` is meant by a `where.node`. */
export const isAmong = (wanted: Wanted, node: string | undefined): boolean => node !== undefined && listOf(wanted).includes(node)

/** True where `text` is an address or a CIDR block. */
export function isClientPattern(text: string): boolean {
  const [address = '', prefix] = text.split('/')
  const family = isIP(address)
  return family !== 0 && (prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)))
}

function blockList(client: string): BlockList {
  const list = new BlockList()
  if (!isClientPattern(client)) return list
  const [address = '', prefix] = client.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (prefix === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(prefix), family)
  return list
}

/** A dual-stack listener sees IPv4 clients as ::ffff:a.b.c.d. */
export const unmapped = (address: string): string => (address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address)
