import assert from 'node:assert/strict'
import type pg from 'pg'
import { error } from '../../../faults/postgres/error.ts'
import { ms } from '../../../src/core/units.ts'
import { closeAll, postgresStage, type Client } from './stage.ts'
import { failure, MODES } from './told.ts'

const queried = async (client: pg.Client, sql: string): Promise<unknown[]> => (await client.query(sql)).rows

describe('postgres.error', () => {
  afterEach(closeAll)

  const PRESETS = [
    ['serialization_failure', '40001', 'could not serialize access due to read/write dependencies among transactions', 'The transaction might succeed if retried.'],
    ['deadlock', '40P01', 'deadlock detected', 'See server log for query details.'],
    ['query_canceled', '57014', 'canceling statement due to user request', undefined],
    ['statement_timeout', '57014', 'canceling statement due to statement timeout', undefined],
    ['lock_not_available', '55P03', 'canceling statement due to lock timeout', undefined],
    ['disk_full', '53100', 'could not extend file "base/5/16384": No space left on device', 'Check free disk space.'],
    ['out_of_memory', '53200', 'out of memory', undefined],
  ] as const
  for (const [preset, code, message, hint] of PRESETS) {
    for (const [mode, as] of Object.entries(MODES)) {
      it(`${preset} is ${code} to a client, nothing of the write is there, and the connection goes on (${mode})`, async () => {
        const stage = await postgresStage()
        const [table, client] = [await stage.table(), await stage.client()]
        await stage.strike(error, { error: preset }, { where: { table }, times: 1 })
        const told = await failure(client.query(as(`insert into ${table} values (1)`)))
        assert.deepEqual([told.severity, told.code, told.message, told.hint, told.detail], ['ERROR', code, message, hint, 'Injected by brownout.'])
        assert.deepEqual([told.position, told.file, told.line, told.routine, told.schema], [undefined, undefined, undefined, undefined, undefined])
        await client.query(as(`insert into ${table} values (2)`))
        assert.deepEqual((await stage.direct.query(`select id from ${table}`)).rows, [{ id: 2 }])
      })
    }
  }

  it('read_only says what a server says that is read-only, for each kind of write; reads pass', async () => {
    const stage = await postgresStage()
    const [table, client] = [await stage.table(), await stage.client()]
    await stage.direct.query('set default_transaction_read_only = on')
    const writes = [
      `insert into ${table} values (1)`, `UPDATE ${table} SET id = 2`, `delete from ${table}`, `copy ${table} from stdin`, `truncate ${table}`, `create table ${table}_2 (id int)`,
      `create unique index on ${table} (id)`, `create or replace view ${table}_v as select 1`, `create materialized view ${table}_m as select 1`, `drop table ${table}`, `alter table ${table} add x int`,
      `comment on table ${table} is 'x'`, `grant select on ${table} to public`, `merge into ${table} t using ${table} s on t.id = s.id when matched then delete`,
      `with x as (select 1 as id) insert into ${table} (id) select id from x`, `with gone as (delete from ${table} returning id) select * from gone`,
    ]
    await stage.strike(error, { error: 'read_only' })
    for (const write of writes) {
      const [real, told] = [await failure(stage.direct.query(write)), await failure(client.query(write))]
      assert.deepEqual([told.code, told.message], [real.code, real.message], write)
    }
    assert.equal(stage.did().length, 2 * writes.length)
    for (const read of [`select * from ${table}`, 'values (1)', 'show timezone', 'begin', `with x as (select 1) select * from x`, 'explain select 1', 'set timezone = utc', 'commit']) await client.query(read)
  })

  it('any code with any text, for every statement but ROLLBACK', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(error, { code: 'XX001', text: 'könnte – "kaputt" sein' })
    for (const statement of ['select 1', 'begin', 'set timezone = utc', 'commit']) {
      const told = await failure(client.query(statement))
      assert.deepEqual([told.code, told.message], ['XX001', 'könnte – "kaputt" sein'], statement)
    }
    await client.query('rollback')
  })

  for (const phase of ['parse', 'bind', 'execute'] as const) {
    it(`fails an extended query at ${phase}: the server has done what comes before it and nothing behind it`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table(), await stage.client()]
      const insert = { text: `insert into ${table} values ($1)`, values: [1], name: `insert ${table}` }
      await stage.strike(error, { error: 'deadlock', phase }, { times: 1 })
      assert.equal((await failure(client.query(insert))).code, '40P01')
      const prepared = await queried(client, 'select name from pg_prepared_statements')
      assert.deepEqual(prepared, phase === 'parse' ? [] : [{ name: `insert ${table}` }])
      await client.query(insert)
      assert.deepEqual((await stage.direct.query(`select id from ${table}`)).rows, [{ id: 1 }])
    })
  }

  it('fails a query of several statements as a whole', async () => {
    const stage = await postgresStage()
    const [table, client] = [await stage.table(), await stage.client()]
    await stage.strike(error, {}, { where: { sql: '/second/' } })
    assert.equal((await failure(client.query(`insert into ${table} values (1); insert into ${table} values (2, 'second')`))).code, '40001')
    assert.deepEqual((await stage.direct.query(`select * from ${table}`)).rows, [])
    assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
  })

  it('seems to run for `delay` before it fails', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'statement_timeout', delay: '150ms' })
    const from = performance.now()
    assert.equal((await failure(client.query('select 1'))).message, 'canceling statement due to statement timeout')
    assert.ok(performance.now() - from >= 149)
    const soon = performance.now()
    await stage.strike(error, { error: 'statement_timeout', delay: '1m' })
    const failing = failure(client.query('select 1'))
    await new Promise((resolve) => { setTimeout(resolve, 30) })
    await stage.heal()
    assert.equal((await failing).code, '57014', 'what is under way ends as it began')
    assert.ok(performance.now() - soon < 5000)
    assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
  })

  it('leaves the errors of the server itself as they are', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'out_of_memory' }, { where: { sql: '/brown/' } })
    for (const as of Object.values(MODES)) assert.equal((await failure(client.query(as('selec brown')))).code, as === MODES.simple ? '53200' : '42601')
    const before = stage.did().length
    await client.query('begin')
    assert.equal((await failure(client.query('select 1/0'))).code, '22012')
    assert.equal((await failure(client.query('select brown'))).code, '25P02', 'a failed transaction refuses everything')
    assert.equal(stage.did().length, before)
    await client.query('rollback')
  })

  it('undefined_prepared: the statement is really gone, and prepared anew under its name it works', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    const question = { name: 'sum "of" two', text: 'select $1::int + 1 as sum', values: [1] }
    await client.query(question)
    await stage.strike(error, { error: 'undefined_prepared' }, { times: 1 })
    const told = await failure(client.query(question))
    assert.deepEqual([told.code, told.message], ['26000', 'prepared statement "sum "of" two" does not exist'])
    assert.equal((await failure(client.query(question))).message, told.message, 'the server says the same, word for word')
    assert.deepEqual(await queried(client, 'select name from pg_prepared_statements'), [])
    forgetPrepared(client)
    assert.deepEqual((await client.query(question)).rows, [{ sum: 2 }])
  })

  it('cached_plan_changed hits what was prepared under a name and nothing else', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'cached_plan_changed' })
    const told = await failure(client.query({ name: 'one', text: 'select 1' }))
    assert.deepEqual([told.code, told.message], ['0A000', 'cached plan must not change result type'])
    await client.query({ text: 'select $1::int', values: [1] })
    await client.query('select 1')
    await stage.heal()
    await client.query({ name: 'one', text: 'select 1' })
  })

  it('goes for the share that was asked for, statement by statement', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(error, {}, { sequence: { fail: 1, pass: 2 } })
    const outcomes: string[] = []
    for (let n = 0; n < 7; n++) outcomes.push(await client.query({ name: 'n', text: 'select $1::int', values: [n] }).then(() => 'ok', () => 'failed'))
    assert.deepEqual(outcomes, ['failed', 'ok', 'ok', 'failed', 'ok', 'ok', 'failed'])
  })

  it('fails a COPY that would write, and the connection goes on', async () => {
    const stage = await postgresStage()
    const [table, client] = [await stage.table(), await stage.client()]
    await stage.strike(error, { error: 'disk_full' }, { for: ms(60_000) })
    assert.equal((await failure(client.query(`copy ${table} from stdin`))).code, '53100')
    assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
  })

  it('hits a statement of many chunks as a whole', async () => {
    const stage = await postgresStage()
    const [table, client] = [await stage.table(), await stage.client()]
    const note = 'n'.repeat(3_000_000)
    await stage.strike(error, {}, { times: 2 })
    assert.equal((await failure(client.query(`insert into ${table} values (1, '${note}')`))).code, '40001')
    assert.equal((await failure(client.query({ text: `insert into ${table} values ($1, $2)`, values: [1, note] }))).code, '40001')
    await client.query({ text: `insert into ${table} values ($1, $2)`, values: [2, note] })
    assert.deepEqual((await stage.direct.query(`select id, length(note) from ${table}`)).rows, [{ id: 2, length: note.length }])
  })
})

/** As a client that answers 26000 by preparing anew. */
function forgetPrepared(client: Client): void {
  const { connection } = client as unknown as { readonly connection: { parsedStatements: object } }
  connection.parsedStatements = {}
}
