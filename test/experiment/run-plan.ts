// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
/** Plans for tests of the runner: short windows, a real HTTP server behind a target, a real load through it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ms, perSecond } from '../../src/core/units.ts'
import { registry } from '../../faults/index.ts'
import type { AppSpec, Expectation, Limit, Plan, SteadyState, Step } from '../../src/experiment/plan.ts'
import { runExperiment, type RunOptions, type RunResult } from '../../src/experiment/run.ts'
import { readJournal } from '../../src/record/journal.ts'
import type { JournalEvent } from '../../src/record/events.ts'
import { withDefaults } from '../../src/rule.ts'

export const place = { file: 'test.yaml', line: 7, column: 3 }
export const W = ms(50)

export const limit = (value: number, unit: Limit['unit'], text = String(value)): Limit => ({ value, unit, text })
export const success = (atLeast: number, name = 'web'): SteadyState =>
  ({ signal: { name, metric: 'success' }, comparison: 'at_least', limit: limit(atLeast, 'ratio', `${atLeast * 100}%`), text: `${name}.success at_least ${atLeast * 100}%`, place })

export const fault = (step: string, name: string, params: Record<string, unknown>, length: number, more: { at?: number; after?: string; on?: string; client?: string } = {}): Step => {
  const found = registry.get(name)
  if (!found) throw new Error(`no fault ${name}`)
  return {
    kind: 'fault', step, place, start: { at: ms(more.at ?? 0), after: more.after },
    rule: { id: step, fault: name, params: withDefaults(found, params), on: more.on ?? 'api', for: ms(length), ...(more.client ? { where: { client: more.client } } : {}) },
  }
}

export const expectSignal = (metric: string, comparison: 'at_least' | 'at_most', value: Limit, during: string, name = 'web'): Expectation =>
  ({ kind: 'signal', signal: { name, metric }, comparison, limit: value, during, text: `${name}.${metric} ${comparison} ${value.text} during ${during}`, place })

/** One HTTP target `api` and one load `web` through it. */
export function planFor(port: number, more: Partial<Plan> = {}): Plan {
  return {
    name: 'runner', question: 'Does the runner run?', file: 'test.yaml', hash: 'abc', tags: [], seed: 7, corruption: false,
    targets: [{
      url: new URL(`http://127.0.0.1:${port}/`),
      spec: {
        name: 'api', protocol: 'http', upstream: { host: '127.0.0.1', port }, listen: [{ address: { host: '127.0.0.1', port: 0 } }],
        tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(1000),
      },
    }],
    apps: [], probes: [],
    loads: [{ name: 'web', send: { kind: 'http', method: 'GET', url: '${targets.api.url}', headers: {} }, rate: perSecond(100), timeout: ms(300), ok: '2xx', inFlightMax: 500, connections: 4 }],
    windows: { warmup: ms(200), baseline: ms(1200), recovery: ms(1200), bucket: W, hold: ms(300), minSamples: 50 },
    steadyState: [success(0.9)], abort: [], alerts: [], method: [], expect: [], repeat: 1, secrets: [], warnings: [],
    ...more,
  }
}

/** An application that answers what its UPSTREAM answers, and 503 when that fails. */
export const appSpec = (more: Partial<AppSpec> = {}): AppSpec => ({
  name: '', cwd: process.cwd(),
  command: [process.execPath, '-e', `
    const http = require('node:http')
    http.createServer((request, response) => {
      const up = http.get(process.env.UPSTREAM, { timeout: 200 }, (answer) => { answer.resume(); response.writeHead(answer.statusCode).end() })
      up.on('timeout', () => up.destroy()).on('error', () => response.writeHead(503).end())
    }).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('serving'))
  `],
  env: { PORT: '${app.port}', UPSTREAM: '${targets.api.url}' },
  ready: { http: 'http://127.0.0.1:${app.port}/', within: ms(5000) },
  ...more,
})

/** An application that asks its UPSTREAM 50 times a second of its own accord: a busy machine does not make that invalid, as it does a load. */
export const busyApp = (): AppSpec => appSpec({
  command: [process.execPath, '-e', `
    const http = require('node:http')
    const agent = new http.Agent({ keepAlive: true })
    const ask = () => http.get(process.env.UPSTREAM, { agent, timeout: 200 }, (answer) => answer.resume()).on('error', () => undefined)
    http.createServer((request, response) => response.end('ready')).listen(Number(process.env.PORT), '127.0.0.1', () => setInterval(ask, 20))
  `],
})

export interface Bench { readonly port: number; readonly server: Server; readonly out: string; status: number; close(): Promise<void> }

/** A server that answers with `status`, and a folder for runs. */
export async function bench(): Promise<Bench> {
  const made = { status: 200 }
  const server = createServer((_request, response) => { response.writeHead(made.status).end('ok') })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  const out = mkdtempSync(join(tmpdir(), 'brownout-run-'))
  return Object.assign(made, {
    server, out, port: typeof address === 'object' && address ? address.port : 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
      rmSync(out, { recursive: true, force: true })
    },
  })
}

export const run = (plan: Plan, { out }: Pick<Bench, 'out'>, more: Partial<RunOptions> = {}): Promise<RunResult> =>
  runExperiment(plan, { registry, env: process.env, cwd: process.cwd(), out, version: '0', startServer: () => Promise.reject(new Error('no servers here')), ...more })

export const eventsOf = ({ folder }: Pick<RunResult, 'folder'>): readonly JournalEvent[] => readJournal(join(folder, 'journal.ndjson')).events
export const kindsOf = (result: Pick<RunResult, 'folder'>): readonly string[] => eventsOf(result).map((event) => (event.kind === 'phase' ? event.phase : event.kind)).filter((kind) => kind !== 'bucket')
