/** The embedded servers that `demo:` upstreams stand for: started before the proxies, the primary before its replica. */

import type { Watchdog } from '../watchdog/watchdog.ts'
import type { Addresses } from './addresses.ts'
import type { PlannedTarget } from './plan.ts'
import type { DemoKind } from './upstream.ts'

export interface StartedServer {
  readonly url: string
  readonly host: string
  readonly port: number
  stop(): Promise<void>
  /** Of a replica: from now on it gets its log from there. Resolves when it does. */
  follow?(from: { readonly host: string; readonly port: number }): Promise<void>
}

export interface ServerWish {
  readonly watchdog: Watchdog
  /** Of a Postgres: another is to follow it. */
  readonly replicated: boolean
  /** Of a replica: whom it follows. */
  readonly primary?: StartedServer | undefined
}
export type StartServer = (kind: Exclude<DemoKind, 'postgres-replication'>, wish: ServerWish) => Promise<StartedServer>

const rank = ({ demo }: PlannedTarget): number => (demo === 'postgres-replication' ? 2 : demo === 'postgres-replica' ? 1 : 0)

/** By target; that of a stream is the primary. `onStarted` is told of each, and ends it all by throwing. */
export async function startServers(targets: readonly PlannedTarget[], start: StartServer, watchdog: Watchdog, onStarted: (server: StartedServer) => void): Promise<ReadonlyMap<string, StartedServer>> {
  const servers = new Map<string, StartedServer>()
  const replicated = targets.some(({ demo }) => demo === 'postgres-replica')
  let primary: StartedServer | undefined
  for (const { demo, spec } of targets.toSorted((a, b) => rank(a) - rank(b))) {
    if (!demo) continue
    if (demo === 'postgres-replication') {
      if (primary) servers.set(spec.name, { ...primary, url: `tcp://${primary.host}:${primary.port}` })
      continue
    }
    const server = await start(demo, { watchdog, replicated, primary })
    servers.set(spec.name, server)
    onStarted(server)
    if (demo === 'postgres') primary = server
  }
  return servers
}

/** Leads what a replica follows through the proxy of the stream, where there is one. */
export async function joinStream(targets: readonly PlannedTarget[], servers: ReadonlyMap<string, StartedServer>, { targets: open }: Addresses): Promise<void> {
  const named = (kind: DemoKind): string => targets.find(({ demo }) => demo === kind)?.spec.name ?? ''
  const from = open.get(named('postgres-replication'))
  if (from) await servers.get(named('postgres-replica'))?.follow?.(from)
}
