import assert from 'node:assert/strict'
import { serialize } from 'pg-protocol'
import { staleReplica } from '../../../faults/postgres/stale-replica.ts'
import { ask, Line, SYNC, told } from './line.ts'
import { closeAll, postgresStage } from './stage.ts'
import { failure, MODES, rowsOf } from './told.ts'

const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })

describe('postgres.stale_replica', () => {
  afterEach(closeAll)

  for (const [mode, as] of Object.entries(MODES)) {
    it(`answers a read with what was there \`age\` ago, whoever had read it then (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client, other] = [await stage.table('id int'), await stage.client(), await stage.client()]
      const read = as(`select id from ${table} order by id`)
      const seen = async (): Promise<number[]> => (await client.query(read)).rows.map(({ id }: { id: number }) => id)
      await stage.strike(staleReplica, { age: '150ms' })
      assert.deepEqual((await other.query(read)).rows, [])
      await pause(160)
      await client.query(as(`insert into ${table} values (1)`))
      assert.deepEqual(await seen(), [], 'its own write is not there')
      await client.query(as(`insert into ${table} values (2)`))
      await seen()
      await pause(170)
      assert.deepEqual(await seen(), [1, 2], 'what was true 150 ms ago')
      assert.deepEqual(await rowsOf(stage.direct, table), [1, 2])
      await stage.heal()
      await client.query(as(`delete from ${table}`))
      assert.deepEqual(await seen(), [])
    })

    it(`conflict: reads outside of a transaction fail as on a replica that must go on (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table('id int'), await stage.client()]
      await stage.strike(staleReplica, { how: 'conflict' })
      const conflict = await failure(client.query(as(`select * from ${table}`)))
      assert.deepEqual([conflict.code, conflict.message, conflict.detail], ['40001', 'canceling statement due to conflict with recovery', 'User query might have needed to see row versions that must be removed.'])
      await client.query(as(`insert into ${table} values (1)`))
    })
  }

  it('keeps apart what differs in values, text or result format', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    const read = { name: 'same', text: 'select $1::int as n, clock_timestamp()::text as at' }
    await stage.strike(staleReplica, { age: '20ms' })
    const [one, two] = [(await client.query({ ...read, values: [1] })).rows[0], (await client.query({ ...read, values: [2] })).rows[0]]
    await pause(40)
    assert.deepEqual([(await client.query({ ...read, values: [1] })).rows[0], (await client.query({ ...read, values: [2] })).rows[0]], [one, two])
    assert.notDeepEqual((await client.query({ ...read, values: [3] })).rows[0], one)
    assert.notDeepEqual((await client.query({ ...read, values: [1], name: 'other', text: `${read.text} ` })).rows[0], one)
  })

  it('leaves alone reads within a transaction, and what was not read before', async () => {
    const stage = await postgresStage()
    const [table, client] = [await stage.table('id int'), await stage.client()]
    await stage.strike(staleReplica, { age: '1ms' })
    const count = async (): Promise<number | null> => (await client.query(`select from ${table}`)).rowCount
    assert.equal(await count(), 0)
    await pause(10)
    await client.query('begin')
    await client.query(`insert into ${table} values (1)`)
    assert.equal(await count(), 1)
    await client.query('commit')
    assert.equal(await count(), 0, 'outside of it the old one')
    assert.equal((await client.query(`select 1 from ${table}`)).rowCount, 1)
  })

  it('does not answer with columns that are no more', async () => {
    const stage = await postgresStage()
    const [table, client] = [await stage.table('id int'), await stage.client()]
    await stage.direct.query(`insert into ${table} values (7)`)
    await stage.strike(staleReplica, { age: '1ms' })
    await client.query(`select * from ${table}`)
    await pause(10)
    await stage.direct.query(`alter table ${table} add note text`)
    assert.deepEqual((await client.query(`select * from ${table}`)).rows, [{ id: 7, note: null }])
  })

  it('keeps its place in a pipeline, with more rows or fewer than the server has', async () => {
    const stage = await postgresStage()
    const [table, line] = [await stage.table('id int'), await new Line(stage.port).login()]
    const read = (n: number): readonly Buffer[] => [...ask(`select id || '/${n}' from ${table} where id < ${n} order by id`), SYNC]
    await stage.direct.query(`insert into ${table} select generate_series(1, 3)`)
    await stage.strike(staleReplica, { age: '1ms' })
    for (let n = 0; n < 5; n++) await line.say(1, ...read(n))
    const burst = async (): Promise<readonly string[]> => told(await line.say(5, ...[0, 1, 2, 3, 4].flatMap(read))).split(' Z:I ')
    const before = await burst()
    await pause(10)
    await stage.direct.query(`delete from ${table} where id = 1`)
    await stage.direct.query(`insert into ${table} values (0)`)
    assert.deepEqual(await burst(), before)
    await stage.heal()
    const now = await burst()
    assert.notDeepEqual(now, before)
    await stage.strike(staleReplica, { age: '1ms' })
    for (let round = 0; round < 20; round++) {
      if (round % 4 === 0) await stage.direct.query(`insert into ${table} values (0)`)
      for (const [n, answer] of (await burst()).entries()) {
        const rows = answer.match(/D:/g) ?? []
        assert.equal(answer.match(new RegExp(`D:\\d/${n}`, 'g'))?.length ?? 0, rows.length, `${answer} is none of ${n}`)
        assert.match(answer, new RegExp(`C:SELECT ${rows.length}( Z:I)?$`))
      }
      assert.equal(told(await line.say(1, ...ask('select $1::text', [`nonce ${round}`]), SYNC)), `D:nonce ${round} C:SELECT 1 Z:I`)
    }
  })

  it('passes the errors of the server, and reads in parts', async () => {
    const stage = await postgresStage()
    const line = await new Line(stage.port).login()
    await stage.strike(staleReplica, { age: '1ms' })
    const divide = (by: string): readonly Buffer[] => [...ask('select (1 / $1::int)::text', [by]), SYNC]
    assert.equal(told(await line.say(2, ...divide('1'), ...divide('0'))), 'D:1 C:SELECT 1 Z:I E:22012 Z:I')
    const parts = [serialize.parse({ text: 'select generate_series(1, 3)::text', types: [] }), serialize.bind(), serialize.execute({ portal: '', rows: 2 }), serialize.execute(), SYNC]
    for (let n = 0; n < 3; n++) {
      await pause(5)
      assert.equal(told(await line.say(1, ...parts)), 'D:1 D:2 PortalSuspended D:3 C:SELECT 1 Z:I')
    }
    assert.equal(told(await line.say(1, ...divide('0'))), 'E:22012 Z:I')
  })
})
