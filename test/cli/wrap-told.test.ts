/** What others are told of a wrapped program: /metrics with its resources, a webhook, a trace. */

import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { receiver, type Receiver } from '../support/receiver.ts'
import { brownout, endAll, until, yard, type Yard } from './brownout.ts'

/** That nobody listens at, for now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('a wrapped program, as others are told of it', function () {
  this.timeout(90_000)
  let place: Yard
  let server: Receiver
  beforeEach(async () => { [place, server] = [await yard(), await receiver()] })
  afterEach(async () => {
    endAll()
    await server.close()
    await place.close()
  })

  it('has metrics for who knows the token, and what is injected goes to a webhook and a collector', async () => {
    const port = await freePort()
    const on = brownout(['wrap', '--target', `api=http://127.0.0.1:${place.port}`, '--port', String(port), '--', process.execPath, '-e', 'setInterval(() => undefined, 1000)'], place.folder, {
      XDG_RUNTIME_DIR: place.folder, BROWNOUT_TOKEN: 'secret-of-the-test', BROWNOUT_WEBHOOK: server.url, OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
    })
    const ask = (path: string, method = 'GET', body?: unknown) => fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }), headers: { authorization: 'Bearer secret-of-the-test', 'content-type': 'application/json', 'x-brownout-who': 'ann' } })
    let page = ''
    const look = async (): Promise<string> => { page = await ask('/metrics').then((answer) => answer.text(), () => ''); return page }
    const shows = async (pattern: RegExp): Promise<void> => {
      const from = performance.now()
      while (!pattern.test(await look())) {
        if (performance.now() - from > 30_000) assert.fail(`${pattern} in\n${page}\n${on.stderr()}`)
        await new Promise((resolve) => { setTimeout(resolve, 100) })
      }
    }
    await shows(/^brownout_info\{version="[^"]+",mode="wrap"\} 1$/m)
    assert.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 401)
    await shows(/^brownout_resource_memory_bytes\{name="[^"]*"\} [1-9]\d+/m)
    assert.equal((await ask('/api/v1/injections', 'POST', { fault: 'latency', on: 'api', params: { delay: '5ms' }, for: '60s' })).status, 201)
    await shows(/^brownout_fault_armed\{proxy="api",fault="latency",id="latency-api",by="ann"\} 1$/m)
    assert.match(page, /^brownout_fault_remaining_seconds\{proxy="api",fault="latency",id="latency-api"\} [1-5]\d/m)
    assert.equal((await ask('/api/v1/injections/latency-api', 'DELETE')).status, 200)
    await shows(/^brownout_clears_total\{reason="request"\} 1$/m)
    on.child.kill('SIGTERM')
    await on.ended
    await until(() => server.at('/').length >= 2)
    assert.deepEqual(server.at('/').map((body) => (body as { event: string; by: string })).map(({ event, by }) => `${by} ${event}`), ['ann inject', 'ann clear'])
    assert.match(JSON.stringify(server.at('/v1/traces')), /"name":"fault latency on api"/)
  })
})
