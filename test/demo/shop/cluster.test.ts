import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { type RedisCluster, startRedisCluster } from '../../../src/demo/redis-cluster.ts'
import { until } from '../../proxy/stage.ts'
import { hasRedis, postgres } from '../../support/servers.ts'
import { ServiceProcess } from '../service-process.ts'

describe('the sample shop on a Redis Cluster', function () {
  this.timeout(60_000)
  let cluster: RedisCluster
  before(async function () {
    if (!hasRedis) return this.skip()
    cluster = await startRedisCluster()
  })
  after(() => cluster?.stop())

  it('keeps its products on all servers, sells, keeps accepted sales in one slot, and goes on when a server dies', async () => {
    const shop = await ServiceProcess.start('shop', { REDIS_URL: cluster.url, REDIS_CLUSTER: '1', DATABASE_URL: (await postgres()).url, RESILIENT: '1' })
    const clients = cluster.nodes.map(({ url }) => new Redis(url, { retryStrategy: () => null }).on('error', () => undefined))
    try {
      const ids = Array.from({ length: 30 }, (_, i) => i + 1)
      await until(async () => {
        for (const id of ids) assert.equal((await shop.ask(`/products/${id}`)).status, 200)
        const kept = await Promise.all(clients.map(async (client) => (await client.keys('brownout_shop:product:*')).length))
        return kept.every((count) => count > 0)
      }, 'every server has some of the products', 10_000)
      assert.equal((await shop.post('/checkout', { product: 7, quantity: 1 })).status, 201)
      assert.deepEqual((await shop.ask('/outbox')).body, { waiting: 0, declined: 0 })
      const before = new Set<number>()
      process.kill(cluster.nodes[1]?.pid ?? 0, 'SIGKILL')
      await cluster.nodes[1]?.exited
      for (const id of ids) before.add((await shop.ask(`/products/${id}`)).status)
      assert.deepEqual([...before].filter((status) => status !== 200 && status !== 203), [])
    } finally {
      for (const client of clients) client.disconnect()
      await shop.stop()
    }
  })
})
