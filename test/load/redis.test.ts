import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { ms, perSecond } from '../../src/core/units.ts'
import type { Client } from '../../src/load/client.ts'
import { openRedis } from '../../src/load/redis.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import { Gate } from '../support/gate.ts'
import { until } from '../support/processes.ts'
import { hasRedis, redis } from '../support/servers.ts'

const SPEC: LoadSpec = { name: 'cache', send: { kind: 'redis', url: '', command: [] }, rate: perSecond(1), timeout: ms(1000), ok: '2xx', inFlightMax: 100, connections: 3 }

describe('load: redis', () => {
  const endings: (() => Promise<unknown> | unknown)[] = []
  before(function () { if (!hasRedis) this.skip() })
  afterEach(async () => { for (const end of endings.splice(0).reverse()) await end() })

  async function open(url: string, command: readonly string[], pipeline?: number): Promise<Client> {
    const client = openRedis(SPEC, { kind: 'redis', url, command, ...(pipeline ? { pipeline } : {}) })
    endings.push(() => client.close())
    await client.opened
    return client
  }
  const gated = async (): Promise<{ gate: Gate; url: string }> => {
    const gate = await new Gate((await redis()).port).open()
    endings.push(() => gate.shut())
    return { gate, url: `redis://127.0.0.1:${gate.port}` }
  }
  const send = (client: Client, n: number): Promise<string> => new Promise((resolve) => { client.send(n, (outcome, reason) => resolve(reason ?? outcome), ms(0)) })

  it('puts the operation’s number into the command', async () => {
    const { url } = await redis()
    const set = await open(url, ['SET', 'load:{n}', 'v{n}'])
    assert.deepEqual(await Promise.all([7, 8].map((n) => send(set, n))), ['ok', 'ok'])
    const strlen = await open(url, ['INCR', 'load:{n}'])
    assert.equal(await send(strlen, 8), 'ERR')
    assert.equal(await send(await open(url, ['RENAME', 'load:{n}', 'load:seen']), 7), 'ok')
    assert.equal(await send(await open(url, ['RENAME', 'load:{n}', 'load:seen']), 7), 'ERR')
  })

  it('sends several commands together as one operation, each with a number of its own, and fails as the first that failed', async () => {
    const { url } = await redis()
    const set = await open(url, ['HSET', 'load:pipeline', '{n}', 'v{n}'], 4)
    assert.deepEqual(await Promise.all([0, 1].map((n) => send(set, n))), ['ok', 'ok'])
    const known = await open(url, ['HINCRBY', 'load:pipeline', '{n}', '1'], 4)
    assert.equal(await send(known, 1), 'ERR')
    assert.equal(await send(known, 2), 'ok')
    assert.equal(await send(await open(url, ['HSTRLEN', 'load:pipeline', '7'], 2), 0), 'ok')
  })

  it('fails all of a pipeline at once while it is not connected, and when the connection breaks', async () => {
    const { gate, url } = await gated()
    const client = await open(url, ['PING'], 3)
    assert.equal(await send(client, 0), 'ok')
    gate.hold()
    const carried = send(client, 1)
    await pause(50)
    await gate.shut()
    assert.equal(await carried, 'connection lost')
    assert.notEqual(await send(client, 2), 'ok')
  })

  it('names an error reply by its first word and takes nil for an answer', async () => {
    const { url } = await redis()
    assert.equal(await send(await open(url, ['HSET', 'load:h', 'f', 'v']), 0), 'ok')
    assert.equal(await send(await open(url, ['GET', 'load:h']), 0), 'WRONGTYPE')
    assert.equal(await send(await open(url, ['GET', 'load:none']), 0), 'ok')
  })

  it('fails at once while it is not connected, what it carried when the connection broke, and works again soon after', async () => {
    const { gate, url } = await gated()
    const client = await open(url, ['PING'])
    assert.equal(await send(client, 0), 'ok')
    gate.hold()
    const carried = [send(client, 1), send(client, 2)]
    await pause(50)
    await gate.shut()
    assert.deepEqual(await Promise.all(carried), ['connection lost', 'connection lost'])
    assert.notEqual(await send(client, 3), 'ok')
    await pause(100)
    const asked = performance.now()
    assert.equal(await send(client, 3), 'ECONNREFUSED')
    assert.ok(performance.now() - asked < 50)
    await gate.open()
    const opened = performance.now()
    while (await send(client, 4) !== 'ok') await pause(5)
    assert.ok(performance.now() - opened < 1000)
  })

  it('keeps the connection of a command that became late, and passes its answer over', async () => {
    const { gate, url } = await gated()
    const client = await open(url, ['PING'])
    gate.hold()
    const answers: string[] = []
    const late = client.send(0, (outcome) => answers.push(outcome), ms(0))
    late.abandon()
    gate.release()
    assert.ok(await until(() => answers.length > 0, 2000) !== undefined)
    assert.equal(await send(client, 1), 'ok')
  })

  it('resolves `opened` when nothing listens, and says why operations fail', async () => {
    const { gate, url } = await gated()
    await gate.shut()
    const client = await open(url, ['PING'])
    assert.equal(await send(client, 0), 'ECONNREFUSED')
  })
})
