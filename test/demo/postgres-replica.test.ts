import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { DemoServer } from '../../src/demo/daemon.ts'
import { startPostgres } from '../../src/demo/postgres.ts'
import { type PostgresReplica, startPostgresReplica } from '../../src/demo/postgres-replica.ts'
import { runs } from '../support/processes.ts'
import { postgres } from '../support/servers.ts'
import { closeAll, target, until } from '../proxy/stage.ts'

const clients: pg.Client[] = []
async function clientOf(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  clients.push(client)
  await client.connect()
  return client
}
const value = async (client: pg.Client, sql: string): Promise<unknown> => Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0]

describe('a streaming replica of the embedded Postgres', function () {
  this.timeout(30_000)
  const before_ = process.env['TMPDIR']
  let folder = ''
  let primary: DemoServer
  let replica: PostgresReplica

  before(async () => {
    // The shared one must not lie in the folder that is ours.
    await postgres()
    folder = mkdtempSync(join(tmpdir(), 'brownout-test-replica-'))
    // Postgres may have to run as another account.
    chmodSync(folder, 0o755)
    process.env['TMPDIR'] = folder
    primary = await startPostgres({ replicated: true })
    const client = await clientOf(primary.url)
    await client.query('create table early as select generate_series(1, 1000) n')
    replica = await startPostgresReplica(primary)
  })

  after('stops both, and neither leaves a folder', async () => {
    await Promise.all(clients.map((client) => client.end()))
    await closeAll()
    await replica.stop()
    await primary.stop()
    if (before_ === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before_
    assert.deepEqual(readdirSync(folder), [])
    assert.deepEqual([primary, replica].filter(({ pid }) => runs(pid)), [])
    rmSync(folder, { recursive: true })
  })

  it('is not paid for where nobody wants one: the log is as short as it can be', async () => {
    const { url } = await postgres()
    assert.equal(await value(await clientOf(url), 'show wal_level'), 'minimal')
  })

  it('has what was there before it, gets what is written after, and writes nothing', async () => {
    const [writer, reader] = [await clientOf(primary.url), await clientOf(replica.url)]
    assert.equal(await value(reader, 'select sum(n) from early'), '500500')
    await writer.query('create table later as select 1 n')
    await until(async () => (await value(reader, "select to_regclass('later') is not null")) === true, 'it comes')
    await assert.rejects(reader.query('insert into early values (0)'), (error) => error instanceof pg.DatabaseError && error.code === '25006')
  })

  it('gets its log through a proxy: cut off it stays behind while the primary goes on, and catches up after', async () => {
    const { address, arm, plane } = await target({ upstream: { host: primary.host, port: primary.port } })
    assert.ok('port' in address)
    await replica.follow({ host: address.host, port: address.port })
    const [writer, reader] = [await clientOf(primary.url), await clientOf(replica.url)]
    await writer.query('create table through (n int)')
    await until(async () => (await value(reader, "select to_regclass('through') is not null")) === true, 'it comes')
    await arm('cut', 'partition')
    await writer.query('insert into through values (1)')
    const written = await value(writer, 'select pg_current_wal_lsn()')
    assert.equal(await value(reader, 'select count(*) from through'), '0')
    assert.equal(await value(reader, `select pg_last_wal_replay_lsn() < '${String(written)}'`), true)
    await plane.disarm(['cut'])
    await until(async () => (await value(reader, 'select count(*) from through')) === '1', 'it has caught up', 10_000)
  })

  it('takes writes once it is promoted, on a timeline of its own', async () => {
    const reader = await clientOf(replica.url)
    const timeline = "select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
    assert.equal(await value(reader, 'select pg_promote(true, 10)'), true)
    await reader.query('insert into early values (0)')
    assert.deepEqual([await value(await clientOf(primary.url), timeline), await value(reader, timeline)], ['00000001', '00000002'])
  })
})
