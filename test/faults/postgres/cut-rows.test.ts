import assert from 'node:assert/strict'
import { connect } from 'node:net'
import pg from 'pg'
import { serialize } from 'pg-protocol'
import { cutRows } from '../../../faults/postgres/cut-rows.ts'
import { later, watch } from '../../proxy/stage.ts'
import { closeAll, postgresStage, until, type Client } from './stage.ts'

/** The rows that arrived before the query failed, and how it failed. */
async function rowsOf(client: Client, sql: string): Promise<{ rows: number[]; error: Error }> {
  const query = new pg.Query<{ i: number }>(sql)
  const rows: number[] = []
  query.on('row', ({ i }) => rows.push(i))
  const error = await new Promise<Error>((resolve, reject) => {
    query.on('error', resolve)
    query.on('end', () => reject(new Error('it ended as if it were whole')))
    client.query(query)
  })
  return { rows, error }
}
const SERIES = 'select i from generate_series(1, 10) i'

describe('postgres.cut_rows', () => {
  afterEach(closeAll)

  for (const cut of ['between', 'within'] as const) {
    it(`lets so many rows through, then ends (${cut} two rows)`, async () => {
      const stage = await postgresStage()
      const client = await stage.client()
      await stage.strike(cutRows, { rows: 3, cut })
      const { rows, error } = await rowsOf(client, SERIES)
      assert.deepEqual(rows, [1, 2, 3])
      assert.match(error.message, /Connection terminated unexpectedly/)
      assert.ok(!(error instanceof pg.DatabaseError))
      await client.over
      assert.deepEqual(stage.did(), ['close'])
    })
  }

  it('resets the connection instead, where it is to', async () => {
    const stage = await postgresStage()
    await stage.strike(cutRows, { rows: 0, how: 'reset' })
    const seen = watch(connect(stage.port, '127.0.0.1'))
    later(() => seen.socket.destroy())
    seen.socket.write(Buffer.concat([serialize.startup({ user: 'postgres', database: 'postgres' }), serialize.query(SERIES)]))
    assert.equal(await seen.ended, 'ECONNRESET')
  })

  it('counts the rows of each statement anew, in a pipeline too, and spares those that are short enough', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(cutRows, { rows: 5 })
    for (let n = 0; n < 4; n++) assert.equal((await client.query('select i from generate_series(1, 5) i')).rowCount, 5)
    assert.equal((await client.query({ name: 'p', text: 'select i from generate_series(1, $1::int) i', values: [4] })).rowCount, 4)
    await assert.rejects(client.query({ name: 'p', text: 'select i from generate_series(1, $1::int) i', values: [6] }), /Connection terminated/)
  })

  it('hits the statements that are named; a write in them is done all the same', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    const client = await stage.client()
    await stage.strike(cutRows, { rows: 1 }, { where: { sql: '/^insert/i' } })
    assert.equal((await client.query(SERIES)).rowCount, 10)
    await assert.rejects(client.query(`insert into ${table} (id) values (1), (2) returning id`))
    await until(async () => (await stage.plane.snapshot()).targets['db']?.connections === 0, 'it is closed')
    assert.equal((await stage.direct.query(`select * from ${table}`)).rowCount, 2)
  })

  it('cuts a row that comes in parts', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(cutRows, { rows: 1, cut: 'within' })
    const { rows } = await rowsOf(client, "select 1 i, repeat('x', 300000) union all select 2, repeat('y', 300000)")
    assert.deepEqual(rows, [1])
  })
})
