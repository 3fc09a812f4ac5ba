import assert from 'node:assert/strict'
import { ReplyError, Redis } from 'ioredis'
import { clusterRedirect } from '../../../faults/redis/cluster-redirect.ts'
import { ms } from '../../../src/core/units.ts'
import { slotOf } from '../../../src/protocols/redis/slot.ts'
import { hasRedis } from '../../support/servers.ts'
import { spokenIn } from '../spoken.ts'
import { closeAll, redisStage } from './stage.ts'

const said = (text: string) => (thrown: unknown): boolean => thrown instanceof ReplyError && (thrown as Error).message === text

describe('redis.cluster_redirect', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`names the slot of the key and the place where the client is, and executes nothing (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(clusterRedirect)
      await assert.rejects(client.set('{user1000}.following', '1'), said(`MOVED ${slotOf('user1000')} 127.0.0.1:${stage.port}`))
      await assert.rejects(client.get('foo'), said(`MOVED 12182 127.0.0.1:${stage.port}`))
      assert.equal(await client.ping(), 'PONG', 'what has no key has no slot')
      assert.deepEqual(await stage.direct.keys('*'), [])
      await stage.heal()
      assert.equal(await client.set('foo', '1'), 'OK')
    })
  }

  it('leads to another place, for the next command only: whoever follows gets there', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    const { host, port } = stage.direct.options
    await stage.strike(clusterRedirect, { redirect: 'ask', address: `${host}:${port}` }, { where: { command: 'get' } })
    await client.set('foo', 'bar')
    const redirect = await client.get('foo').catch((thrown: Error) => thrown.message)
    const [, place] = /^ASK 12182 (\S+)$/.exec(String(redirect)) ?? []
    const there = new Redis(`redis://${place}`, { lazyConnect: true })
    await there.connect()
    assert.equal(await there.get('foo'), 'bar')
    there.disconnect()
  })

  it('fails a transaction as a whole', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(clusterRedirect, {}, { where: { key: 'moved' } })
    await assert.rejects(client.multi().set('stays', '1').set('moved', '1').exec(), /EXECABORT/)
    assert.deepEqual(await stage.direct.keys('*'), [])
    assert.deepEqual(await client.multi().set('stays', '1').exec(), [[null, 'OK']])
  })

  it('cannot name a unix socket, and says so', () => {
    const [unit] = spokenIn('redis')
    assert.ok(unit)
    const scene = { session: 1, direction: 'to-server' as const, address: undefined, random: () => 0, conversation: undefined, now: () => ms(0), armedAt: ms(0), connections: () => 1 }
    assert.throws(() => clusterRedirect.decide(unit, { redirect: 'moved', address: '' }, scene, new Map(), undefined), /unix socket.*`address`/)
    assert.deepEqual(clusterRedirect.decide(unit, { redirect: 'moved', address: 'h:1' }, scene, new Map(), undefined), { kind: 'answer', raw: Buffer.from('-MOVED 7629 h:1\r\n') })
    assert.deepEqual(clusterRedirect.decide(unit, { redirect: 'moved', address: '' }, { ...scene, address: '[::1]:7000' }, new Map(), undefined), { kind: 'answer', raw: Buffer.from('-MOVED 7629 ::1:7000\r\n') })
  })

  it('finds the slot of a key as a cluster does: CLUSTER KEYSLOT of Redis 7.0', () => {
    const slots: Readonly<Record<string, number>> = {
      123456789: 12739, foo: 12182, bar: 5061, '{user1000}.following': 3443, user1000: 3443, 'foo{}{bar}': 8363, 'foo{{bar}}zap': 4015, 'foo{bar}{zap}': 5061, 'a}b{': 6027, ключ: 10303,
    }
    for (const [key, slot] of Object.entries(slots)) assert.equal(slotOf(key), slot, key)
  })
})
