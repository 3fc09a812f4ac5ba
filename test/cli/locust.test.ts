/** Locust drives a real experiment through the proxy; only where it is installed. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { brownout, endAll, yard, type Yard } from './brownout.ts'

const installed = spawnSync('locust', ['--version']).status === 0

describe('a load that Locust makes', () => {
  let at: Yard
  beforeEach(async () => { at = await yard() })
  afterEach(async () => { endAll(); await at.close() })

  for (const workers of process.env['TEST_ALL'] ? [1, 2] : [2]) {
    it(`drives an experiment from ${workers === 1 ? 'one process' : `${workers} workers`}: its requests go through the proxy, feel the fault, and are figures like any other`, async function () {
      if (!installed) this.skip()
      this.timeout(120_000)
      at.server.removeAllListeners('request')
      at.server.on('request', (request, response) => { response.writeHead(request.url === '/missing' ? 404 : 200).end() })
      at.write('locustfile.py', `
from locust import HttpUser, constant, task

class Shopper(HttpUser):
    wait_time = constant(0.02)

    @task(3)
    def look(self):
        self.client.get("/")

    @task
    def miss(self):
        self.client.get("/missing")
`)
      at.write('locust.yaml', `
name: locust
targets:
  api: { protocol: http, upstream: "http://127.0.0.1:${at.port}" }
load:
  shop: { locust: locustfile.py, host: "\${targets.api.url}", users: 4, workers: ${workers} }
windows: { warmup: 500ms, baseline: 2s, recovery: 2s, bucket: 100ms, hold: 500ms, min_samples: 20 }
steady_state:
  - { signal: shop.success, at_least: 40% }
method:
  - { step: slow, fault: latency, on: api, params: { delay: 400ms }, for: 2s }
expect:
  - { signal: shop.p50, during: fault, at_least: 350ms }
  - { signal: shop.errors, during: all, at_least: 5 }
`)
      const { exit, stdout, stderr } = await brownout(['run', 'locust.yaml', '--json'], at.folder).ended
      const report = JSON.parse(stdout) as { outcome: string; expectations: readonly { outcome: string; measured: string }[]; loads: readonly { valid: boolean; why?: string; errors: Readonly<Record<string, number>> }[]; loadNotes: readonly string[] }
      const [load] = report.loads
      // A machine that is busy with other tests may leave locust no time; then that is what the run says.
      assert.ok(load?.valid || /core/.test(load?.why ?? ''), stderr)
      if (load?.valid) assert.deepEqual([exit, report.outcome], [0, 'PASS'], stderr)
      assert.ok((load?.errors['status 404'] ?? 0) > 5, stdout)
      assert.match(report.loadNotes.join(), /shop is made by locust/)
    })
  }
})
