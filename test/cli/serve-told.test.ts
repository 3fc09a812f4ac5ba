/** A `serve` that raises an alert, and tells a webhook, a collector, Grafana and Prometheus of that and of its faults. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { receiver, type Receiver } from '../support/receiver.ts'
import { brownout, endAll, until, yard, type Yard } from './brownout.ts'

describe('a server with alerts', function () {
  // One process and its figures of a quarter of a second; a busy machine takes its time.
  this.timeout(90_000)
  let place: Yard
  let server: Receiver
  let folder: string
  beforeEach(async () => { [place, server, folder] = [await yard(), await receiver(), mkdtempSync(join(tmpdir(), 'brownout-told-'))] })
  afterEach(async () => {
    endAll()
    await server.close()
    await place.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('raises them by live figures: in the log, by webhook, in the metrics; and takes them back', async () => {
    writeFileSync(join(folder, 'proxies.yaml'), `
targets:
  api: { protocol: http, upstream: "http://127.0.0.1:${place.port}" }
alerts:
  - { alert: slow, signal: api.p95, above: 800ms, for: 500ms }
  - { alert: late, recovery: api.p95, within: 10m }
`)
    const on = brownout(['serve', '--port', '0', '--config', 'proxies.yaml', '--webhook', `${server.url}/hook`, '--grafana', server.url, '--otel'], folder, { XDG_RUNTIME_DIR: folder, BROWNOUT_TOKEN: 'secret-of-the-test', LOG_LEVEL: '', OTEL_EXPORTER_OTLP_ENDPOINT: server.url })
    const said = (pattern: RegExp): string | undefined => pattern.exec(on.stderr())?.[1]
    await until(() => said(/"listen":"([^"]+)"/) !== undefined || on.child.exitCode !== null, 30_000)
    const url = said(/"address":"(http:[^"]+)"/) ?? assert.fail(on.stderr())
    const listen = said(/"listen":"([^"]+)"/) ?? assert.fail(on.stderr())
    const ask = (path: string, more: RequestInit = {}) => fetch(`${url}${path}`, { ...more, headers: { authorization: 'Bearer secret-of-the-test', 'content-type': 'application/json' } })
    const metric = async (line: string): Promise<string | undefined> => new RegExp(`^${line} (\\S+)$`, 'm').exec(await (await ask('/metrics')).text())?.[1]
    let asking = true
    const asked = (async () => { while (asking) await (await fetch(`http://${listen}/orders`)).text() })()
    try {
      assert.equal(await metric('brownout_alert_firing\\{alert="slow"\\}'), '0')
      // Enough figures to know what is normal by.
      for (let known = 0; known < 16; await new Promise((resolve) => { setTimeout(resolve, 100) })) known = (await (await ask('/api/v1/ticks')).json() as { p95: number | null }[]).filter(({ p95 }) => p95 !== null).length
      await ask('/proxies/api/toxics', { method: 'POST', body: JSON.stringify({ type: 'latency', attributes: { latency: 1500 } }) })
      await until(() => on.stderr().includes('"state":"firing"'), 30_000)
      assert.equal(await metric('brownout_alert_firing\\{alert="slow"\\}'), '1')
      assert.equal(await metric('brownout_fault_armed\\{proxy="api",fault="latency",id="api/latency_downstream",by="[^"]*"\\}'), '1')
      assert.equal(await metric('brownout_injections_total\\{proxy="api",fault="latency"\\}'), '1')
      await ask('/proxies/api/toxics/latency_downstream', { method: 'DELETE' })
      await until(() => on.stderr().includes('"state":"resolved"') && on.stderr().includes('"state":"recovered"'), 30_000)
      assert.equal(await metric('brownout_alert_firing\\{alert="slow"\\}'), '0')
      assert.equal(await metric('brownout_recoveries_total\\{alert="late"\\}'), '1')
      assert.equal(await metric('brownout_fault_armed\\{.*\\}'), undefined)
    } finally {
      asking = false
      await asked
    }
    on.child.kill('SIGTERM')
    const { exit, stderr } = await on.ended
    assert.equal(exit, 0, stderr)
    assert.match(stderr, /"alert":"slow","state":"firing","message":"api\.p95 is \d+(\.\d+)?m?s, above 800ms for 500ms"/)
    const events = server.at('/hook').map((body) => (body as { event: string; alert?: string }))
    assert.deepEqual(events.filter(({ alert }) => alert === 'slow').map(({ event }) => event), ['alert', 'resolved'])
    assert.deepEqual(events.filter(({ alert }) => alert === 'late').map(({ event }) => event), ['recovery'])
    assert.deepEqual(server.at('/api/annotations').map((body) => (body as { tags: readonly string[] }).tags), [['brownout', 'fault', 'latency', 'api']])
    assert.match(JSON.stringify(server.at('/v1/traces')), /"name":"fault latency on api"/)
  })
})
