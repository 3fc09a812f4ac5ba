/** A real Postgres behind a target, and clients through it; all closed after each test. */

import pg from 'pg'
import { ms } from '../../../src/core/units.ts'
import type { DemoServer } from '../../../src/demo/daemon.ts'
import type { DynamicPlane, PlaneEvent, TargetSpec, TlsOptions } from '../../../src/proxy/plane.ts'
import { registry } from '../../../faults/index.ts'
import { later, LOCAL, PLAIN, planeFor } from '../../proxy/stage.ts'
import { postgres } from '../../support/servers.ts'
import { struck, type Struck } from '../struck.ts'

export { closeAll, until } from '../../proxy/stage.ts'

export interface PostgresStage extends Struck {
  readonly plane: DynamicPlane
  readonly events: PlaneEvent[]
  readonly port: number
  /** Past the proxy: what the server really has. */
  readonly direct: pg.Client
  /** Through the proxy and logged in. An error that comes while nothing is asked is in `errors`. */
  client(config?: pg.ClientConfig): Promise<Client>
  pool(config?: pg.PoolConfig): pg.Pool
  /** A table of the test's own, empty: `(id int, note text)` unless told otherwise. */
  table(columns?: string): Promise<string>
  /** Resolves once a server process works on a statement that holds `text`. */
  active(text: string): Promise<void>
}

/** A client, with what it was told of its own accord, and whether its connection has ended. */
export interface Client extends pg.Client { readonly errors: Error[]; readonly notices: object[]; readonly notified: string[]; readonly over: Promise<void> }

interface Options { readonly seed?: number; readonly server?: Pick<DemoServer, 'host' | 'port'>; readonly tls?: TlsOptions; readonly dialTimeout?: number }

let tables = 0
const LOGIN = { host: '127.0.0.1', user: 'postgres', database: 'postgres' }

export async function postgresStage({ seed = 1, server, tls = PLAIN, dialTimeout = 2000 }: Options = {}): Promise<PostgresStage> {
  const { host, port: upstream } = server ?? await postgres()
  const plane = planeFor(registry, seed)
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  const spec: TargetSpec = { name: 'db', protocol: 'postgres', upstream: { host, port: upstream }, listen: [{ address: LOCAL }], tls, dialTimeout: ms(dialTimeout) }
  const [opened] = await plane.open([spec])
  later(() => plane.close())
  const address = opened?.listen[0]?.address ?? LOCAL
  const port = 'port' in address ? address.port : 0
  const direct = await watched(new pg.Client({ ...LOGIN, port: upstream }))
  return {
    plane, events, port, direct,
    client: (config = {}) => watched(new pg.Client({ ...LOGIN, port, ...config })),
    pool(config = {}) {
      const pool = new pg.Pool({ ...LOGIN, port, ...config })
      pool.on('error', () => undefined)
      later(() => { pool.end().catch(() => undefined) })
      return pool
    },
    ...struck(plane, events, 'db'),
    async table(columns = 'id int, note text') {
      const name = `staged_${process.pid}_${++tables}`
      await direct.query(`create table ${name} (${columns})`)
      return name
    },
    async active(text) {
      const asked = "select 1 from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()"
      let found = 0
      while (found === 0) found = (await direct.query(asked, [`%${text}%`])).rowCount ?? 0
    },
  }
}

async function watched(client: pg.Client): Promise<Client> {
  const errors: Error[] = []
  const notices: object[] = []
  const notified: string[] = []
  const over = new Promise<void>((resolve) => { client.once('end', resolve) })
  client.on('error', (error) => errors.push(error)).on('notice', (notice) => notices.push(notice)).on('notification', ({ channel, payload = '' }) => notified.push(`${channel} ${payload}`))
  later(() => { client.end().catch(() => undefined) })
  await client.connect()
  return Object.assign(client, { errors, notices, notified, over })
}
