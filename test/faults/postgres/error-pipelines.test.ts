/** Under postgres.error no pipeline loses step: each answer stays that of its question. */

import assert from 'node:assert/strict'
import { serialize } from 'pg-protocol'
import sql from 'postgres'
import { error } from '../../../faults/postgres/error.ts'
import { randomStream } from '../../../src/core/random.ts'
import { ratio } from '../../../src/core/units.ts'
import { later } from '../../proxy/stage.ts'
import { ask, Line, SYNC, told } from './line.ts'
import { closeAll, postgresStage } from './stage.ts'
import { rowsOf } from './told.ts'

const BURSTS = process.env['TEST_ALL'] ? 400 : 40

describe('postgres.error in pipelines', () => {
  afterEach(closeAll)

  it('a batch fails as the server fails one: what came before is undone with it, what comes behind is passed over', async () => {
    const stage = await postgresStage()
    const [table, line] = [await stage.table('id int'), await new Line(stage.port).login()]
    await stage.strike(error, {}, { where: { sql: '/bad/' } })
    const insert = (n: number, note = ''): readonly Buffer[] => ask(`insert into ${table} values (${n}) ${note}`)
    assert.equal(told(await line.say(1, ...insert(1), ...insert(2, '-- bad'), ...insert(3), SYNC)), 'C:INSERT 0 1 E:40001 Z:I')
    assert.deepEqual(await rowsOf(stage.direct, table), [])
    assert.equal(told(await line.say(2, ...insert(1), SYNC, ...insert(2, '-- bad'), ...insert(3, '-- bad'), SYNC)), 'C:INSERT 0 1 Z:I E:40001 Z:I')
    assert.deepEqual(await rowsOf(stage.direct, table), [1])
    assert.equal(told(await line.say(4, ...ask('begin'), SYNC, ...insert(4), ...insert(5, '-- bad'), SYNC, ...insert(6), SYNC, ...ask('commit'), SYNC)), 'C:BEGIN Z:T C:INSERT 0 1 E:40001 Z:E E:25P02 Z:E C:ROLLBACK Z:I')
    assert.deepEqual(await rowsOf(stage.direct, table), [1])
  })

  it('a COMMIT in the middle of a batch fails, and nothing behind it is done', async () => {
    const stage = await postgresStage()
    const [table, line] = [await stage.table('id int'), await new Line(stage.port).login()]
    await stage.strike(error, {}, { where: { phase: 'commit' } })
    const insert = (n: number): readonly Buffer[] => ask(`insert into ${table} values (${n})`)
    assert.equal(told(await line.say(1, ...ask('begin'), ...insert(1), ...ask('commit'), ...insert(2), SYNC)), 'C:BEGIN C:INSERT 0 1 E:40001 Z:I')
    assert.deepEqual(await rowsOf(stage.direct, table), [])
    // Prepared earlier; and with its answer asked for at once.
    await line.say(1, serialize.parse({ name: 'c', text: 'commit', types: [] }), SYNC)
    const commit = [serialize.bind({ statement: 'c' }), serialize.execute(), serialize.flush()]
    assert.equal(told(await line.say(1, ...ask('begin'), ...insert(3), ...commit, ...insert(4), serialize.query('select 1'), SYNC)), 'C:BEGIN C:INSERT 0 1 E:40001 Z:I')
    assert.equal(told(await line.say(1, ...insert(5), SYNC)), 'C:INSERT 0 1 Z:I')
    assert.deepEqual(await rowsOf(stage.direct, table), [5])
    assert.equal(told(await line.say(2, serialize.query('begin'), serialize.query(`insert into ${table} values (6); commit`))), 'C:BEGIN Z:T C:INSERT 0 1 C:COMMIT Z:I', 'of several statements the first counts')
  })

  it('an error that the server passes over is none: what failed before it is all that is told', async () => {
    const stage = await postgresStage()
    const line = await new Line(stage.port).login()
    await stage.strike(error, {}, { where: { sql: ['/bad/', 'commit'] } })
    assert.equal(told(await line.say(1, ...ask('select 1/0'), ...ask('select 1 -- bad'), ...ask('commit'), SYNC)), 'E:22012 Z:I')
    assert.equal(told(await line.say(1, ...ask('select 1/0'), serialize.query('select 2 -- bad'), serialize.query('commit'), SYNC)), 'E:22012 Z:I')
    assert.equal(told(await line.say(2, serialize.query('select 3 -- bad'), ...ask('select 4::text'), SYNC)), 'E:40001 Z:I D:4 C:SELECT 1 Z:I')
  })

  for (const phase of ['parse', 'bind', 'execute'] as const) {
    it(`bursts of bare messages under 5 % errors at ${phase}: after each, a nonce comes back as it was sent`, async () => {
      const stage = await postgresStage()
      const [table, line] = [await stage.table('id int'), await new Line(stage.port).login()]
      await stage.strike(error, { phase }, { chance: ratio(0.05), where: { table } })
      const random = randomStream(7, 'bursts')
      const committed: number[] = []
      let id = 0
      for (let burst = 0; burst < BURSTS; burst++) {
        const frames = Array.from({ length: 1 + Math.floor(random() * 12) }, () => {
          const ids = Array.from({ length: random() < 0.2 ? 1 : 1 + Math.floor(random() * 6) }, () => ++id)
          const simple = ids.length === 1 && random() < 0.5
          return { ids, raw: simple ? [serialize.query(`insert into ${table} values (${id})`)] : [...ids.flatMap((n) => ask(`insert into ${table} values ($1)`, [String(n)])), SYNC] }
        })
        const ends = told(await line.say(frames.length, ...frames.flatMap(({ raw }) => raw))).split(/ ?Z:I ?/).slice(0, -1)
        assert.equal(ends.length, frames.length)
        for (const [i, { ids }] of frames.entries()) {
          if (ends[i]?.endsWith('E:40001')) continue
          assert.equal(ends[i], ids.map(() => 'C:INSERT 0 1').join(' '))
          committed.push(...ids)
        }
        assert.equal(told(await line.say(1, ...ask('select $1::text', [`nonce ${burst}`]), SYNC)), `D:nonce ${burst} C:SELECT 1 Z:I`)
      }
      assert.deepEqual(await rowsOf(stage.direct, table), committed)
      assert.ok(stage.did().length > 0 && committed.length > 0)
    })
  }

  it('comes and goes in the middle of bursts, and none of them loses step', async () => {
    const stage = await postgresStage()
    const [table, line] = [await stage.table('id int'), await new Line(stage.port).login()]
    const committed: number[] = []
    for (let burst = 0; burst < BURSTS; burst++) {
      await stage.strike(error, { phase: burst % 2 === 0 ? 'execute' : 'parse' }, { chance: ratio(0.5) })
      const ids = Array.from({ length: 40 }, (_, n) => burst * 100 + n)
      const saying = line.say(40, ...ids.flatMap((id) => [...ask('begin'), ...ask(`insert into ${table} values (${id})`), ...ask('commit'), SYNC]))
      await new Promise((resolve) => { setImmediate(resolve) })
      await stage.heal()
      const ends = told(await saying).split(/ ?Z:[ITE] ?/).slice(0, -1)
      for (const [i, id] of ids.entries()) {
        if (ends[i]?.endsWith('C:COMMIT')) committed.push(id)
        else assert.match(ends[i] ?? '', /E:(40001|25P02)$/)
      }
      await line.say(1, serialize.query('rollback'))
      assert.equal(told(await line.say(1, ...ask('select $1::text', [`nonce ${burst}`]), SYNC)), `D:nonce ${burst} C:SELECT 1 Z:I`)
    }
    assert.deepEqual(await rowsOf(stage.direct, table), committed)
  })

  it('bursts of postgres.js under 5 % errors: each promise has its own answer', async () => {
    const stage = await postgresStage()
    const table = await stage.table('id int')
    const client = sql({ host: '127.0.0.1', port: stage.port, user: 'postgres', database: 'postgres', max: 2, onnotice: () => undefined })
    later(() => client.end({ timeout: 1 }))
    await client`select 1`
    await stage.strike(error, {}, { chance: ratio(0.05) })
    let failed = 0
    const committed: number[] = []
    for (let burst = 0; burst < BURSTS; burst++) {
      const ids = Array.from({ length: 30 }, (_, n) => burst * 100 + n)
      const answers = await Promise.allSettled(ids.map((id) => (id % 3 === 0 ? client`insert into ${client(table)} values (${id}) returning id` : client`select ${id}::int as id`)))
      for (const [i, answer] of answers.entries()) {
        const id = ids[i] ?? -1
        if (answer.status === 'fulfilled') {
          assert.equal(answer.value[0]?.['id'], id)
          if (id % 3 === 0) committed.push(id)
        } else {
          assert.ok(answer.reason instanceof sql.PostgresError && answer.reason.code === '40001', String(answer.reason))
          failed++
        }
      }
      const nonce = `nonce ${burst}`
      await client`select ${nonce}::text as nonce`.then(([row]) => assert.equal(row?.['nonce'], nonce), (thrown: unknown) => assert.ok(thrown instanceof sql.PostgresError && thrown.code === '40001', String(thrown)))
    }
    assert.deepEqual(await rowsOf(stage.direct, table), committed.sort((a, b) => a - b))
    assert.ok(failed > BURSTS / 4, `${failed} failed`)
  })
})
