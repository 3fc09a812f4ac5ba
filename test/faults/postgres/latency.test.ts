import assert from 'node:assert/strict'
import type pg from 'pg'
import { latency } from '../../../faults/postgres/latency.ts'
import { closeAll, postgresStage, type Client } from './stage.ts'
import { failure, MODES } from './told.ts'

/** How long it took, in milliseconds. */
async function timed(client: Client, query: string | pg.QueryConfig): Promise<number> {
  const from = performance.now()
  await client.query(query)
  return performance.now() - from
}
const tookAtLeast = (took: number, least: number): void => assert.ok(took >= least - 1 && took < least + 2000, `${took} ms`)

describe('postgres.latency', () => {
  afterEach(closeAll)

  for (const [mode, as] of Object.entries(MODES)) {
    it(`delays the statements that were named, once each, and no others (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table('id int'), await stage.client()]
      await client.query(`insert into ${table} select generate_series(1, 50)`)
      await stage.strike(latency, { delay: '80ms' }, { where: { table } })
      tookAtLeast(await timed(client, as(`select * from ${table}`)), 80)
      await timed(client, as('select 1'))
      assert.deepEqual(stage.did(), ['delay'])
      const from = performance.now()
      await failure(client.query(as(`select 1 / (id - 1) from ${table}`)))
      tookAtLeast(performance.now() - from, 80)
    })
  }

  for (const [phase, delayed] of [['parse', ['extended', 'prepared']], ['bind', ['extended', 'prepared', 'prepared again']], ['execute', ['simple', 'extended', 'prepared', 'prepared again']], ['commit', ['commit']], ['first_row', ['simple', 'extended', 'prepared', 'prepared again']]] as const) {
    it(`${phase}: that and nothing else`, async () => {
      const stage = await postgresStage()
      const client = await stage.client()
      await stage.strike(latency, { delay: '70ms', phase })
      const slow: string[] = []
      const rows = 'select generate_series(1, 3)'
      const queries = { begin: 'begin', simple: rows, extended: MODES.extended(rows), prepared: MODES.prepared(rows), 'prepared again': MODES.prepared(rows), commit: 'commit' }
      for (const [name, query] of Object.entries(queries)) {
        const before = stage.did().length
        const took = await timed(client, query)
        if (stage.did().length === before) continue
        slow.push(name)
        tookAtLeast(took, 70)
        assert.equal(stage.did().length, before + 1, 'once')
      }
      assert.deepEqual(slow.filter((name) => phase !== 'execute' || (name !== 'begin' && name !== 'commit')), delayed)
    })
  }

  it('each_row: each so long after the one before', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(latency, { delay: '20ms', phase: 'each_row' })
    tookAtLeast(await timed(client, 'select generate_series(1, 6)'), 120)
    tookAtLeast(await timed(client, 'select generate_series(1, 2)'), 40)
    assert.equal(stage.did().length, 8)
  })

  it('holds the statement itself back where the rule says to-server: until then the server has not done it', async () => {
    const stage = await postgresStage()
    const [table, client] = [await stage.table('id int'), await stage.client()]
    await stage.strike(latency, { delay: '150ms' }, { direction: 'to-server' })
    const inserting = timed(client, { text: `insert into ${table} values ($1)`, values: [1] })
    await new Promise((resolve) => { setTimeout(resolve, 30) })
    assert.equal((await stage.direct.query(`select from ${table}`)).rowCount, 0)
    tookAtLeast(await inserting, 150)
  })

  it('scatters, and lets go of what it holds when it ends', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(latency, { delay: '30ms', jitter: '20ms' })
    for (let n = 0; n < 5; n++) tookAtLeast(await timed(client, 'select 1'), 10)
    await stage.strike(latency, { delay: '1m' })
    const waiting = timed(client, 'select 1')
    await new Promise((resolve) => { setTimeout(resolve, 30) })
    await stage.heal()
    assert.ok(await waiting < 5000)
  })
})
