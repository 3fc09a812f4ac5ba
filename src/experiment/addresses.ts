/** Puts in what is known only once the listeners are open: `${targets.cache.url}`, `${app.port}` and their like. */

import { BrownoutError } from '../core/errors.ts'
import type { Address, OpenTarget, TlsOptions } from '../proxy/plane.ts'
import type { PlannedTarget } from './plan.ts'
import { partsOf, type LateReference } from './references.ts'
import { isMap } from './tree.ts'
import { parseHostPort } from './upstream.ts'

export interface ProxiedAddress { readonly url: string; readonly host: string; readonly port: number }
/** What each reference stands for. */
export interface Addresses {
  /** By target. */
  readonly targets: ReadonlyMap<string, ProxiedAddress>
  /** Ports by app; the single app's name is empty. */
  readonly ports: ReadonlyMap<string, number>
}

/** The addresses as one app sees them: `from` names it, and a target's listener of that name is its own. Load and probes have no `from`. */
export function addressesOf(targets: readonly PlannedTarget[], open: readonly OpenTarget[], ports: ReadonlyMap<string, number>, from?: string): Addresses {
  const found = targets.flatMap((target): readonly (readonly [string, ProxiedAddress])[] => {
    const listeners = open.find(({ name }) => name === target.spec.name)?.listen ?? []
    const own = listeners.find((one) => from !== undefined && from !== '' && one.from === from) ?? listeners.find((one) => one.from === undefined) ?? listeners[0]
    return own ? [[target.spec.name, proxiedAddress(target, own.address)]] : []
  })
  return { targets: new Map(found), ports }
}

interface Proxied { readonly url: URL; readonly spec: { readonly tls: Pick<TlsOptions, 'client' | 'upstream'> } }

/** The upstream's URL with the proxy's host and port: user, password, database and query are kept. It asks for TLS where the application is to speak it. */
export function proxiedAddress({ url, spec: { tls } }: Proxied, address: Address): ProxiedAddress {
  if ('path' in address) return { url: `unix:${address.path}`, host: address.path, port: 0 }
  const { host, port } = address
  // Put together as text: a URL's scheme, host and port can be set only where its scheme is a special one.
  const user = /^[^/]*\/\/([^/?#]*@)?/.exec(url.href)?.[1] ?? ''
  const bracketed = host.includes(':') ? `[${host}]` : host
  const rest = `${searchFor(url, tls)}${url.hash}`
  // URL writes a path where there was none; `${targets.api.url}/orders` is to have one slash.
  const path = url.pathname === '/' && rest === '' ? '' : url.pathname
  return { url: `${schemeFor(url.protocol, tls)}//${user}${bracketed}:${port}${path}${rest}`, host, port }
}

/** Where a Postgres URL says how TLS is to be, and the proxy speaks it on a side: what holds between application and proxy. */
function searchFor({ protocol, search, searchParams }: URL, { client, upstream }: Proxied['spec']['tls']): string {
  if (!/^postgres(ql)?:$/.test(protocol) || (client === 'passthrough' && upstream === 'off')) return search
  // A login cannot be bound to a TLS that ends half-way.
  const kept = [...searchParams].filter(([name, value]) => !name.startsWith('ssl') && (name !== 'channel_binding' || value === 'disable'))
  return `?${new URLSearchParams([...kept, ['sslmode', client === 'terminate' ? 'require' : 'disable']]).toString()}`
}

function schemeFor(scheme: string, tls: Proxied['spec']['tls']): string {
  if (tls.client === 'terminate') return { 'redis:': 'rediss:', 'http:': 'https:', 'ws:': 'wss:' }[scheme] ?? scheme
  // Where the proxy speaks TLS to the server, the application need not.
  return tls.upstream === 'require' ? { 'rediss:': 'redis:', 'https:': 'http:', 'wss:': 'ws:' }[scheme] ?? scheme : scheme
}

/** `text` with every reference put in. VARIABLE_UNKNOWN where one leads to nothing, which the loader has ruled out. */
export function resolveTargets(text: string, addresses: Addresses): string {
  if (!text.includes('${')) return text
  return partsOf(text).map((part, index, parts) => {
    if (typeof part === 'string') return part
    const value = part.kind === 'late' ? standsFor(part, addresses) : undefined
    if (value === undefined) throw new BrownoutError('VARIABLE_UNKNOWN', { message: `\${${'text' in part ? part.text : part.kind}} stands for nothing` })
    const next = parts[index + 1]
    // In HOST:PORT an IPv6 address needs its brackets.
    const bracketed = part.kind === 'late' && part.what === 'host' && value.includes(':') && typeof next === 'string' && next.startsWith(':')
    return bracketed ? `[${value}]` : value
  }).join('')
}

/** A copy of plain data (an app, loads, probes) with every reference in its texts put in; a tcp probe gets its host and port. */
export function withAddresses<T>(value: T, addresses: Addresses): T {
  const put = (one: unknown): unknown => {
    if (typeof one === 'string') return resolveTargets(one, addresses)
    if (Array.isArray(one)) return one.map(put)
    if (!isMap(one)) return one
    const { unresolved, ...rest } = one
    const copy = Object.fromEntries(Object.entries(rest).map(([key, child]) => [key, put(child)]))
    return typeof unresolved === 'string' ? { ...copy, ...hostPort(resolveTargets(unresolved, addresses)) } : copy
  }
  // The shape is kept: only texts are changed.
  return put(value) as T
}

function hostPort(text: string): { readonly host: string; readonly port: number } {
  const at = parseHostPort(text)
  if ('wrong' in at) throw new BrownoutError('VALUE_INVALID', { message: `${text}: ${at.wrong}` })
  return at
}

const standsFor = ({ of, name, what }: LateReference, { targets, ports }: Addresses): string | undefined =>
  (of === 'app' ? ports.get(name) : targets.get(name)?.[what])?.toString()
