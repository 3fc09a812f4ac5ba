import assert from 'node:assert/strict'
import { once, type EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import postgres from 'postgres'
import { closeAll } from '../proxy/stage.ts'
import { postgres as server } from '../support/servers.ts'
import { output, program, sameThrough } from './through.ts'

async function withPg<T>(url: string, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'interop' })
  await client.connect()
  try {
    return await action(client)
  } finally {
    await client.end()
  }
}
/** What pg's types leave out. */
interface Canceller extends EventEmitter { connect(port: number, host: string): void; cancel(pid: number, key: number): void }

const TABLE = 'interop_rows'
const fresh = `drop table if exists ${TABLE}; create table ${TABLE} (id int primary key, name text, at timestamptz default '2020-01-01')`
const outcome = (error: unknown): unknown => (error instanceof pg.DatabaseError ? { code: error.code, severity: error.severity, message: error.message, constraint: error.constraint } : String(error))

describe('Postgres clients, the same through the proxy as direct', function () {
  this.timeout(90_000)
  afterEach(closeAll)

  sameThrough('pg, simple, extended and prepared, errors and transactions', 'postgres', server, (url) => withPg(url, async (client) => {
    const seen: unknown[] = []
    const query = async (text: string | pg.QueryConfig, values?: unknown[]): Promise<void> => {
      try {
        const result = await client.query(text, values)
        seen.push([result.command, result.rowCount, result.rows])
      } catch (error) {
        seen.push(outcome(error))
      }
    }
    await client.query(fresh)
    await query(`insert into ${TABLE} (id, name) values (1, 'a'), (2, 'b') returning *`)
    await query(`select * from ${TABLE} where id = $1`, [1])
    for (let n = 0; n < 3; n++) await query({ name: 'by_id', text: `select name from ${TABLE} where id = $1`, values: [n] })
    await query('select 1/0')
    await query('begin')
    await query(`insert into ${TABLE} (id, name) values ($1, $2)`, [1, 'twice'])
    await query('select 1')
    await query('rollback')
    await query('select generate_series(1, 1500) as n, repeat(\'x\', 50) as filler')
    await query('select $1::text as big', ['v'.repeat(90_000)])
    await query('')
    await query('select 1 as one; select 2 as two')
    await client.query(`drop table ${TABLE}`)
    return seen
  }))

  sameThrough('pg, many queries at once on one connection', 'postgres', server, (url) => withPg(url, (client) =>
    Promise.all(Array.from({ length: 200 }, (_, n) => client.query('select $1::int as n', [n]).then(({ rows }) => rows[0] as unknown)))))

  sameThrough('COPY in and out through pg-copy-streams', 'postgres', server, (url) => withPg(url, async (client) => {
    await client.query(fresh)
    await pipeline(Readable.from(Array.from({ length: 2000 }, (_, n) => `${n}\tname ${n}\n`)), client.query(copyFrom(`copy ${TABLE} (id, name) from stdin`)))
    const failed = await pipeline(Readable.from(['x\ty\n']), client.query(copyFrom(`copy ${TABLE} (id, name) from stdin`))).catch(outcome)
    const chunks: Buffer[] = []
    for await (const chunk of client.query(copyTo(`copy (select id, name from ${TABLE} order by id) to stdout`))) chunks.push(chunk as Buffer)
    const count = await client.query(`select count(*)::int as n from ${TABLE}`)
    await client.query(`drop table ${TABLE}`)
    return [failed, Buffer.concat(chunks).toString(), count.rows]
  }))

  sameThrough('LISTEN and NOTIFY, also while queries run', 'postgres', server, (url) => withPg(url, async (client) => {
    const heard: string[] = []
    client.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`))
    await client.query('listen interop')
    await withPg(url, async (other) => { for (let n = 0; n < 20; n++) await other.query('select pg_notify(\'interop\', $1)', [String(n)]) })
    while (heard.length < 20) await client.query('select 1')
    return heard
  }))

  sameThrough('a cancel request on a connection of its own', 'postgres', server, (url) => withPg(url, async (client) => {
    const { rows: [row] } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const slow = client.query('select pg_sleep(30)').then(() => 'it was not cancelled', outcome)
    await withPg(url, async (other) => {
      for (let done = false; !done;) {
        const { rows } = await other.query<{ n: number }>('select count(*)::int as n from pg_stat_activity where pid = $1 and state = \'active\'', [row?.pid])
        done = rows[0]?.n === 1
      }
      // What pg's own cancel sends: the keys are the server's, whichever way they came.
      const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
      const target = new URL(url)
      const canceller = new pg.Connection({ stream: undefined } as object) as unknown as Canceller
      canceller.connect(Number(target.port), target.hostname)
      await once(canceller, 'connect')
      canceller.cancel(processID, secretKey)
      await once(canceller, 'end')
    })
    return [await slow, (await client.query('select 1 as one')).rows]
  }))

  sameThrough('postgres.js, which pipelines', 'postgres', server, async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined })
    try {
      await sql.unsafe(fresh)
      const many = await Promise.all(Array.from({ length: 300 }, (_, n) => sql`select ${n}::int as n, ${'text'} as t`))
      const failed = await sql`select 1/${0}::int`.catch((error: { code?: string }) => error.code)
      const sum = await sql.begin(async (tx) => {
        await Promise.all(Array.from({ length: 50 }, (_, n) => tx`insert into interop_rows (id, name) values (${n}, ${'n'})`))
        return tx`select sum(id)::int as sum from interop_rows`
      })
      const rows: unknown[] = []
      await sql`select generate_series(1, 500) as n`.cursor(100, (batch) => { rows.push(batch.length) })
      await sql`drop table interop_rows`
      return [many.map(([row]) => row), failed, [...sum], rows]
    } finally {
      await sql.end()
    }
  })

  const psql = program('psql')
  if (psql) {
    sameThrough('psql', 'postgres', server, (url) => output(psql, [url, '-X', '-v', 'ON_ERROR_STOP=0', '-c', 'select 1 as one', '-c', '\\d pg_class', '-c', 'select 1/0', '-c', '\\copy (select generate_series(1,10)) to stdout'])
      .catch((error: { stdout: string; code: number }) => [error.code, error.stdout]))
  }
  const pgbench = program('pgbench')
  if (pgbench) {
    for (const mode of ['simple', 'extended', 'prepared']) {
      sameThrough(`pgbench, ${mode}`, 'postgres', server, async (url) => {
        // Rows made by the server: COPY has a test of its own.
        await output(pgbench, ['-i', '-I', 'dtGvp', '-q', '-s', '1', url])
        const said = await output(pgbench, ['-n', '-M', mode, '-c', '4', '-t', '50', '--random-seed=7', url])
        return [/transactions actually processed: .*/.exec(said)?.[0], /failed transactions: .*/.exec(said)?.[0],
          await withPg(url, async (client) => (await client.query('select sum(abalance)::int as a from pgbench_accounts')).rows)]
      })
    }
  }

  it('has tried psql and pgbench, where they are installed', () => { assert.ok(psql === undefined || pgbench !== undefined) })
})
