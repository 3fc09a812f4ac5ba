import assert from 'node:assert/strict'
import type pg from 'pg'
import { preparedLost } from '../../../faults/postgres/prepared-lost.ts'
import { closeAll, postgresStage } from './stage.ts'
import { failure, rowsOf } from './told.ts'

const ONE = { name: 'one', text: 'select $1::int as n', values: [1] }
const TWO = { name: 'two', text: 'select $1::int * 2 as n', values: [1] }
const preparedBy = async (client: pg.Client): Promise<unknown[]> => (await client.query('select name from pg_prepared_statements order by name')).rows.map(({ name }: { name: string }) => name)

describe('postgres.prepared_lost', () => {
  afterEach(closeAll)

  it('one: it is deallocated, and stays so until it is prepared anew; the others are there', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    for (const question of [ONE, TWO]) await client.query(question)
    await stage.strike(preparedLost, {}, { times: 1 })
    const told = await failure(client.query(ONE))
    assert.deepEqual([told.code, told.message, told.severity], ['26000', 'prepared statement "one" does not exist', 'ERROR'])
    assert.deepEqual(await preparedBy(client), ['two'])
    assert.equal((await failure(client.query(ONE))).code, '26000', 'the server says so itself now')
    assert.deepEqual((await client.query(TWO)).rows, [{ n: 2 }])
    assert.deepEqual((await client.query({ ...ONE, name: 'one anew' })).rows, [{ n: 1 }])
  })

  it('all: each that the session had prepared is gone, and nothing of ours is left', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    for (const question of [ONE, TWO]) await client.query(question)
    await stage.strike(preparedLost, { how: 'all' }, { times: 1 })
    assert.equal((await failure(client.query(ONE))).code, '26000')
    assert.deepEqual(await preparedBy(client), [])
    const told = await failure(client.query(TWO))
    assert.deepEqual([told.code, told.message, told.routine], ['26000', 'prepared statement "two" does not exist', 'FetchPreparedStatement'])
  })

  it('plan: 0A000, and the statement is there still', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await client.query(ONE)
    await stage.strike(preparedLost, { how: 'plan' }, { times: 1 })
    const told = await failure(client.query(ONE))
    assert.deepEqual([told.code, told.message], ['0A000', 'cached plan must not change result type'])
    assert.deepEqual((await client.query(ONE)).rows, [{ n: 1 }])
  })

  for (const how of ['one', 'all', 'plan'] as const) {
    it(`${how}: a transaction that meets it is lost, and nothing of it is there`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table('id int'), await stage.client()]
      const insert = { name: 'insert', text: `insert into ${table} values ($1)`, values: [1] }
      await client.query('begin')
      await client.query(insert)
      await stage.strike(preparedLost, { how })
      await failure(client.query(insert))
      await stage.heal()
      assert.equal((await failure(client.query('select 1'))).code, '25P02')
      assert.equal((await client.query('commit')).command, 'ROLLBACK')
      assert.deepEqual(await rowsOf(stage.direct, table), [])
    })
  }

  it('a pool that throws away what has failed is well with the next connection', async () => {
    const stage = await postgresStage()
    const pool = stage.pool({ max: 1 })
    await pool.query(ONE)
    await stage.strike(preparedLost, {}, { times: 1 })
    await failure(pool.query(ONE))
    assert.deepEqual((await pool.query(ONE)).rows, [{ n: 1 }])
  })

  it('leaves alone what has no name', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(preparedLost)
    await client.query({ text: 'select $1::int', values: [1] })
    await client.query('prepare p as select 1; execute p')
    assert.deepEqual(stage.did(), [])
  })

  it('closes a statement of large values as well', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    const large = { name: 'large', text: 'select length($1) as n', values: ['x'.repeat(400_000)] }
    await client.query(large)
    await stage.strike(preparedLost, {}, { times: 1 })
    assert.equal((await failure(client.query(large))).code, '26000')
    assert.deepEqual(await preparedBy(client), [])
  })
})
