/** The files of docs/grafana: every metric they name is one that a live server shows, with traffic of every protocol; and promtool agrees, where there is one. */

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { parse, stringify } from 'yaml'
import { WebSocket, WebSocketServer } from 'ws'
import type { Watchable } from '../../src/admin/control-metrics.ts'
import { ms } from '../../src/core/units.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import { journalOf } from '../report/journal-builder.ts'
import { ROOT } from '../support/paths.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'
import { closeAll, later, stage } from './stage.ts'

const FOLDER = join(ROOT, 'docs/grafana')
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')
const promtool = spawnSync('promtool', ['--version']).status === 0

interface Rule { readonly alert: string; readonly expr: string; readonly annotations: Readonly<Record<string, string>> }
const rules = (parse(read('brownout-alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)

/** Every `expr` in the dashboard, and the metrics that its variables are made of. */
function expressions(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => {
    if (key === 'expr' && typeof one === 'string') return [one]
    if (key === 'query' && typeof one === 'string' && one.startsWith('label_values(')) return [one.slice('label_values('.length, one.indexOf(','))]
    return expressions(one)
  })
}

/** What is neither a function, a label, a keyword, text nor a time is the name of a metric. */
function metricsIn(expression: string): readonly string[] {
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, '').replace(/\{[^}]*\}/g, ' ').replace(/\[[^\]]*\]/g, ' ').replace(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, ' ')
  return [...bare.matchAll(/[a-z_:][a-z0-9_:]*(?!\w*\s*\()/gi)].map(([name]) => name).filter((name, i, all) => !['and', 'or', 'unless', 'bool', 'by', 'on'].includes(name) && all.indexOf(name) === i)
}

const TLS = { client: 'passthrough', upstream: 'off', verify: false } as const
const told: Watchable = {
  status: async () => ({ version: '1', pid: 1, mode: 'serve', cwd: '/', about: '', since: 0, seed: 1, halted: null, policy: null, targets: [],
    injections: [{ id: 'one', fault: 'latency', on: 'api', params: {}, detail: {}, text: '', by: 'ann', since: 0, until: 4e12, lease: 'l', matched: 0, altered: 0 }],
    run: { name: 'cart', question: '', phase: 'method', expectations: [{ text: 'signal: a "b" \\ c', outcome: 'PASS' }] } }),
  events: () => journalOf([{ kind: 'rule.arming', rule: 'one', step: 'one', fault: 'latency', target: 'api', params: {}, detail: {} }, { kind: 'rule.cleared', rule: 'one', step: 'one', reason: 'request', effectiveAt: ms(0), matched: 0, altered: 0 }, { kind: 'alert', alert: 'slow', state: 'recovered', text: '' }]),
  on: () => () => undefined,
}

/** /metrics of a server through which something of every protocol that can be had here has passed. */
async function live(): Promise<string> {
  const on = await stage({ metrics: { own: true, process: true, control: { told, alerts: () => [['slow', true]] } } })
  const through = async (name: string, protocol: Protocol, host: string, port: number): Promise<number> => {
    const { listen } = await on.admin.proxies.create({ name, listen: '127.0.0.1:0', upstream: `${host}:${port}`, enabled: true, toxics: [], rules: [], fixed: { protocol, tls: TLS, dialTimeout: ms(5000), upstream: { host, port } } })
    return Number(listen.slice(listen.lastIndexOf(':') + 1))
  }
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => server.close())
  new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
  const address = server.address()
  const own = typeof address === 'object' && address ? address.port : 0
  await (await fetch(`http://127.0.0.1:${await through('api', 'http', '127.0.0.1', own)}/orders/1`, { headers: { connection: 'close' } })).text()
  const socket = new WebSocket(`ws://127.0.0.1:${await through('live', 'websocket', '127.0.0.1', own)}/`)
  await once(socket, 'open')
  socket.send('ping')
  await once(socket, 'message')
  socket.close()
  await once(socket, 'close')
  if (hasRedis) {
    const { host, port } = await redis()
    const client = new Redis({ host: '127.0.0.1', port: await through('cache', 'redis', host, port) })
    await client.get('grafana-test:1')
    await client.quit()
  }
  const { url } = await postgres()
  const to = new URL(url)
  const target = new URL(url)
  target.host = `127.0.0.1:${await through('db', 'postgres', to.hostname, Number(to.port))}`
  const client = new pg.Client({ connectionString: target.href })
  await client.connect()
  for (const statement of ['begin', 'select 1', 'rollback']) await client.query(statement)
  await client.query('select nonsense').catch(() => undefined)
  await client.end()
  return (await on.ask('GET', '/metrics')).text
}

describe('the files for Grafana and Prometheus', () => {
  let page: string
  let families: ReadonlySet<string>
  before(async () => {
    page = await live()
    families = new Set([...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])))
  })
  after(closeAll)

  it('are read as they should be', () => {
    assert.deepEqual(metricsIn('sum by (a) (rate(x_total{a="b",c!~"d_e"}[5m])) / y_bucket unless on (z) topk(3, w) > 14.4 * 0.001'), ['x_total', 'y_bucket', 'w'])
    assert.ok(expressions(JSON.parse(read('brownout.json'))).length > 40)
    assert.ok(rules.length >= 10)
  })

  it('name only metrics that a live server shows', () => {
    for (const [what, all] of [['brownout.json', expressions(JSON.parse(read('brownout.json')))], ['brownout-alerts.yaml', rules.map(({ expr }) => expr)]] as const) {
      const named = new Set(all.flatMap(metricsIn))
      assert.ok(named.size > 8, `${named.size} in ${what}`)
      assert.deepEqual([...named].filter((name) => !families.has(name)), [], what)
    }
  })

  it('show all that brownout counts: no metric of its own is without a panel', () => {
    const shown = new Set(expressions(JSON.parse(read('brownout.json'))).flatMap(metricsIn).map((name) => name.replace(/_bucket$/, '')))
    const own = [...page.matchAll(/^# TYPE (brownout_\S+)/gm)].map(([, name = '']) => name)
    assert.deepEqual(own.filter((name) => !shown.has(name)).sort(), ['brownout_first_byte_seconds', 'brownout_operation_bytes_total', 'brownout_resource_usage'])
  })

  it('have a line of the runbook for each alert', () => {
    const headings = [...readFileSync(join(ROOT, 'docs/observability.md'), 'utf8').matchAll(/^### (\S+)$/gm)].map(([, name]) => name)
    assert.deepEqual(headings, rules.map(({ alert }) => alert))
    for (const { alert, annotations } of rules) assert.equal(annotations['runbook_url'], `docs/observability.md#${alert.toLowerCase()}`)
  })

  it('describe in the docs every metric of brownout', () => {
    const docs = readFileSync(join(ROOT, 'docs/observability.md'), 'utf8')
    assert.deepEqual([...page.matchAll(/^# TYPE brownout_(\S+)/gm)].map(([, name = '']) => name).filter((name) => !docs.includes(`\`${name}\``)), [])
  })

  it('pass promtool: the metrics of a live server, the rules, and the tests of the rules', async function checked() {
    if (!promtool) this.skip()
    const ran = async (args: readonly string[], input = ''): Promise<string> => {
      const child = spawn('promtool', args, { cwd: FOLDER, stdio: ['pipe', 'pipe', 'pipe'] })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { said += chunk })
      child.stdin.end(input)
      const [exit] = await once(child, 'close') as [number]
      return exit === 0 ? 'passed' : said
    }
    assert.equal(await ran(['check', 'metrics'], page), 'passed')
    assert.equal(await ran(['check', 'rules', 'brownout-alerts.yaml']), 'passed')
    // What Grafana fills in, and each expression as a rule: it is read as PromQL so.
    const filled = expressions(JSON.parse(read('brownout.json'))).map((one) => one.replaceAll('$__rate_interval', '1m').replaceAll(/\$(instance|proxy)/g, '.*'))
    const folder = mkdtempSync(join(tmpdir(), 'brownout-rules-'))
    later(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'dashboard.yaml'), stringify({ groups: [{ name: 'dashboard', rules: filled.map((expr, i) => ({ record: `panel:${i}`, expr })) }] }))
    assert.equal(await ran(['check', 'rules', join(folder, 'dashboard.yaml')]), 'passed')
    assert.equal(await ran(['test', 'rules', 'brownout-alerts.test.yaml']), 'passed')
  })
})

describe('metrics without a control', () => {
  it('show proxies alone', async () => {
    const on = await stage({ metrics: { own: true, process: false } })
    assert.doesNotMatch((await on.ask('GET', '/metrics')).text, /brownout_halted/)
    await closeAll()
  })
})
