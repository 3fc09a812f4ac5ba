import assert from 'node:assert/strict'
import { lockLost } from '../../../faults/redis/lock-lost.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage } from './stage.ts'

const RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end"

describe('redis.lock_lost', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`gives no lock to who asks for one, and other writes pass (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(lockLost)
      assert.equal(await client.set('lock', 'me', 'PX', 1000, 'NX'), null)
      assert.equal(await client.setnx('lock', 'me'), 0)
      assert.equal(await stage.direct.exists('lock'), 0)
      assert.equal(await client.set('k', 'NX'), 'OK')
      await stage.heal()
      assert.equal(await client.set('lock', 'me', 'PX', 1000, 'NX'), 'OK')
    })

    it(`renews none: what is held runs out when it would have (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(lockLost, { moment: 'renew' }, { where: { key: 'lock' } })
      assert.equal(await client.set('lock', 'me', 'PX', 50_000, 'NX'), 'OK')
      assert.equal(await client.pexpire('lock', 900_000), 0)
      assert.equal(await client.eval(RENEW, 1, 'lock', 'me', 900_000), 0)
      assert.ok(await stage.direct.pttl('lock') <= 50_000)
      assert.equal(await stage.direct.get('lock'), 'me')
      assert.equal(await client.eval("return redis.call('set', KEYS[1], '1')", 1, 'other').then(String), 'OK')
      assert.equal(stage.did().length, 2)
    })
  }
})
