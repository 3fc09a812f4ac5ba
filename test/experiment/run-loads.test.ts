// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
/** Journeys and WebSocket loads, from an experiment file to the report. */

import assert from 'node:assert/strict'
import { WebSocketServer, type WebSocket } from 'ws'
import { registry } from '../../faults/index.ts'
import { figure } from '../../src/report/figures.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { renderText } from '../../src/report/text.ts'
import { renderHtml } from '../../src/report/html.ts'
import { summarise } from '../../src/experiment/summary.ts'
import { planOf } from './fake-faults.ts'
import { bench, run, type Bench } from './run-plan.ts'

const FILE = `
name: viewers
targets:
  api: { upstream: "tcp://127.0.0.1:PORT" }
load:
  viewers:
    websocket: "ws://\${targets.api.host}:\${targets.api.port}/orders"
    connections: 30
    over: 100ms
    open: '{"after":-1}'
    resume: '{"after":{last_id}}'
    id: json:seq
    reconnect: { backoff: 50ms, max: 200ms }
  buy:
    journey:
      - { step: cart, http: "POST http://\${targets.api.host}:\${targets.api.port}/carts", json: { sku: "$\${x}" }, capture: { cart: "json:id" } }
      - { think: 50ms }
      - { step: pay, http: "POST http://\${targets.api.host}:\${targets.api.port}/carts/\${capture.cart}/pay", json: { cart: "\${capture.cart}", for: "cart \${capture.cart}", at: "\${targets.api.port}" } }
    rate: 20/s
windows: { warmup: 300ms, baseline: 1s, recovery: 2s, bucket: 50ms, hold: 300ms, min_samples: 20 }
steady_state:
  - { signal: viewers.connections, at_least: 30 }
method:
  - { step: cut, fault: reset_peer, on: api, for: 200ms }
expect:
  - { signal: viewers.delivered, during: all, at_least: 100% }
  - { signal: viewers.reconnects, during: all, at_least: 1 }
  - { signal: viewers.messages_lost, during: all, equals: 0 }
  - { signal: viewers.messages_doubled, during: all, equals: 0 }
  - { signal: viewers.setup_p95, during: all, at_most: 5s }
  - { recovery: viewers.rate, within: 10s }
`

describe('an experiment file with a journey and a WebSocket load', () => {
  let at: Bench
  afterEach(() => at.close())

  it('is run: journeys carry on what they capture, and cut viewers come back without a gap', async function () {
    this.timeout(60_000)
    at = await bench()
    const bodies: string[] = []
    at.server.removeAllListeners('request')
    let carts = 0
    at.server.on('request', (request, response) => {
      let body = ''
      request.on('data', (chunk) => { body += String(chunk) }).on('end', () => {
        bodies.push(`${request.url} ${body}`)
        response.end(request.url === '/carts' ? `{"id":${++carts}}` : '')
      })
    })
    let last = 0
    const viewers = new Set<WebSocket>()
    const sockets = new WebSocketServer({ server: at.server })
    sockets.on('connection', (socket) => {
      socket.on('close', () => viewers.delete(socket))
      socket.on('message', (data) => {
        const { after } = JSON.parse(String(data)) as { after: number }
        for (let seq = after < 0 ? last : after + 1; seq <= last; seq++) socket.send(`{"seq":${seq}}`)
        viewers.add(socket)
      })
    })
    const timer = setInterval(() => { last++; for (const socket of viewers) socket.send(`{"seq":${last}}`) }, 20)
    try {
      const plan = await planOf(FILE.replace('PORT', String(at.port)), { registry })
      assert.match(summarise(plan), /viewers: 30 connections to ws:\/\/\S+\/orders over 100ms, listening/)
      assert.match(summarise(plan), /buy: cart, think 50ms, pay at 20\/s/)
      const result = await run(plan, at)
      const { record } = result
      assert.ok(record.rules.length, `${record.verdict.why} ${JSON.stringify(record.loads)}`)
      // A machine that is busy with other tests may make a load late; then that is what the run says.
      const outcome = record.loads.every(({ valid }) => valid) ? 'PASS' : 'INCONCLUSIVE'
      assert.deepEqual(record.verdict.expectations.filter((one) => one.outcome !== outcome), [])
      assert.equal(result.exit, outcome === 'PASS' ? 0 : 2)
      const whole = (name: string, metric: string): number | undefined => figure(record, { name, metric }, record.from, record.to)
      assert.deepEqual(['connections', 'delivered', 'messages_lost', 'messages_doubled'].map((metric) => whole('viewers', metric)), [30, 1, 0, 0])
      const cut = whole('viewers', 'reconnects') ?? 0
      assert.ok(cut > 15, `${cut}`)
      assert.ok((whole('buy', 'success') ?? 0) > 0.5, JSON.stringify(record.loads))
      const [asked, paid] = [bodies.filter((one) => one.startsWith('/carts ')), bodies.filter((one) => one.includes('/pay'))]
      assert.ok(paid.length > 30, `${paid.length}`)
      assert.deepEqual([...new Set(asked)], ['/carts {"sku":"${x}"}'])
      for (const one of paid) assert.match(one, /^\/carts\/(\d+)\/pay \{"cart":\1,"for":"cart \1","at":"\d+"\}$/)
      const closes = record.loads.find(({ name }) => name === 'viewers')?.closes?.['1006'] ?? 0
      assert.ok(closes >= cut)
      const analysis = analyseRun(record)
      const text = renderText(record, analysis, { color: false, width: 120 })
      const line = text.slice(text.indexOf('Why operations failed')).replaceAll(/\s+/g, ' ')
      assert.ok(line.includes(`closed 1006 × ${closes}`) && line.includes(`connections closed: 1006 × ${closes}`), line)
      assert.doesNotMatch(text, /viewers\.p95/, 'nothing is sent that could come back')
      assert.match(renderHtml(record, analysis), /connections closed: 1006 × \d+/)
    } finally {
      clearInterval(timer)
      sockets.close()
      for (const socket of sockets.clients) socket.terminate()
    }
  })
})
