import assert from 'node:assert/strict'
import { dropNotify } from '../../../faults/postgres/drop-notify.ts'
import { closeAll, postgresStage, until } from './stage.ts'

describe('postgres.drop_notify', () => {
  afterEach(closeAll)

  it('loses what is notified, and nothing else on that connection', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await client.query('listen a')
    await stage.strike(dropNotify)
    await stage.direct.query("notify a, 'lost'")
    await until(() => stage.did().length === 1, 'the loss')
    assert.equal((await client.query('select 1 a')).rows[0].a, 1)
    await stage.heal()
    await stage.direct.query("notify a, 'heard'")
    await until(() => client.notified.length > 0, 'the notification')
    assert.deepEqual(client.notified, ['a heard'])
  })

  it('loses those of one channel, and its own among them', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await client.query('listen a; listen b')
    await stage.strike(dropNotify, {}, { where: { channel: 'b' } })
    await client.query("notify a, '1'; notify b, '1'")
    await stage.direct.query("notify b, '2'; notify a, '2'")
    await until(() => client.notified.length === 2 && stage.did().length === 2, 'all four')
    assert.deepEqual(client.notified, ['a 1', 'a 2'])
  })

  it('doubles them, or a share of them', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await client.query('listen a')
    await stage.strike(dropNotify, { how: 'double' }, { sequence: { fail: 1, pass: 1 } })
    for (const n of [1, 2, 3]) await stage.direct.query(`notify a, '${n}'`)
    await until(() => client.notified.length === 5, 'all')
    assert.deepEqual(client.notified, ['a 1', 'a 1', 'a 2', 'a 3', 'a 3'])
    assert.equal((await client.query('select 1 a')).rows[0].a, 1)
  })

  it('delays them, in order; healed, they come at once', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await client.query('listen a')
    await stage.strike(dropNotify, { how: 'delay', delay: '150ms' })
    const start = performance.now()
    await stage.direct.query("notify a, '1'")
    await until(() => client.notified.length === 1, 'the first')
    assert.ok(performance.now() - start >= 149)
    await stage.strike(dropNotify, { how: 'delay', delay: '1h' })
    await stage.direct.query("notify a, '2'")
    await until(() => stage.did().length === 2, 'the second is held')
    assert.deepEqual(client.notified, ['a 1'])
    await stage.heal()
    await until(() => client.notified.length === 2, 'the second')
  })
})
