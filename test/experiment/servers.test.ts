import assert from 'node:assert/strict'
import { joinStream, type StartedServer, startServers } from '../../src/experiment/servers.ts'
import { startWatchdog } from '../../src/watchdog/watchdog.ts'
import { planOf } from './fake-faults.ts'

describe('the embedded servers of a run', () => {
  const targetsOf = async (...kinds: readonly string[]) => (await planOf(`name: x\ntargets:\n${kinds.map((kind, n) => `  t${n}: { upstream: "demo:${kind}" }`).join('\n')}`)).targets

  it('start the primary first, whatever the order of the file, and the stream leads to it', async () => {
    const watchdog = startWatchdog()
    const asked: unknown[] = []
    const followed: unknown[] = []
    let port = 7000
    const targets = await targetsOf('postgres-replication', 'redis', 'postgres-replica', 'postgres')
    const started: StartedServer[] = []
    const servers = await startServers(targets, async (kind, { replicated, primary }) => {
      asked.push([kind, replicated, primary?.port])
      port++
      return { url: `${kind}://127.0.0.1:${port}`, host: '127.0.0.1', port, stop: async () => undefined, follow: async (from) => void followed.push(from) }
    }, watchdog, (server) => started.push(server))
    assert.deepEqual(asked, [['redis', true, undefined], ['postgres', true, undefined], ['postgres-replica', true, 7002]])
    assert.deepEqual([...servers].map(([name, { url }]) => [name, url]).sort(), [['t0', 'tcp://127.0.0.1:7002'], ['t1', 'redis://127.0.0.1:7001'], ['t2', 'postgres-replica://127.0.0.1:7003'], ['t3', 'postgres://127.0.0.1:7002']])
    // The stream is no server of its own: nothing is stopped twice.
    assert.equal(started.length, 3)
    await joinStream(targets, servers, { targets: new Map([['t0', { url: '', host: '127.0.0.1', port: 8000 }]]), ports: new Map() })
    assert.deepEqual(followed.map((from) => (from as { port: number }).port), [8000])
    watchdog.close()
  })

  it('keep a Postgres alone as it was', async () => {
    const watchdog = startWatchdog()
    const asked: unknown[] = []
    await startServers(await targetsOf('postgres'), async (kind, { replicated }) => {
      asked.push([kind, replicated])
      return { url: 'postgres://127.0.0.1:1', host: '127.0.0.1', port: 1, stop: async () => undefined }
    }, watchdog, () => undefined)
    assert.deepEqual(asked, [['postgres', false]])
    watchdog.close()
  })
})
