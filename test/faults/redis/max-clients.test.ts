import assert from 'node:assert/strict'
import { maxClients } from '../../../faults/redis/max-clients.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage } from './stage.ts'

describe('redis.max_clients', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`turns a client away that comes, and lets those there are go on (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(maxClients)
      await assert.rejects(stage.client({ protocol }), /clos|max number of clients|RESET/i)
      assert.equal(await client.ping(), 'PONG')
      await stage.heal()
      assert.equal(await (await stage.client({ protocol })).ping(), 'PONG')
    })
  }

  it('says to the byte what Redis says, before anything was asked, and the server is not dialled', async () => {
    const stage = await redisStage()
    const before = Number(/total_connections_received:(\d+)/.exec(await stage.direct.info('stats'))?.[1])
    await stage.strike(maxClients)
    for (const words of ['', 'PING\r\n']) {
      const raw = await stage.raw()
      if (words) raw.socket.write(words)
      assert.equal(await raw.ended, 'end')
      assert.equal(raw.text(), '-ERR max number of clients reached\r\n')
    }
    assert.equal(Number(/total_connections_received:(\d+)/.exec(await stage.direct.info('stats'))?.[1]), before)
    assert.deepEqual(stage.did(), ['close', 'close'])
  })

  it('counts: so many may be there at once', async () => {
    const stage = await redisStage()
    await stage.strike(maxClients, { limit: 2 })
    const [first] = [await stage.client(), await stage.client()]
    await assert.rejects(stage.client())
    first?.disconnect()
    // The place is free once the server's side has gone too.
    let third = await stage.client().catch(() => undefined)
    for (const from = performance.now(); !third && performance.now() - from < 3000;) third = await stage.client().catch(() => undefined)
    assert.equal(await third?.ping(), 'PONG')
  })
})
