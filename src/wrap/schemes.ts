/** What the scheme of a URL says of who is behind it: a database or cache, which is wrapped by itself, or anything else. Pure. */

import { parseUpstream, type Upstream } from '../experiment/upstream.ts'
import type { Protocol } from '../protocols/codec.ts'

interface Scheme {
  /** As a target's `upstream:` spells it. */
  readonly as: string
  /** Where the URL names none. */
  readonly port?: number | undefined
}

/** Databases and caches. Those that speak a protocol of their own are wrapped as plain TCP. */
const DEPENDENCIES: Readonly<Record<string, Scheme>> = {
  redis: { as: 'redis' }, rediss: { as: 'rediss' }, valkey: { as: 'redis' }, valkeys: { as: 'rediss' },
  postgres: { as: 'postgres' }, postgresql: { as: 'postgres' }, postgis: { as: 'postgres' }, pgsql: { as: 'postgres' }, cockroachdb: { as: 'postgres', port: 26_257 },
  mysql: { as: 'tcp', port: 3306 }, mysql2: { as: 'tcp', port: 3306 }, mariadb: { as: 'tcp', port: 3306 }, memcached: { as: 'tcp', port: 11_211 },
}
/** Wrapped only when they are named. */
const WEB: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss'])

export interface Located {
  /** With user, password, path and query of the value; its scheme is one that targets know. */
  readonly at: Upstream
  readonly protocol: Protocol
  /** A database or cache. */
  readonly dependency: boolean
  /** The value with that URL in place of its own: its prefix, scheme and driver are kept, and an S for TLS comes and goes with that of the URL. */
  spelt(url: string): string
}

/** `jdbc:`, the scheme, a driver (`+asyncpg`), the rest. */
const VALUE = /^(jdbc:)?([a-z][a-z0-9.-]*)(\+[a-z0-9_]+)?:\/\/(\S+)$/i

/** Undefined of what is no URL at all; `wrong` of one that leads to no single server. */
export function locate(value: string): Located | { readonly wrong: string } | undefined {
  const [, prefix = '', written = '', driver = '', rest = ''] = VALUE.exec(value) ?? []
  if (rest === '') return undefined
  const scheme = written.toLowerCase()
  const known: Scheme | undefined = Object.hasOwn(DEPENDENCIES, scheme) ? DEPENDENCIES[scheme] : undefined
  const as = known?.as ?? (WEB.has(scheme) ? scheme : 'tcp')
  // A comma in the place of host and port: several servers, of which a driver picks one.
  if (/^[^/?#]*,/.test(rest.slice(rest.lastIndexOf('@', rest.search(/[/?#]|$/)) + 1))) return { wrong: 'it names several servers' }
  const upstream = parseUpstream(driver === '+unix' ? `${as}+unix://${rest}` : withPort(`${as}://${rest}`, known?.port), undefined)
  if ('wrong' in upstream) return { wrong: upstream.wrong }
  return {
    at: upstream, protocol: upstream.protocol ?? 'tcp', dependency: known !== undefined,
    spelt(url) {
      const now = url.slice(0, url.indexOf(':'))
      // As `rediss` became `redis`, `valkeys` becomes `valkey`.
      const own = now === as ? written : now.length < as.length ? written.slice(0, -1) : `${written}s`
      return `${prefix}${own}${driver === '+unix' ? '' : driver}${url.slice(url.indexOf(':'))}`
    },
  }
}

/** Those that are told by no scheme of ours have ports of their own. */
function withPort(text: string, port: number | undefined): string {
  if (port === undefined || !URL.canParse(text) || new URL(text).port !== '') return text
  return text.replace(/^([^/]*\/\/[^/?#]*)/, `$1:${port}`)
}
