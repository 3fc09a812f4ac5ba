import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { Redis, ReplyError } from 'ioredis'
import { generate } from 'selfsigned'
import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import type { PlaneEvent } from '../../src/proxy/plane.ts'
import { withDefaults } from '../../src/rule.ts'
import { hasRedis, redis } from '../support/servers.ts'
import { closeAll, later, LOCAL, planeFor, until } from './stage.ts'

/** A Redis that speaks TLS: the shared one, with TLS put before it. */
async function secureRedis(): Promise<{ host: string; port: number }> {
  const { host, port } = await redis()
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256' })
  const server = createServer({ key, cert }, (socket) => {
    const behind = connect(port, host)
    for (const one of [socket, behind]) { one.on('error', () => one.destroy()); later(() => one.destroy()) }
    socket.pipe(behind).pipe(socket)
  })
  server.listen({ ...LOCAL })
  await once(server, 'listening')
  later(() => { server.close() })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

describe('redis under TLS on both sides', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  it('has its commands read, hit and counted as in plain text', async () => {
    const plane = planeFor(registry)
    const events: PlaneEvent[] = []
    plane.on((event) => events.push(event))
    const [opened] = await plane.open([{ name: 'cache', protocol: 'redis', upstream: await secureRedis(), listen: [{ address: LOCAL }], tls: { client: 'terminate', upstream: 'require', verify: false }, dialTimeout: ms(2000) }])
    later(() => plane.close())
    const address = opened?.listen[0]?.address
    assert.ok(address && 'port' in address)
    const client = new Redis({ host: '127.0.0.1', port: address.port, tls: { rejectUnauthorized: false }, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    client.on('error', () => undefined)
    later(() => client.disconnect())
    await client.set('under-tls', 'before')
    const fault = registry.get('redis.error') ?? assert.fail()
    await plane.arm([{ id: 'it', fault: fault.name, on: 'cache', params: withDefaults(fault, {}), standing: true }])
    await assert.rejects(client.set('under-tls', 'after'), (error) => error instanceof ReplyError && /^READONLY/.test((error as Error).message))
    const pipeline = client.pipeline()
    for (let n = 0; n < 50; n++) pipeline.get('under-tls').set('under-tls', 'x').echo(String(n))
    const results = await pipeline.exec() ?? []
    results.forEach(([error, value], i) => {
      if (i % 3 === 0) assert.equal(value, 'before')
      else if (i % 3 === 1) assert.match(String(error), /READONLY/)
      else assert.equal(value, String((i - 2) / 3))
    })
    await until(() => events.filter(({ kind }) => kind === 'altered').length === 51, 'all that were hit are told')
    const named = new Map(((await plane.figures()).operations['cache']?.named ?? []).map(({ of, ok, hits, errors }) => [Object.values(of).join(' '), { ok, hits, errors }]))
    assert.deepEqual(named.get('GET under-tls'), { ok: 50, hits: 50, errors: {} })
    assert.deepEqual(named.get('SET under-tls'), { ok: 1, hits: 0, errors: { READONLY: 51 } })
    await plane.disarm(['it'])
    assert.equal(await client.set('under-tls', 'after'), 'OK')
  })
})
