/** A target behind a gateway: under faults, in `serve`, and in a run. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { request } from 'undici'
import { registry } from '../../faults/index.ts'
import { Configured } from '../../src/admin/config.ts'
import { startAdmin } from '../../src/admin/server.ts'
import { readServeConfig } from '../../src/cli/serve-config.ts'
import { ms } from '../../src/core/units.ts'
import { ask as askDoors, doorsOf, refuseDown } from '../../src/experiment/heal.ts'
import { inFolder } from '../experiment/fake-faults.ts'
import { closeAll, later, LOCAL, until } from '../proxy/stage.ts'
import { ask, clientOf, gated, secure } from './stage.ts'

describe('a target behind a gateway', () => {
  afterEach(closeAll)

  it('is read and struck as any other: what the gateway does is not seen in front of it', async () => {
    const upstream = await secure((request, response) => response.end(request.url))
    const stage = await gated(upstream)
    const client = clientOf(stage)
    await stage.arm('no', 'http.status', { code: 503 }, { standing: true, where: { route: '/orders/:id', method: 'POST' } })
    assert.equal((await ask(client, '/orders/7', { method: 'POST' })).status, 503)
    assert.equal((await ask(client, '/orders/7')).text, '/orders/7')
    await stage.arm('late', 'latency', { delay: ms(60) })
    const from = performance.now()
    assert.equal((await ask(client, '/orders/8')).text, '/orders/8')
    assert.ok(performance.now() - from >= 60)
    assert.deepEqual([upstream.accepted(), stage.events.filter(({ kind }) => kind === 'opaque' || kind === 'unreached')], [1, []])
  })

  it('is one that cannot be reached where only the gateway answers', async () => {
    const { port, ca, server } = await secure((_, response) => response.end('ok'))
    const stage = await gated({ port, ca })
    const spec = { name: 'cache', protocol: 'http' as const, upstream: { host: '127.0.0.1', port }, host: 'localhost', listen: [{ address: LOCAL }], tls: { client: 'passthrough' as const, upstream: 'require' as const, verify: true, ca }, dialTimeout: ms(1000) }
    const doors = doorsOf([spec], [{ name: 'cache', listen: [{ address: stage.address }] }])
    const before = await askDoors(doors)
    assert.equal(before.get('cache'), '2xx')
    await refuseDown(doors, before)
    server.close()
    const down = await askDoors(doors)
    assert.equal(down.get('cache'), '5xx')
    await assert.rejects(refuseDown(doors, down), { code: 'UPSTREAM_DOWN' })
  })

  it('is served from a configuration; another upstream by the API is asked for its own name', async () => {
    const [one, other] = [await secure((request, response) => response.end(`one ${request.headers.host}`)), await secure((request, response) => response.end(`other ${request.headers.host}`))]
    const lines: string[] = []
    const admin = await startAdmin({ registry, log: pino({ base: null }, { write: (line: string) => { lines.push(line) } }) })
    later(() => admin.close())
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'serve.yaml'), `targets: { shop: { upstream: "https://localhost:${one.port}", tls: { verify: false } }, lost: { upstream: "https://localhost:1/" } }`)
      const config = await readServeConfig('serve.yaml', { registry, env: {}, cwd: folder })
      assert.ok('inputs' in config, JSON.stringify(config))
      assert.equal((await new Configured(admin.proxies).apply(config.inputs)).size, 0)
    })
    const said = async (name: string): Promise<string> => (await request(`http://${admin.proxies.get(name).listen}/`, { reset: true })).body.text()
    assert.equal(await said('shop'), `one localhost:${one.port}`)
    assert.equal(await said('lost'), 'brownout: https://localhost:1 cannot be reached: ECONNREFUSED\n')
    await until(() => lines.some((line) => /"proxy":"lost","why":"ECONNREFUSED".*clients are answered 502/.test(line)), 'the log')
    await admin.proxies.update('shop', { upstream: `localhost:${other.port}` })
    assert.equal(await said('shop'), `other localhost:${other.port}`)
  })
})
