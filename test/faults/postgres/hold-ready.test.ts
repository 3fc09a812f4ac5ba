import assert from 'node:assert/strict'
import { serialize } from 'pg-protocol'
import { holdReady } from '../../../faults/postgres/hold-ready.ts'
import { ask, Line, SYNC } from './line.ts'
import { closeAll, postgresStage, until } from './stage.ts'
import { failure, MODES } from './told.ts'

describe('postgres.hold_ready', () => {
  afterEach(closeAll)

  for (const [name, batch] of [['simple', [serialize.query("select 'all of it'")]], ['extended', [...ask("select 'all of it'"), SYNC]]] as const) {
    it(`gives the whole answer but for its last word, until the fault ends (${name})`, async () => {
      const stage = await postgresStage()
      const line = await new Line(stage.port).login()
      await stage.strike(holdReady)
      const heard = line.tell(...batch)
      await until(() => heard().includes('C:SELECT 1'), 'the answer')
      const next = line.tell(serialize.query('select 2'))
      await new Promise((resolve) => { setTimeout(resolve, 50) })
      assert.match(heard(), /^D:.*all of it C:SELECT 1$/)
      await stage.heal()
      await until(() => next().endsWith('Z:I'), 'the rest')
      assert.match(next(), /^Z:I D:.*2 C:SELECT 1 Z:I$/)
      assert.deepEqual(stage.did(), ['stall', 'stall'])
    })
  }

  for (const [mode, as] of Object.entries(MODES)) {
    it(`a query of pg waits for it, for so long as was asked (${mode})`, async () => {
      const stage = await postgresStage()
      const client = await stage.client()
      await stage.strike(holdReady, { hold: '120ms' }, { times: 2 })
      for (const query of [client.query(as('select 1')), failure(client.query(as('select 1/0'))).then(() => client.query(''))]) {
        const from = performance.now()
        await query
        assert.ok(performance.now() - from >= 119)
      }
      const soon = performance.now()
      await client.query(as('select 1'))
      assert.ok(performance.now() - soon < 110, 'the third is not hit')
    })
  }

  it('lets logins pass', async () => {
    const stage = await postgresStage()
    await stage.strike(holdReady)
    await stage.client()
    assert.deepEqual(stage.did(), [])
  })
})
