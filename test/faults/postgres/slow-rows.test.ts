import assert from 'node:assert/strict'
import pg from 'pg'
import { slowRows } from '../../../faults/postgres/slow-rows.ts'
import { closeAll, postgresStage, until } from './stage.ts'

describe('postgres.slow_rows', () => {
  afterEach(closeAll)

  it('lets rows come one by one, in order, and then the end', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(slowRows, { rate: '20/s' })
    const start = performance.now()
    const query = new pg.Query<{ i: number }>('select i from generate_series(1, 5) i')
    const rows: { i: number; at: number }[] = []
    query.on('row', ({ i }) => rows.push({ i, at: performance.now() - start }))
    const ended = new Promise((resolve, reject) => query.on('end', resolve).on('error', reject))
    client.query(query)
    await ended
    assert.deepEqual(rows.map(({ i }) => i), [1, 2, 3, 4, 5])
    for (const [n, { at }] of rows.entries()) assert.ok(at >= 50 * (n + 1) - 2, `row ${n + 1} after ${at} ms`)
  })

  it('holds a part of a large result, and lets the server wait with the rest; healed, all of it comes at once', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(slowRows, { rate: '1/s' })
    const asked = client.query<{ i: number; x: string }>("select i, repeat('x', 10000) x from generate_series(1, 4000) i")
    const read = async (): Promise<number> => (await stage.plane.figures()).targets['db']?.bytesFromServer ?? 0
    await until(async () => await read() > 4_000_000, 'some of it is read')
    await stage.active('generate_series')
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    const wasRead = await read()
    assert.ok(wasRead < 20_000_000, `${wasRead} of 40 MB were read`)
    await stage.heal()
    const { rows } = await asked
    assert.ok(rows.length === 4000 && rows.every(({ i, x }, n) => i === n + 1 && x.length === 10_000))
  })

  it('hits the statements that are named, and neither what has no rows nor what comes after', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(slowRows, { rate: '0.01/s' }, { where: { sql: '/slow/' } })
    assert.equal((await client.query('select 1')).rowCount, 1)
    assert.equal((await client.query('/* slow */ set application_name = a')).command, 'SET')
    const held = client.query("select 'slow'")
    const other = await stage.client()
    assert.equal((await other.query({ text: 'select $1::int', values: [2] })).rowCount, 1)
    await until(() => stage.did().length === 1, 'the row is held')
    await stage.heal()
    assert.equal((await held).rowCount, 1)
  })
})
