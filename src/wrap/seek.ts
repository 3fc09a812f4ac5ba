/** Finds dependencies in variables: URLs, the PG variables of libpq, and pairs of HOST and PORT. Pure. */

import { parseUpstream } from '../experiment/upstream.ts'
import { type Mention, type Moved, proxiedUrl, type Seen, verifies } from './mention.ts'
import { pairsIn } from './pairs.ts'
import { locate } from './schemes.ts'
import type { Variables } from './variables.ts'

export interface Found {
  /** All that could be wrapped, those that must be named included. The first that names a target gives it its name. */
  readonly mentions: readonly Mention[]
  /** Databases that cannot be wrapped as they are named. */
  readonly seen: readonly Seen[]
}

/** What a variable that holds an address is called by most; its value is told as seen where it stays. */
const SUFFIX = /_(URL|URI|DSN)$/i

export function seek(variables: Variables): Found {
  const urls = [...variables.values].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([variable, value]) => urlMention(variable, value))
  const found = [...urls, ...pgMention(variables), ...pairsIn(variables)]
  return { mentions: found.flatMap((one) => ('why' in one ? [] : [one])), seen: found.flatMap((one) => ('why' in one ? [one] : [])) }
}

/** `REDIS_URL` names the target `redis`, `SESSION_CACHE_URI` `session_cache`. Empty where nothing that could be a name is left. */
export const targetName = (variable: string): string =>
  variable.replace(SUFFIX, '').toLowerCase().replace(/[^a-z0-9_-]/g, '_').replace(/^[^a-z0-9]+/, '').slice(0, 60)

function urlMention(variable: string, value: string): readonly (Mention | Seen)[] {
  const located = locate(value)
  if (!located) return []
  if ('wrong' in located) return SUFFIX.test(variable) ? [{ variable, value, why: located.wrong }] : []
  const { at, protocol, dependency, spelt } = located
  return [{
    name: targetName(variable) || protocol, variables: [variable], at, protocol, dependency,
    rewritten: (moved) => ({ [variable]: spelt(proxiedUrl(at.url, moved)) }),
  }]
}

const PG = ['PGHOST', 'PGHOSTADDR', 'PGPORT'] as const

/** What libpq and node-pg take where they are told nothing. A socket's folder is moved like a host. (PostgreSQL 18, 32.15) */
function pgMention({ values }: Variables): readonly (Mention | Seen)[] {
  const set = PG.filter((name) => values.get(name))
  const host = values.get('PGHOSTADDR') || values.get('PGHOST')
  const [first] = set
  if (first === undefined) return []
  const port = values.get('PGPORT') || '5432'
  if (host === undefined || host === '') return [{ variable: first, value: port, why: 'PGHOST does not say whose port it is' }]
  const shown = `${host}:${port}`
  if (/,/.test(shown)) return [{ variable: first, value: shown, why: 'it names several servers' }]
  const [mode, root] = [values.get('PGSSLMODE') || undefined, values.get('PGSSLROOTCERT') || undefined]
  const at = parseUpstream(pgUrl(values, host, port, mode, root), 'postgres')
  if ('wrong' in at) return [{ variable: first, value: shown, why: at.wrong }]
  return [{ name: 'postgres', variables: set, at, protocol: 'postgres', dependency: true, rewritten: (moved) => pgRewritten(values, moved) }]
}

function pgUrl(values: ReadonlyMap<string, string>, host: string, port: string, mode: string | undefined, root: string | undefined): string {
  const part = (name: string): string => encodeURIComponent(values.get(name) ?? '')
  const user = part('PGUSER') && `${part('PGUSER')}${part('PGPASSWORD') && `:${part('PGPASSWORD')}`}@`
  const socket = host.startsWith('/')
  const query = new URLSearchParams({ ...(socket ? { host, port } : {}), ...(mode === undefined ? {} : { sslmode: mode }), ...(root === undefined ? {} : { sslrootcert: root }) })
  const where = socket ? '' : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `postgres://${user}${where}/${part('PGDATABASE')}${query.size > 0 ? `?${query.toString()}` : ''}`
}

function pgRewritten(values: ReadonlyMap<string, string>, { host, port, tls, authority }: Moved): Readonly<Record<string, string>> {
  const mode = values.get('PGSSLMODE')
  const moved = { PGHOST: host, PGPORT: String(port), ...(values.get('PGHOSTADDR') ? { PGHOSTADDR: host } : {}) }
  if (tls.upstream === 'off') return moved
  return {
    ...moved,
    ...(verifies(mode) && authority !== undefined ? { PGSSLROOTCERT: authority } : mode ? { PGSSLMODE: 'disable' } : {}),
  }
}
