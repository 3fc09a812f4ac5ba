import assert from 'node:assert/strict'
import { notices } from '../../../faults/postgres/notices.ts'
import { closeAll, postgresStage, until } from './stage.ts'

describe('postgres.notices', () => {
  afterEach(closeAll)

  it('floods the client beside the right answer, simple and extended, well or not', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(notices, { count: 300, length: 50 })
    assert.equal((await client.query('select 1 a')).rows[0].a, 1)
    assert.equal((await client.query({ text: 'select $1::int a', values: [2] })).rows[0].a, 2)
    await assert.rejects(client.query('select 1/0'), { code: '22012' })
    // pg rejects on the error itself; the flood comes behind it.
    await until(() => client.notices.length === 900, '900 notices')
    const { severity, code, message } = client.notices[0] as { severity: string; code: string; message: string }
    assert.deepEqual([severity, code, message.length], ['NOTICE', '00000', 50])
    await stage.heal()
    await client.query('select 1')
    assert.equal(client.notices.length, 900)
  })

  it('does so for the statements that are named, as often as it is told', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(notices, { count: 10000, length: 1000 }, { where: { tag: 'SELECT' }, times: 1 })
    await client.query('begin')
    await client.query('select 1')
    await client.query('select 1')
    await client.query('commit')
    assert.equal(client.notices.length, 10_000)
  })
})
