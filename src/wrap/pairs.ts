/** Dependencies that are named by two variables, NAME_HOST and NAME_PORT: `REDIS_HOST`, `DB_HOST`. Pure. */

import { parseUpstream } from '../experiment/upstream.ts'
import type { Protocol } from '../protocols/codec.ts'
import type { Mention, Seen } from './mention.ts'
import type { Variables } from './variables.ts'

/** By the words of a name. */
const WORDS: readonly (readonly [RegExp, Protocol])[] = [
  [/(^|_)(redis|valkey|keydb)(_|$)/, 'redis'],
  [/(^|_)(postgres|postgresql|pgsql|pg|pgbouncer|timescale)(_|$)/, 'postgres'],
  [/(^|_)(mysql|mariadb|memcached|memcache)(_|$)/, 'tcp'],
]
/** Names that say database or cache and not which. */
const VAGUE = /(^|_)(db|database|sql|cache)(_|$)/
/** `DB_CONNECTION=pgsql`, `DB_DIALECT=postgres`. */
const KINDS = ['CONNECTION', 'ENGINE', 'DIALECT', 'DRIVER', 'CLIENT', 'TYPE', 'ADAPTER'] as const
const PORTS: Readonly<Record<string, Protocol>> = { 5432: 'postgres', 6432: 'postgres', 6379: 'redis', 3306: 'tcp', 11211: 'tcp' }

/** A pair that is called after none of these leads to something else (SMTP_HOST), or is where the application itself listens (HOST, PORT). */
export function pairsIn({ values }: Variables): readonly (Mention | Seen)[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([variable, host]): readonly (Mention | Seen)[] => {
    const stem = /^(.+)_HOST$/i.exec(variable)?.[1]
    if (stem === undefined || host === '') return []
    // Of variables in lower case the other half is so too.
    const half = (word: string): string => (variable.endsWith('_host') ? `${stem}_${word.toLowerCase()}` : `${stem}_${word}`)
    const port = values.get(half('PORT'))
    const protocol = protocolOf(stem.toLowerCase(), port, (word) => values.get(half(word)))
    if (protocol === undefined) return []
    if (port === undefined || !/^\d+$/.test(port)) return [{ variable, value: host, why: `there is no ${half('PORT')}: with that the application can be told the proxy's port` }]
    const at = parseUpstream(`${protocol}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`, protocol)
    if ('wrong' in at) return [{ variable, value: `${host}:${port}`, why: at.wrong }]
    return [{
      name: stem.toLowerCase().replace(/_service$/, '').replace(/[^a-z0-9_-]/g, '_').slice(0, 60), variables: [variable, half('PORT')], at, protocol, dependency: true,
      rewritten: (moved) => ({ [variable]: moved.host, [half('PORT')]: String(moved.port) }),
    }]
  })
}

/** Undefined: no database and no cache, as far as can be told. */
function protocolOf(stem: string, port: string | undefined, half: (word: string) => string | undefined): Protocol | undefined {
  const named = WORDS.find(([words]) => words.test(stem))?.[1]
  if (named !== undefined || !VAGUE.test(stem)) return named
  const kind = KINDS.map(half).find((value) => value)?.toLowerCase()
  if (kind !== undefined) {
    const told = /postgres|pgsql|^pg$/.test(kind) ? 'postgres' : /redis|valkey/.test(kind) ? 'redis' : undefined
    if (told !== undefined) return told
  }
  return (port === undefined ? undefined : PORTS[port]) ?? 'tcp'
}
