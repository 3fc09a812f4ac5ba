/** Addresses as people write them, read strictly. */

import type { Protocol } from '../protocols/codec.ts'
import type { Address } from '../proxy/plane.ts'

/** Embedded servers. The replica follows the one `demo:postgres`; `postgres-replication` is the stream between the two. */
export type DemoKind = 'redis' | 'redis-cluster' | 'redis-cluster-replicas' | 'postgres' | 'postgres-replica' | 'postgres-replication'

export interface Upstream {
  readonly address: Address
  /** As the application would be given it, had it no proxy; host and port are replaced later. */
  readonly url: URL
  /** What the scheme says it speaks; undefined where it says nothing. */
  readonly protocol: Protocol | undefined
  /** The scheme asks for TLS. */
  readonly tls: boolean
  /** Stands for a server that is started for the run. */
  readonly demo?: DemoKind
  /** Stands for an application that the run starts, by its name: empty for the single one. */
  readonly app?: string
}
export interface Wrong { readonly wrong: string; readonly hint?: string }

interface Scheme { readonly protocol: Protocol | undefined; readonly port: number | undefined; readonly tls: boolean }
const SCHEMES: Readonly<Record<string, Scheme>> = {
  'redis:': { protocol: 'redis', port: 6379, tls: false },
  'rediss:': { protocol: 'redis', port: 6379, tls: true },
  'postgres:': { protocol: 'postgres', port: 5432, tls: false },
  'postgresql:': { protocol: 'postgres', port: 5432, tls: false },
  'http:': { protocol: 'http', port: 80, tls: false },
  'https:': { protocol: 'http', port: 443, tls: true },
  'ws:': { protocol: 'websocket', port: 80, tls: false },
  'wss:': { protocol: 'websocket', port: 443, tls: true },
  'tcp:': { protocol: undefined, port: undefined, tls: false },
}
const demoOf = (demo: DemoKind, protocol: Protocol, url: string): readonly [string, Upstream] =>
  [`demo:${demo}`, { demo, protocol, tls: false, address: { host: '127.0.0.1', port: 0 }, url: new URL(url) }]
const DEMO: ReadonlyMap<string, Upstream> = new Map([
  demoOf('redis', 'redis', 'redis://127.0.0.1:0'),
  demoOf('redis-cluster', 'redis', 'redis://127.0.0.1:0'),
  demoOf('redis-cluster-replicas', 'redis', 'redis://127.0.0.1:0'),
  demoOf('postgres', 'postgres', 'postgres://postgres@127.0.0.1:0/postgres'),
  demoOf('postgres-replica', 'postgres', 'postgres://postgres@127.0.0.1:0/postgres'),
  demoOf('postgres-replication', 'tcp', 'tcp://127.0.0.1:0'),
])

/** Reads `upstream:`. `protocol` is what the target is declared to speak: it gives `unix:/path` its scheme. Messages hold no password. */
export function parseUpstream(text: string, protocol: Protocol | undefined): Upstream | Wrong {
  const demo = DEMO.get(text)
  if (demo) return { ...demo, url: new URL(demo.url) }
  if (/^demo:\D/.test(text)) return { wrong: 'there is no such server', hint: `there are ${[...DEMO.keys()].join(', ')}` }
  const app = /^app(?::([a-z0-9][a-z0-9_-]{0,63}))?(\/[^\s#]*)?$/.exec(text)
  if (app) return { app: app[1] ?? '', address: { host: '127.0.0.1', port: 0 }, url: new URL(`${schemeOf(protocol)}://127.0.0.1:1${app[2] ?? ''}`), protocol, tls: false }
  const unix = /^(?:redis\+unix:(?:\/\/)?|unix:(?:\/\/)?)(\/[^?\0]*)(\?.*)?$/.exec(text)
  if (unix) return unixUpstream(unix[1] ?? '', unix[2] ?? '', text.startsWith('redis') ? 'redis' : protocol)
  if (!text.includes('://')) {
    const bare = parseHostPort(text)
    return 'wrong' in bare ? { wrong: 'this is no address of a dependency' } : { address: bare, url: new URL(`tcp://${text}`), protocol: undefined, tls: false }
  }
  const name = text.slice(0, text.indexOf(':') + 1).toLowerCase()
  const scheme = SCHEMES[name]
  if (!scheme) return { wrong: `the scheme ${name}// is not known` }
  if (!URL.canParse(text)) return { wrong: 'this is no URL', hint: 'percent-encode special characters of a user or password: @ is %40, / is %2F' }
  const url = new URL(text)
  const socket = scheme.protocol === 'postgres' && url.hostname === '' ? url.searchParams.get('host') : null
  if (socket?.startsWith('/')) return socketUpstream(url, socket)
  if (url.hostname === '') return { wrong: 'the URL names no host' }
  const port = url.port === '' ? scheme.port : Number(url.port)
  if (port === undefined) return { wrong: 'the URL names no port', hint: 'write tcp://host:port' }
  if (port === 0) return { wrong: 'the port 0 cannot be reached' }
  return { address: { host: unbracketed(decodeURIComponent(url.hostname)), port }, url, protocol: scheme.protocol, tls: scheme.tls }
}

function unixUpstream(path: string, query: string, protocol: Protocol | undefined): Upstream {
  return { address: { path }, url: new URL(`${schemeOf(protocol)}://127.0.0.1${query}`), protocol, tls: false }
}

const schemeOf = (protocol: Protocol | undefined): string => (protocol === 'websocket' ? 'ws' : protocol ?? 'tcp')

/** libpq's form: `postgres:///db?host=/run/postgresql`, a folder that holds `.s.PGSQL.PORT`. */
function socketUpstream(url: URL, folder: string): Upstream {
  const path = `${folder.replace(/\/$/, '')}/.s.PGSQL.${url.searchParams.get('port') ?? '5432'}`
  const rest = new URLSearchParams([...url.searchParams].filter(([name]) => name !== 'host' && name !== 'port')).toString()
  return { address: { path }, url: new URL(`postgres://127.0.0.1${url.pathname}${rest ? `?${rest}` : ''}`), protocol: 'postgres', tls: false }
}

/** `127.0.0.1:6379`, `[::1]:6379`, `db.internal:5432`. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | Wrong {
  const found = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text)
  const port = Number(found?.[2])
  if (!found || port > 65_535) return { wrong: 'expected HOST:PORT, an IPv6 address in brackets' }
  return { host: unbracketed(found[1] ?? ''), port }
}

/** `listen:`: HOST:PORT, port 0 for a free one, or `unix:/path`. */
export function parseListen(text: string): Address | Wrong {
  const unix = /^unix:(?:\/\/)?(\/[^\0]*)$/.exec(text)
  return unix ? { path: unix[1] ?? '' } : parseHostPort(text)
}

const unbracketed = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host)
