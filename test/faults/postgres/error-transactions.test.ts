/** What a client is told of its transactions is what is in the table afterwards, wherever postgres.error strikes. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { error } from '../../../faults/postgres/error.ts'
import { closeAll, postgresStage, type Client, type PostgresStage } from './stage.ts'
import { failure, MODES, rowsOf, statusOf, Told, type Mode } from './told.ts'

const EVERY_MODE = Object.keys(MODES) as Mode[]
const PHASES = ['parse', 'bind', 'execute'] as const

describe('postgres.error in transactions', () => {
  afterEach(closeAll)

  for (const mode of EVERY_MODE) {
    it(`leaves no ghost write: after the error COMMIT answers ROLLBACK, and nothing is there (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table(), await stage.client()]
      await stage.strike(error, { error: 'deadlock' }, { where: { table }, skip: 1, times: 1 })
      await client.query(MODES[mode]('begin'))
      await client.query(MODES[mode](`insert into ${table} values (1)`))
      assert.equal((await failure(client.query(MODES[mode](`insert into ${table} values (2)`)))).code, '40P01')
      assert.equal((await failure(client.query(MODES[mode](`insert into ${table} values (3)`)))).code, '25P02')
      assert.equal((await client.query(MODES[mode]('commit'))).command, 'ROLLBACK')
      assert.deepEqual(await rowsOf(stage.direct, table), [])
      await client.query(MODES[mode](`insert into ${table} values (4)`))
      assert.deepEqual(await rowsOf(stage.direct, table), [4])
    })

    it(`fails a COMMIT: nothing of the transaction is there, and the session is out of it (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table(), await stage.client()]
      await client.query(MODES[mode]('begin'))
      await client.query(MODES[mode]('commit'))
      await stage.strike(error, {}, { where: { phase: 'commit' } })
      for (const [n, end] of ['commit', 'end', 'commit and chain', 'commit work', '/* x */ COMMIT;', "prepare transaction 'x'"].entries()) {
        await client.query(MODES[mode]('begin'))
        await client.query(MODES[mode](`insert into ${table} values (${n})`))
        if (end.startsWith('prepare')) await stage.strike(error, {}, { where: { tag: 'PREPARE' } })
        assert.equal((await failure(client.query(MODES[mode](end)))).code, '40001', end)
        assert.equal(await statusOf(client), 'I', end)
      }
      assert.deepEqual(await rowsOf(stage.direct, table), [])
      assert.deepEqual((await client.query('select name from pg_prepared_statements where name like \'brownout%\'')).rows, [], 'nothing of ours is left in the session')
      await client.query(MODES[mode](`insert into ${table} values (9)`))
      assert.deepEqual(await rowsOf(stage.direct, table), [9])
    })

    it(`goes back to a savepoint, as after any error (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client, told] = [await stage.table(), await stage.client(), new Told()]
      await stage.strike(error, { error: 'lock_not_available' }, { where: { table }, skip: 1, times: 1 })
      for (const text of ['begin', `insert into ${table} values (1)`, 'savepoint a', `insert into ${table} values (2)`, `insert into ${table} values (3)`, 'rollback to savepoint a', `insert into ${table} values (4)`, 'release savepoint a', 'commit']) {
        await told.ask(client, text, mode)
      }
      assert.deepEqual(told.codes, ['55P03', '25P02'])
      assert.deepEqual([told.rows, await rowsOf(stage.direct, table)], [[1, 4], [1, 4]])
    })
  }

  describe('ten statements, the error at each place in turn', () => {
    for (const mode of EVERY_MODE) for (const phase of mode === 'simple' ? ['execute'] as const : PHASES) for (const after of ['goes on', 'rolls back'] as const) {
      it(`${mode}, at ${phase}, by a client that ${after}`, async () => {
        const stage = await postgresStage()
        let client = await stage.client()
        for (let place = 0; place < 12; place++) {
          if (phase === 'parse') client = await stage.client()
          await strikeAt(stage, client, place, { mode, phase, after })
        }
      })
    }

    for (const mode of EVERY_MODE) for (const phase of mode === 'simple' ? ['execute'] as const : PHASES) {
      it(`${mode}, at ${phase}, all sent at once`, async () => {
        const stage = await postgresStage()
        let client = await stage.client({ pipeline: true })
        for (let place = 0; place < 12; place++) {
          if (phase === 'parse') client = await stage.client({ pipeline: true })
          const table = await stage.table()
          await stage.strike(error, { code: '40001', phase }, { skip: place, times: 1 })
          const told = new Told()
          const texts = transaction(table)
          const answers = await Promise.allSettled(texts.map((text) => client.query(MODES[mode](text))))
          for (const [i, answer] of answers.entries()) told.hear(texts[i] ?? '', answer.status === 'fulfilled' ? answer.value.command : answer.reason)
          await stage.heal()
          assert.deepEqual(await rowsOf(stage.direct, table), told.rows, `place ${place}`)
          assert.equal(told.codes[0], '40001', `place ${place}`)
          assert.equal(await statusOf(client), 'I')
        }
      })
    }
  })

  it('a ledger keeps its sum through any transactions and any errors', async function (this: Mocha.Context) {
    this.timeout(600_000)
    const stage = await postgresStage()
    const client = await stage.client()
    const table = await stage.table('account int primary key, balance int')
    await stage.direct.query(`insert into ${table} select n, 100 from generate_series(1, 5) n`)
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('transfer' as const), from: fc.integer({ min: 1, max: 5 }), to: fc.integer({ min: 1, max: 5 }), amount: fc.integer({ min: 1, max: 50 }) }) },
      { weight: 1, arbitrary: fc.constantFrom({ kind: 'savepoint' as const }, { kind: 'rollback' as const }) },
    )
    const run = fc.record({
      steps: fc.array(step, { minLength: 1, maxLength: 8 }), mode: fc.constantFrom(...EVERY_MODE), phase: fc.constantFrom(...PHASES),
      preset: fc.constantFrom('serialization_failure', 'deadlock', 'out_of_memory', 'disk_full'), skip: fc.integer({ min: 0, max: 20 }), honest: fc.boolean(),
    })
    await fc.assert(fc.asyncProperty(run, async ({ steps, mode, phase, preset, skip, honest }) => {
      await stage.strike(error, { error: preset, phase }, { skip, times: 1 })
      const before = await balances(stage, table)
      const expected = new Map(before)
      const ask = (text: string): Promise<boolean> => client.query(MODES[mode](text)).then(({ command }) => command !== 'ROLLBACK' || text !== 'commit', () => false)
      const inside = await ask('begin')
      let whole = inside
      let saved: Map<number, number> | undefined
      const pending = new Map(before)
      for (const one of inside ? steps : []) {
        if (one.kind === 'savepoint') { if (await ask('savepoint s')) saved = new Map(pending); else whole = false }
        else if (one.kind === 'rollback') {
          if (!saved || !await ask('rollback to savepoint s')) continue
          for (const [account, balance] of saved) pending.set(account, balance)
          whole = true
        } else {
          const took = await ask(`update ${table} set balance = balance - ${one.amount} where account = ${one.from}`)
          const gave = await ask(`update ${table} set balance = balance + ${one.amount} where account = ${one.to}`)
          whole &&= took && gave
          if (took) pending.set(one.from, (pending.get(one.from) ?? 0) - one.amount)
          if (gave) pending.set(one.to, (pending.get(one.to) ?? 0) + one.amount)
        }
      }
      // One that is honest rolls back what did not go through; the other commits whatever there is, and believes the answer.
      if (inside && await ask(honest && !whole ? 'rollback' : 'commit') && !(honest && !whole)) for (const [account, balance] of pending) expected.set(account, balance)
      await stage.heal()
      assert.equal(await statusOf(client), 'I')
      const after = await balances(stage, table)
      assert.deepEqual(after, expected)
      assert.equal([...after.values()].reduce((sum, balance) => sum + balance, 0), 500)
    }), { numRuns: process.env['TEST_ALL'] ? 2000 : 60 })
  })
})

const transaction = (table: string): readonly string[] => ['begin', ...Array.from({ length: 10 }, (_, n) => `insert into ${table} values (${n + 1})`), 'commit']

interface Way { readonly mode: Mode; readonly phase: (typeof PHASES)[number]; readonly after: 'goes on' | 'rolls back' }

/** BEGIN, ten inserts, COMMIT; the error at one of the twelve. What was prepared before is parsed no more: at `parse` each place needs a client of its own. */
async function strikeAt(stage: PostgresStage, client: Client, place: number, { mode, phase, after }: Way): Promise<void> {
  const table = await stage.table()
  await stage.strike(error, { code: '40001', phase }, { skip: place, times: 1 })
  const told = new Told()
  for (const text of transaction(table)) {
    if (await told.ask(client, text, mode) || after === 'goes on') continue
    await told.ask(client, 'rollback', mode)
    break
  }
  await stage.heal()
  assert.deepEqual(await rowsOf(stage.direct, table), told.rows, `place ${place}`)
  assert.equal(told.codes[0], '40001', `place ${place}`)
  assert.equal(await statusOf(client), 'I')
  assert.deepEqual(told.rows, place === 0 && after === 'goes on' ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [], `place ${place}`)
}

const balances = async ({ direct }: PostgresStage, table: string): Promise<Map<number, number>> =>
  new Map((await direct.query(`select account, balance from ${table}`)).rows.map(({ account, balance }: { account: number; balance: number }) => [account, balance]))
