/** A Postgres of its own that has TLS, and a role that may come in no other way and by SCRAM. */

import { statSync, writeFileSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { generate } from 'selfsigned'
import { startPostgres } from '../../src/demo/postgres.ts'
import type { DemoServer } from '../../src/demo/daemon.ts'

export interface SecurePostgres extends DemoServer {
  /** The PEM file of its certificate, which has signed itself, for localhost. */
  readonly ca: string
  /** Who needs TLS and a password. */
  readonly secured: { readonly user: string; readonly password: string; readonly database: string }
}

export async function securePostgres(): Promise<SecurePostgres> {
  const server = await startPostgres()
  const client = new pg.Client(server.url)
  await client.connect()
  const { rows: [where] } = await client.query<{ data: string; hba: string }>("select current_setting('data_directory') as data, current_setting('hba_file') as hba")
  const { data = '', hba = '' } = where ?? {}
  const { uid, gid } = statSync(data)
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec', algorithm: 'sha256', extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] }],
  })
  const ca = join(data, 'server.crt')
  for (const [name, text] of [['server.crt', cert], ['server.key', key]] as const) {
    writeFileSync(join(data, name), text, { mode: 0o600 })
    chownSync(join(data, name), uid, gid)
  }
  writeFileSync(hba, 'hostssl all secured all scram-sha-256\nhost all secured all reject\nhost all all all trust\n')
  await client.query("create role secured login password 'secret'")
  await client.query('alter system set ssl = on')
  await client.query('select pg_reload_conf()')
  await client.end()
  return { ...server, ca, secured: { user: 'secured', password: 'secret', database: 'postgres' } }
}
