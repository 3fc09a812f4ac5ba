/** /metrics: the format, Toxiproxy's names, and figures that count while connections are open. */

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { closeAll, exchange, stage, type Stage } from './stage.ts'

const metrics = { own: true, process: false }
const page = async (on: Stage): Promise<string> => (await on.ask('GET', '/metrics')).text

/** The value of the sample whose labels hold all of `labels`. */
function sample(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && Object.entries(labels).every(([key, value]) => one.includes(`${key}="${value}"`)))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}

/** The text format 0.0.4: HELP and TYPE once before the samples of a family, labels quoted, buckets cumulative. */
function checkExposition(text: string): void {
  const types = new Map<string, string>()
  assert.ok(text.endsWith('\n'))
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const type = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram|summary)$/i.exec(line)
    if (type) {
      assert.ok(!types.has(type[1] ?? ''), `twice: ${line}`)
      types.set(type[1] ?? '', type[2] ?? '')
    } else if (!/^# HELP [a-z_:][a-z0-9_:]* \S/i.test(line)) {
      const found = /^([a-z_:][a-z0-9_:]*)(\{([a-z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (NaN|[+-]?Inf|-?[\d.]+(e[+-]?\d+)?)$/i.exec(line)
      assert.ok(found, line)
      const family = (found[1] ?? '').replace(/_(bucket|sum|count)$/, '')
      assert.ok(types.has(found[1] ?? '') || types.get(family) === 'histogram' || types.get(family) === 'summary', line)
    }
  }
  for (const [name, type] of types) if (type === 'counter') assert.match(name, /_total$/)
}

describe('/metrics', () => {
  afterEach(closeAll)

  it('is not there unless asked for', async () => {
    const on = await stage()
    assert.deepEqual([(await on.ask('GET', '/metrics')).status, await page(on)], [404, '404 page not found\n'])
  })

  it('is well-formed whatever the names are, by every method', async () => {
    const on = await stage({ metrics: { own: true, process: true } })
    for (const name of ['plain', 'quo"te', 'back\\slash', 'new\nline', 'é{}=,']) {
      const port = await on.proxy(name)
      await on.ask('POST', `/proxies/${encodeURIComponent(name)}/toxics`, { type: 'latency', attributes: { latency: 2 } })
      await exchange(await on.client(port), 'ping')
    }
    const answer = await on.ask('GET', '/metrics')
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    checkExposition(answer.text)
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds', 'brownout_added_latency_seconds_bucket']) assert.ok(answer.text.includes(name), name)
    for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await on.ask(method, '/metrics')).status, 200)
  })

  it('passes promtool, where there is one', async function promtool() {
    if (spawnSync('promtool', ['--version']).status !== 0) return this.skip()
    const on = await stage({ metrics: { own: true, process: true } })
    const port = await on.proxy()
    await on.toxic('latency', { latency: 2 })
    await exchange(await on.client(port), 'ping')
    const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk) => { said += chunk })
    child.stdout.on('data', (chunk) => { said += chunk })
    child.stdin.end(await page(on))
    const exit = await new Promise((resolve) => { child.once('close', resolve) })
    assert.equal(exit, 0, said)
  })

  it('counts bytes as they pass, not when the connection ends, with the labels of Toxiproxy', async () => {
    const on = await stage({ metrics })
    const port = await on.proxy()
    const client = await on.client(port)
    await exchange(client, '12345')
    const labels = { proxy: 'cache', listener: `127.0.0.1:${port}`, upstream: on.upstream }
    const text = await page(on)
    for (const name of ['toxiproxy_proxy_received_bytes_total', 'toxiproxy_proxy_sent_bytes_total']) {
      for (const direction of ['upstream', 'downstream']) assert.equal(sample(text, name, { ...labels, direction }), 5, `${name} ${direction}`)
    }
    assert.equal(sample(text, 'brownout_connections', { proxy: 'cache' }), 1)
    assert.equal(sample(text, 'brownout_connections_total', { proxy: 'cache' }), 1)
  })

  it('goes on counting over a disable, an enable, a change of upstream and a delete', async () => {
    const on = await stage({ metrics })
    let port = await on.proxy()
    const send = async (): Promise<void> => {
      const client = await on.client(port)
      await exchange(client, '12345')
    }
    const total = async (): Promise<number> => [...(await page(on)).matchAll(/^toxiproxy_proxy_sent_bytes_total\{.*direction="upstream"\} (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0)
    await send()
    await on.ask('PATCH', '/proxies/cache', { enabled: false })
    await on.ask('PATCH', '/proxies/cache', { enabled: true })
    await send()
    await on.ask('PATCH', '/proxies/cache', { upstream: on.upstream.replace('127.0.0.1', 'localhost') })
    await send()
    await on.ask('DELETE', '/proxies/cache')
    port = await on.proxy()
    await send()
    assert.equal(await total(), 20)
  })

  it('counts what each rule altered, past its removal, and how long chunks were held', async () => {
    const on = await stage({ metrics })
    const client = await on.client(await on.proxy())
    await on.toxic('latency', { latency: 30 })
    for (let i = 0; i < 3; i++) await exchange(client, 'ping')
    const rule = { proxy: 'cache', rule: 'cache/latency_downstream', fault: 'latency' }
    assert.equal(sample(await page(on), 'brownout_altered_operations_total', rule), 3)
    await exchange(client, 'ping')
    await on.ask('DELETE', '/proxies/cache/toxics/latency_downstream')
    const text = await page(on)
    assert.equal(sample(text, 'brownout_altered_operations_total', rule), 4)
    assert.equal(sample(text, 'brownout_added_latency_seconds_count', { proxy: 'cache' }), 4)
    assert.equal(sample(text, 'brownout_added_latency_seconds_bucket', { le: '0.02' }), 0)
    assert.equal(sample(text, 'brownout_added_latency_seconds_bucket', { le: '+Inf' }), 4)
    assert.ok((sample(text, 'brownout_added_latency_seconds_sum') ?? 0) >= 0.12)
  })
})
