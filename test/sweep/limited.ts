// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
/** Sweeps of servers whose limits are known by construction. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registry } from '../../faults/index.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { parseKnob } from '../../src/experiment/knob.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import type { Plan } from '../../src/experiment/plan.ts'
import { runSweep, type RunSweepOptions } from '../../src/experiment/run-sweep.ts'
import type { SweepSettings } from '../../src/experiment/sweep.ts'
import type { SweepResult } from '../../src/sweep/result.ts'
import { ROOT } from '../support/paths.ts'

export interface Limited { readonly server: readonly string[]; readonly rate: string; readonly p95: string; readonly baseline?: string }

/** An experiment around such a server: a load through a target that leads to it, and a step that delays its answers. */
export const experiment = ({ server, rate, p95, baseline = '3s' }: Limited): string => `name: limited
question: How much does it take?
targets:
  api: { protocol: http, upstream: app }
app:
  command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(join(ROOT, 'dist/test/support/limited-server.js'))}, ${server[0]}, "\${app.port}", ${server.slice(1).map((one) => JSON.stringify(one)).join(', ')}]
  ready: { http: "http://127.0.0.1:\${app.port}/", within: 15s }
load:
  web: { http: "GET \${targets.api.url}", rate: ${rate}, timeout: 2s, ok: 2xx }
windows: { warmup: 500ms, baseline: ${baseline}, recovery: 10s, bucket: 50ms, hold: 300ms, min_samples: 50 }
steady_state:
  - { signal: web.p95, at_most: ${p95} }
  - { signal: web.success, at_least: 99% }
method:
  - { step: slow, at: 0s, fault: latency, on: api, params: { delay: 10ms }, for: 5s }
`

export interface SweepWanted extends Limited { readonly vary: readonly string[]; readonly settings?: Partial<Omit<SweepSettings, 'knobs'>>; readonly options?: Partial<RunSweepOptions>; readonly alter?: (plan: Plan) => Plan }

/** Runs it in a folder of its own, which is given while `look` runs. */
export async function sweepLimited(wanted: SweepWanted, look: (result: SweepResult, folder: string) => void | Promise<void> = () => undefined): Promise<SweepResult> {
  const home = mkdtempSync(join(tmpdir(), 'brownout-sweep-'))
  try {
    const file = join(home, 'limited.yaml')
    writeFileSync(file, experiment(wanted))
    const loaded = await loadExperiment(file, { registry, env: process.env, vars: {}, seed: 7, cwd: home })
    if (!('plan' in loaded)) throw new Error(JSON.stringify(loaded.problems))
    const plan = (wanted.alter ?? ((one) => one))(loaded.plan)
    const settings: SweepSettings = {
      knobs: wanted.vary.map((text) => parseKnob(text, plan, registry)), steps: 8, resolution: 0.02, repeats: 3, points: 60, budget: ms(600_000), ...wanted.settings,
    }
    const { result, folder } = await runSweep(plan, settings, {
      registry, env: process.env, cwd: home, out: join(home, 'runs'), version: '0.0.0', startServer: () => Promise.reject(new Error('no server is needed')), ...wanted.options,
    })
    await look(result, folder)
    return result
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Short windows, for limits that are far from any chance. */
export const SHORT: { readonly warm: Ms; readonly window: Ms } = { warm: ms(300), window: ms(800) }
