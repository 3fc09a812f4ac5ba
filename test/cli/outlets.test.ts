/** `brownout run` and `compare` telling webhooks, Grafana and a collector: as processes, against real servers and one that is gone. */

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OutletArgs } from '../../src/cli/outlet-options.ts'
import { openOutlets } from '../../src/cli/outlets.ts'
import { ms } from '../../src/core/units.ts'
import { addRun } from '../report/set-of-runs.ts'
import { receiver, type Receiver } from '../support/receiver.ts'
import { brownout, endAll, experiment, journalOf, runFolder, yard } from './brownout.ts'

const METHOD = '  - { step: slow, at: 0s, fault: latency, on: api, params: { delay: 20ms }, for: 500ms }'
interface Traces { readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string; readonly traceId: string; readonly parentSpanId?: string }[] }[] }[] }

describe('who is told of a run', () => {
  let server: Receiver
  beforeEach(async () => { server = await receiver() })
  afterEach(async () => {
    endAll()
    await server.close()
  })

  it('hears of it in its own words, the trace is the one that the report names, and one that is gone costs a line without what is secret', async function run() {
    this.timeout(60_000)
    const place = await yard()
    const gone = await receiver()
    await gone.close()
    try {
      place.write('cart.yaml', experiment(place.port, METHOD, 'alerts:\n  - { alert: slow, signal: api.p95, above: 15ms }'))
      const { exit, stderr } = await brownout(['run', 'cart.yaml', '--webhook', `${server.url}/hook`, '--grafana', server.url], place.folder, {
        OTEL_EXPORTER_OTLP_ENDPOINT: server.url, TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        BROWNOUT_WEBHOOK: `${server.url}/slack ${gone.url}/services/T0/SECRET`, BROWNOUT_WEBHOOK_FORMAT: 'slack', BROWNOUT_GRAFANA_TOKEN: 'glsa_secret',
      }).ended
      assert.equal(exit, 0, stderr)
      const texts = server.at('/hook').map((body) => (body as { text: string }).text)
      assert.deepEqual(texts.filter((text) => !text.startsWith('slow: ')), ['cart begins', 'cart has recovered', 'cart: PASS'])
      assert.ok(texts.includes('slow: firing'), texts.join())
      assert.equal(server.at('/slack').length, texts.length)
      const [fault, run] = server.at('/api/annotations') as { time: number; timeEnd: number; tags: readonly string[] }[]
      assert.deepEqual([fault?.tags.slice(0, 4), run?.tags], [['brownout', 'fault', 'latency', 'api'], ['brownout', 'run', 'pass', 'cart']])
      const lasted = (fault?.timeEnd ?? 0) - (fault?.time ?? 0)
      assert.ok(lasted >= 499 && lasted < 10_000, `${lasted} ms`)
      const spans = server.at('/v1/traces').flatMap((body) => (body as Traces).resourceSpans).flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
      assert.ok(spans.some(({ name }) => name === 'fault latency on api'), spans.map(({ name }) => name).join())
      assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set(['0af7651916cd43dd8448eb211c80319c']))
      assert.equal(spans.find(({ name }) => name === 'experiment cart')?.parentSpanId, 'b7ad6b7169203331')
      const report = JSON.parse(readFileSync(join(runFolder(place.folder), 'report.json'), 'utf8')) as { trace: string; alerts: readonly { alert: string; state: string; text: string }[] }
      assert.match(report.alerts.find(({ state }) => state === 'firing')?.text ?? '', /^api\.p95 is .*, above 15ms$/)
      assert.equal(report.trace, '0af7651916cd43dd8448eb211c80319c')
      assert.match(stderr, /trace 0af7651916cd43dd8448eb211c80319c/)
      assert.match(readFileSync(join(runFolder(place.folder), 'report.html'), 'utf8'), /trace 0af7651916cd43dd8448eb211c80319c/)
      const [started] = journalOf(place.folder)
      assert.ok(started?.kind === 'run.started' && started.trace?.parent === 'b7ad6b7169203331')
      assert.equal(stderr.split(`warning: the webhook at ${gone.url}/…: it cannot be reached (ECONNREFUSED)`).length, 2, stderr)
      assert.doesNotMatch(stderr + readFileSync(join(runFolder(place.folder), 'journal.ndjson'), 'utf8'), /SECRET|glsa_secret/)
    } finally {
      await place.close()
    }
  })

  it('hears of a regression between two sets of runs', async function compared() {
    this.timeout(60_000)
    const folder = mkdtempSync(join(tmpdir(), 'brownout-outlets-'))
    try {
      const runs = join(folder, '.brownout/runs')
      for (let i = 0; i < 5; i++) {
        addRun(runs, i, { name: 'old' })
        addRun(runs, 10 + i, { name: 'new', slower: 2 })
      }
      const { exit, stderr } = await brownout(['compare', 'old', 'new', '--signal', 'checkout.p95', '--webhook', `${server.url}/hook`], folder).ended
      assert.equal(exit, 1, stderr)
      const [told, ...rest] = server.at('/hook') as Record<string, unknown>[]
      assert.deepEqual([rest.length, told?.['event'], told?.['level'], told?.['title'], told?.['a'], told?.['b']], [0, 'regression', 'bad', 'regression: old → new', 'old', 'new'])
      assert.match(String(told?.['figures']), /checkout\.p95/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('what a command is told of outlets', () => {
  const opened = (args: Partial<OutletArgs>, env: NodeJS.ProcessEnv = {}) => openOutlets(args, { env, version: '1' }, () => undefined)

  it('is nothing unless somebody asks', async () => {
    assert.equal(await opened({ webhook: [], 'webhook-format': 'auto' }), undefined)
    assert.equal(await opened({ otel: false }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }), undefined)
    assert.equal(await opened({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' }), undefined)
    assert.equal((await opened({ webhook: ['http://127.0.0.1:9'] }))?.trace, undefined)
  })

  it('is not stopped by an environment that is meant for the application, unless traces were asked for', async () => {
    const said: string[] = []
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
    assert.equal(await openOutlets({}, { env, version: '1' }, (text) => said.push(text)), undefined)
    assert.deepEqual(said, ['no traces are sent: OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc, which is not spoken (--no-otel does without a word)'])
    await assert.rejects(opened({ otel: true }, env), { code: 'USAGE' })
  })

  it('gives each run a trace of its own', async () => {
    const { trace, outlets } = (await opened({ otel: true })) ?? assert.fail()
    const [one, other] = [trace?.(), trace?.()]
    assert.match(one?.id ?? '', /^[0-9a-f]{32}$/)
    assert.notEqual(one?.id, other?.id)
    await outlets.close(ms(1000))
  })

  it('must be URLs and known words: USAGE otherwise, and what was given is not repeated', async () => {
    const wrong: readonly (readonly [Partial<OutletArgs>, NodeJS.ProcessEnv, RegExp])[] = [
      [{ webhook: ['hooks.slack.com/SECRET'] }, {}, /a webhook is no http or https URL/], [{}, { BROWNOUT_WEBHOOK: 'SECRET' }, /a webhook is no http or https URL/],
      [{ grafana: 'localhost:3000' }, {}, /the address of Grafana is no http or https URL/], [{ otel: true }, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /asks for grpc/],
      [{ webhook: ['http://127.0.0.1:9'] }, { BROWNOUT_WEBHOOK_FORMAT: 'teams' }, /no format/],
    ]
    for (const [args, env, words] of wrong) await assert.rejects(opened(args, env), (error: Error & { code?: string }) => error.code === 'USAGE' && words.test(error.message) && !error.message.includes('SECRET'))
  })
})
