import assert from 'node:assert/strict'
import pg from 'pg'
import { commitLoss } from '../../../faults/postgres/commit-loss.ts'
import { randomStream } from '../../../src/core/random.ts'
import { serialize } from 'pg-protocol'
import { ask, Line, SYNC } from './line.ts'
import { closeAll, postgresStage, until, type PostgresStage } from './stage.ts'
import { MODES, rowsOf, type Mode } from './told.ts'

const EVERY_MODE = Object.keys(MODES) as Mode[]
const YES = 'close executed: yes'
const NO = 'close executed: no'
/** A client may lose its connection; it is not a server that says so. */
const cut = (thrown: unknown): boolean => thrown instanceof Error && !(thrown instanceof pg.DatabaseError)
const sessions = async ({ direct }: PostgresStage, application: string): Promise<number> =>
  (await direct.query('select from pg_stat_activity where application_name = $1', [application])).rowCount ?? 0

describe('postgres.commit_loss', () => {
  afterEach(closeAll)

  for (const mode of EVERY_MODE) {
    for (const executed of ['yes', 'no'] as const) {
      it(`COMMIT without an answer, and the journal knows: ${executed} (${mode})`, async () => {
        const stage = await postgresStage()
        const [table, client] = [await stage.table('id int'), await stage.client({ application_name: `lost ${mode}` })]
        await stage.strike(commitLoss, { executed })
        await client.query(MODES[mode]('begin'))
        await client.query(MODES[mode](`insert into ${table} values (1)`))
        await assert.rejects(client.query(MODES[mode]('commit')), cut)
        await client.over
        assert.deepEqual(stage.did(), [executed === 'yes' ? YES : NO])
        while (await sessions(stage, `lost ${mode}`) > 0) await new Promise((resolve) => { setTimeout(resolve, 5) })
        assert.deepEqual(await rowsOf(stage.direct, table), executed === 'yes' ? [1] : [])
        await stage.heal()
        assert.deepEqual((await (await stage.client()).query('select 1 as one')).rows, [{ one: 1 }])
      })

      it(`a write outside of a transaction, and the journal knows: ${executed} (${mode})`, async () => {
        const stage = await postgresStage()
        const [table, client] = [await stage.table('id int'), await stage.client()]
        await stage.strike(commitLoss, { executed, how: 'end' })
        assert.deepEqual((await client.query(MODES[mode](`select * from ${table}`))).rows, [], 'reads pass')
        await assert.rejects(client.query(MODES[mode](`insert into ${table} values (1) returning id`)), cut)
        assert.deepEqual(stage.did().filter((did) => did !== 'stall'), [executed === 'yes' ? YES : NO])
        assert.deepEqual(await rowsOf(stage.direct, table), executed === 'yes' ? [1] : [])
      })
    }

    it(`leaves alone what makes nothing last: writes in a transaction, a COMMIT of one that failed, a ROLLBACK, errors (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table('id int primary key deferrable initially deferred'), await stage.client()]
      await stage.strike(commitLoss)
      const query = (text: string): Promise<string> => client.query(MODES[mode](text)).then(({ command }) => command, (thrown: unknown) => (thrown instanceof pg.DatabaseError ? thrown.code ?? '' : 'cut'))
      const outcomes: string[] = []
      for (const text of ['begin', `insert into ${table} values (1)`, 'select 1/0', 'commit', 'begin', `insert into ${table} values (2)`, 'rollback', 'begin', `insert into ${table} values (3)`, `insert into ${table} values (3)`, 'commit', 'insert into nowhere values (1)', 'select 1']) outcomes.push(await query(text))
      assert.deepEqual(outcomes, ['BEGIN', 'INSERT', '22012', 'ROLLBACK', 'BEGIN', 'INSERT', 'ROLLBACK', 'BEGIN', 'INSERT', 'INSERT', '23505', '42P01', 'SELECT'])
      assert.deepEqual(stage.did(), [])
    })

    it(`a write that fails when it commits was not executed, though the server had said INSERT (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table('id int primary key deferrable initially deferred'), await stage.client()]
      await stage.direct.query(`insert into ${table} values (1)`)
      await stage.strike(commitLoss)
      const told = await client.query(MODES[mode](`insert into ${table} values (1)`)).then(() => assert.fail('it went through'), (thrown: unknown) => thrown)
      // In a simple query the server says so at once, and that is no secret.
      if (mode === 'simple') assert.equal((told as pg.DatabaseError).code, '23505')
      else assert.ok(cut(told), String(told))
      assert.deepEqual(stage.did().filter((did) => did !== 'stall'), mode === 'simple' ? [] : [NO])
      assert.deepEqual(await rowsOf(stage.direct, table), [1])
    })
  }

  /** Each batch, whether its rows last, and what of it the client may hear before the cut. */
  const BATCHES: readonly (readonly [name: string, batch: (insert: (n: number) => readonly Buffer[]) => readonly Buffer[], note: string | undefined, rows: readonly number[]])[] = [
    ['two writes that commit together', (insert) => [...insert(1), ...insert(2), SYNC], YES, [1, 2]],
    ['a write undone by an error behind it', (insert) => [...insert(1), ...ask('select 1/0'), SYNC], NO, []],
    ['a write that a BEGIN behind it takes into its transaction', (insert) => [...insert(1), ...ask('begin'), SYNC], NO, []],
    ['a COMMIT in the middle', (insert) => [...ask('begin'), ...insert(1), ...ask('commit'), ...insert(2), SYNC], YES, [1]],
    ['BEGIN, a write and ROLLBACK', (insert) => [...ask('begin'), ...insert(1), ...ask('rollback'), SYNC], undefined, []],
  ]
  for (const [name, batch, note, rows] of BATCHES) {
    it(`knows the truth of a batch: ${name}`, async () => {
      const stage = await postgresStage()
      const [table, line] = [await stage.table('id int'), await new Line(stage.port).login()]
      await stage.strike(commitLoss, {}, { times: 1, ...(name.includes('COMMIT') ? { where: { phase: 'commit' } } : {}) })
      const heard = line.tell(...batch((n) => ask(`insert into ${table} values (${n})`)))
      await until(() => line.over || heard().includes('Z:'), 'an end')
      assert.deepEqual(stage.did().filter((did) => did !== 'stall'), note === undefined ? [] : [note])
      assert.doesNotMatch(heard(), note === undefined ? /never/ : /Z:|C:COMMIT/)
      if (!name.includes('COMMIT') && note !== undefined) assert.doesNotMatch(heard(), /C:/, 'no answer takes the place of one that is held')
      while ((await stage.direct.query('select from pg_stat_activity where pid <> pg_backend_pid() and query like $1 and state <> \'idle\'', [`%${table}%`])).rowCount) await new Promise((resolve) => { setTimeout(resolve, 5) })
      const there = await rowsOf(stage.direct, table)
      assert.deepEqual(there.filter((id) => rows.includes(id)), rows)
      if (note === NO) assert.deepEqual(there, [])
    })
  }

  it('lets go of an answer that it holds when it is disarmed before the server has committed', async () => {
    const stage = await postgresStage()
    const [table, line] = [await stage.table('id int'), await new Line(stage.port).login()]
    await stage.strike(commitLoss)
    const heard = line.tell(...ask(`insert into ${table} values (1)`), serialize.flush())
    await until(() => stage.did().includes('stall'), 'the answer is held')
    await stage.heal()
    await until(() => heard() === 'C:INSERT 0 1', 'the answer')
    await line.say(1, SYNC)
    assert.equal(heard(), 'C:INSERT 0 1 Z:I')
    assert.deepEqual(await rowsOf(stage.direct, table), [1])
  })

  it('notes the truth every time: the journal is what the table is', async function (this: Mocha.Context) {
    this.timeout(600_000)
    const stage = await postgresStage()
    const table = await stage.table('id int')
    const random = randomStream(3, 'rounds')
    await stage.strike(commitLoss, { executed: 'random' })
    const rounds = process.env['TEST_ALL'] ? 1000 : 100
    const noted: number[] = []
    const kinds = new Set<string>()
    for (let round = 0; round < rounds; round++) {
      const mode = EVERY_MODE[Math.floor(random() * EVERY_MODE.length)] ?? 'simple'
      const inside = random() < 0.5
      const client = await stage.client()
      const insert = `insert into ${table} values (${round})`
      if (inside) {
        await client.query(MODES[mode]('begin'))
        await client.query(MODES[mode](insert))
      }
      await assert.rejects(client.query(MODES[mode](inside ? 'commit' : insert)), cut)
      const note = stage.did().at(-1) ?? ''
      assert.match(note, /^close executed: (yes|no)$/)
      if (note === YES) noted.push(round)
      kinds.add(`${mode} ${inside} ${note}`)
    }
    assert.equal(stage.did().filter((did) => did.startsWith('close')).length, rounds)
    assert.deepEqual(await rowsOf(stage.direct, table), noted)
    assert.equal(kinds.size, 12, 'each way was gone')
  })
})
