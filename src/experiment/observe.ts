/** Which servers of a run are asked how they are. */

import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { Observer } from '../observe/observer.ts'
import { postgresObserved } from '../observe/postgres.ts'
import { redisObserved } from '../observe/redis.ts'
import { credentialsOf, tlsFor, type ServerSpec } from '../observe/server.ts'
import type { PlannedTarget } from './plan.ts'

const SECURE_MODES: readonly (string | null)[] = ['require', 'no-verify', 'verify-ca', 'verify-full']

/** One for each target whose server can be asked; `onProblem` is told of those that cannot be after all. */
export function startObservers(targets: readonly PlannedTarget[], onProblem: (text: string) => void): readonly Observer[] {
  return targets.flatMap(({ spec, url, unobserved }) => {
    const { name, protocol, upstream: address, tls } = spec
    const asked = protocol === 'redis' ? redisObserved : protocol === 'postgres' ? postgresObserved : undefined
    // A Postgres lets nobody in who does not say who they are.
    if (!asked || unobserved || (protocol === 'postgres' && credentialsOf(url).user === undefined)) return []
    const server: ServerSpec = { name, protocol, address, url, tls: secureOf(url, address, tls) }
    return new Observer({ name, ...asked(server), onProblem: (text) => onProblem(`${name}: ${text}`) })
  })
}

/** TLS where the proxy speaks it to the server, and where the application does through it. */
function secureOf(url: URL, address: ServerSpec['address'], tls: PlannedTarget['spec']['tls']): ConnectionOptions | undefined {
  const secure = tls.upstream === 'require' || url.protocol === 'rediss:' || SECURE_MODES.includes(url.searchParams.get('sslmode'))
  if (!secure || 'path' in address) return undefined
  return tlsFor(address.host, { verify: tls.verify, ca: tls.ca === undefined ? undefined : readFileSync(tls.ca, 'utf8') })
}
