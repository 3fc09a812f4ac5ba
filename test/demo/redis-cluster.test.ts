import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { startRedisCluster } from '../../src/demo/redis-cluster.ts'
import { runs } from '../support/processes.ts'
import { hasRedis } from '../support/servers.ts'

describe('embedded Redis Cluster', function () {
  this.timeout(60_000)
  before(function () { if (!hasRedis) this.skip() })

  it('three masters share all slots, a replica follows, and stopping it ends them all', async () => {
    const cluster = await startRedisCluster({ replicas: 1 })
    try {
      assert.equal(new Set(cluster.nodes.map(({ port }) => port)).size, 4)
      assert.equal(cluster.url, cluster.nodes[0]?.url)
      for (const { url } of cluster.nodes) {
        const client = new Redis(url)
        const info = String(await client.call('CLUSTER', 'INFO'))
        assert.match(info, /cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n/)
        assert.match(info, /cluster_known_nodes:4\r\ncluster_size:3\r\n/)
        client.disconnect()
      }
      const replica = new Redis(cluster.nodes[3]?.url ?? '')
      assert.match(await replica.info('replication'), new RegExp(`master_port:${cluster.port}\r\nmaster_link_status:up`))
      replica.disconnect()
    } finally {
      await cluster.stop()
    }
    assert.deepEqual(cluster.nodes.filter(({ pid }) => runs(pid)), [])
    await cluster.stop()
  })
})
