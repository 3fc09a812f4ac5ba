import assert from 'node:assert/strict'
import { garbage } from '../../../faults/redis/garbage.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage, until } from './stage.ts'

describe('redis.garbage', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`makes ioredis fail the command and come again (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol, retryStrategy: () => 5 })
      await stage.strike(garbage, {}, { where: { key: 'k' }, times: 1 })
      const returned = new Promise((resolve) => { client.once('ready', resolve) })
      await assert.rejects(client.get('k'))
      await returned
      assert.equal(await client.set('k', 'v'), 'OK')
      assert.equal(await stage.direct.get('k'), 'v')
    })
  }

  it('puts a line in the place of a reply; nothing of that connection is read behind it, and the journal says so', async () => {
    const stage = await redisStage()
    await stage.direct.set('k', 'v')
    await stage.strike(garbage, { bytes: 'HTTP/1.1 400' }, { where: { command: ['get', 'ping'] } })
    const raw = await stage.raw()
    raw.socket.write('ECHO a\r\nGET k\r\n')
    await until(() => raw.text().endsWith('400\r\n'), 'the garbage')
    assert.equal(raw.text(), '$1\r\na\r\nHTTP/1.1 400\r\n')
    raw.socket.end('PING\r\n')
    await raw.ended
    assert.equal(raw.text(), '$1\r\na\r\nHTTP/1.1 400\r\n+PONG\r\n')
    assert.deepEqual(stage.did(), ['replace'])
    assert.ok(stage.events.some((event) => event.kind === 'opaque' && /changed the stream/.test(event.why)))
  })
})
