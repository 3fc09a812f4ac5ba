import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { postgres } from '../support/servers.ts'
import { ServiceProcess } from './service-process.ts'

describe('the sample payment service', () => {
  let payment: ServiceProcess
  before(async () => { payment = await ServiceProcess.start('payment', { DATABASE_URL: (await postgres()).url }) })
  after(() => payment.stop())

  const charge = (reference: string, key?: string, amountCents = 149) => payment.post('/charges', { reference, amountCents }, key === undefined ? {} : { 'idempotency-key': key })
  const count = async (reference: string): Promise<unknown> => (await payment.ask(`/charges/count?reference=${reference}`)).body

  it('charges once under one key: the second request, and five at the same moment, are answered with the first charge', async () => {
    const reference = randomUUID()
    const first = await charge(reference, reference)
    assert.equal(first.status, 201)
    assert.deepEqual(first.body, { id: (first.body as { id: number }).id, reference, amountCents: 149 })
    assert.ok(first.took >= 5, `it takes its time, ${first.took} ms`)
    const again = await charge(reference, reference)
    assert.deepEqual([again.status, again.body], [200, first.body])
    assert.deepEqual((await payment.ask(`/charges/${(first.body as { id: number }).id}`)).body, first.body)

    const other = randomUUID()
    const five = await Promise.all(Array.from({ length: 5 }, () => charge(other, other)))
    assert.deepEqual(five.map(({ status }) => status).sort(), [200, 200, 200, 200, 201])
    assert.equal(new Set(five.map(({ body }) => (body as { id: number }).id)).size, 1)
    assert.deepEqual([await count(reference), await count(other)], [{ charges: 1, double: 0 }, { charges: 1, double: 0 }])
  })

  it('charges again without a key, and counts it as double', async () => {
    const reference = randomUUID()
    assert.deepEqual((await Promise.all([charge(reference), charge(reference)])).map(({ status }) => status), [201, 201])
    assert.deepEqual(await count(reference), { charges: 2, double: 1 })
  })

  it('refuses a key that was for something else, and what is no bill', async () => {
    const key = randomUUID()
    await charge('one', key)
    assert.deepEqual([(await charge('two', key)).status, (await charge('one', key, 150)).status], [422, 422])
    assert.deepEqual([(await charge('', key)).status, (await charge('one', undefined, -1)).status, (await payment.post('/charges', 'x'.repeat(5000))).status], [400, 400, 400])
    assert.deepEqual([(await payment.ask('/charges/999999999')).status, (await payment.ask('/nothing')).status], [404, 404])
  })

  it('ends within a second of SIGTERM', async () => {
    const other = await ServiceProcess.start('payment', { DATABASE_URL: (await postgres()).url })
    const { took, code } = await other.terminate()
    assert.equal(code, 0, other.said)
    assert.ok(took < 1000, `${took} ms`)
  })
})
