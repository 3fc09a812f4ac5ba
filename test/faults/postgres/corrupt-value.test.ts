import assert from 'node:assert/strict'
import { corruptValue } from '../../../faults/postgres/corrupt-value.ts'
import { cutRows } from '../../../faults/postgres/cut-rows.ts'
import { readParams } from '../scene.ts'
import { closeAll, postgresStage } from './stage.ts'

describe('postgres.corrupt_value', () => {
  afterEach(closeAll)

  it('changes one character of each row and nothing else, and what is stored stays as it is', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    await stage.direct.query(`insert into ${table} select 1000 + i, 'Aa-' || i from generate_series(1, 50) i`)
    const client = await stage.client()
    await stage.strike(corruptValue)
    const { rows } = await client.query<{ id: string; note: string }>(`select id::text, note from ${table} order by ${table}.id`)
    assert.equal(rows.length, 50)
    for (const [i, { id, note }] of rows.entries()) {
      const [seen, real] = [`${id} ${note}`, `${1001 + i} Aa-${1 + i}`]
      assert.deepEqual([seen.length, [...seen].filter((character, at) => character !== real[at]).length], [real.length, 1], `${seen} for ${real}`)
    }
    assert.equal((await stage.direct.query(`select * from ${table} where note <> 'Aa-' || (id - 1000)`)).rowCount, 0)
  })

  it('keeps to the column, the share and the statements that are named', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(corruptValue, { column: 2, rows: '50%' }, { where: { sql: '/hit/' } })
    const { rows } = await client.query<{ a: string; b: string; c: null }>("select 'hit' a, 'bbbb' b, null c from generate_series(1, 200)")
    const changed = rows.filter(({ b }) => b !== 'bbbb')
    assert.ok(changed.length > 60 && changed.length < 140, `${changed.length} of 200`)
    assert.ok(rows.every(({ a, b, c }) => a === 'hit' && c === null && b.length === 4))
    assert.deepEqual((await client.query("select 'spared' a")).rows, [{ a: 'spared' }])
    assert.deepEqual((await client.query('select null a, \'\' b, \'-- hit\' || \'!\' as c')).rows[0], { a: null, b: '', c: '-- hit!' })
  })

  it('leaves the stream readable: other rules go on', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(corruptValue)
    await client.query("select 'aaaa'")
    await stage.plane.arm([{ id: 'cut', fault: cutRows.name, on: 'db', params: readParams(cutRows, { rows: 0 }), standing: true }])
    await assert.rejects(client.query("select 'aaaa'"), /Connection terminated/)
    assert.equal(stage.events.filter(({ kind }) => kind === 'opaque').length, 0)
  })
})
