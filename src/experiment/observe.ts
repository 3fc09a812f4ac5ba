/** Which servers of a run are asked how they are. */

import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { Observer } from '../observe/observer.ts'
import { postgresObserved } from '../observe/postgres.ts'
import { redisObserved } from '../observe/redis.ts'
import { credentialsOf, tlsFor, type ServerSpec } from '../observe/server.ts'
import type { PlannedTarget } from './plan.ts'

const SECURE_MODES: readonly (string | null)[] = ['require', 'no-verify', 'verify-ca', 'verify-full']

/** The servers behind targets that can be asked, past the proxies. */
export const serversOf = (targets: readonly PlannedTarget[]): readonly ServerSpec[] => targets.flatMap(({ spec, url, unobserved }) => {
  const { name, protocol, upstream: address, tls } = spec
  // A Postgres lets nobody in who does not say who they are.
  if (unobserved || (protocol !== 'redis' && protocol !== 'postgres') || (protocol === 'postgres' && credentialsOf(url).user === undefined)) return []
  return [{ name, protocol, address, url, tls: secureOf(url, address, tls) }]
})

/** One for each; `onProblem` is told of those that cannot be asked after all. */
export const startObservers = (servers: readonly ServerSpec[], onProblem: (text: string) => void): readonly Observer[] => servers.map((server) =>
  new Observer({ name: server.name, ...(server.protocol === 'redis' ? redisObserved(server) : postgresObserved(server)), onProblem: (text) => onProblem(`${server.name}: ${text}`) }))

/** TLS where the proxy speaks it to the server, and where the application does through it. */
function secureOf(url: URL, address: ServerSpec['address'], tls: PlannedTarget['spec']['tls']): ConnectionOptions | undefined {
  const secure = tls.upstream === 'require' || url.protocol === 'rediss:' || SECURE_MODES.includes(url.searchParams.get('sslmode'))
  if (!secure || 'path' in address) return undefined
  return tlsFor(address.host, { verify: tls.verify, ca: tls.ca === undefined ? undefined : readFileSync(tls.ca, 'utf8') })
}
