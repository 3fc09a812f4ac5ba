/** What `import { brownout } from 'brownout'` gives: all of it starts, runs and ends in this process. */

import { dirname, resolve } from 'node:path'
import type { Brownout, Experiment, ExperimentOptions, ExperimentResult, Toxiproxy } from '../../types/brownout.d.ts'
import { startAdmin } from '../admin/server.ts'
import { startServer } from '../demo/demo.ts'
import { findShared } from '../experiment/inherit.ts'
import { loadExperiment } from '../experiment/load.ts'
import { refusePauses, runExperiment, type Running } from '../experiment/run.ts'
import type { Registry } from '../fault.ts'
import { runsFolder } from '../record/runs.ts'
import { reportOf } from '../report/json.ts'
import { writeReports } from '../report/write.ts'
import { openTarget } from './target.ts'
import { refused, withTimes } from './written.ts'

export interface LibraryOptions { readonly registry: Registry; readonly version: string }

export const library = ({ registry, version }: LibraryOptions): Brownout => ({
  target: (options) => openTarget(registry, options),
  experiment: (definition, options = {}) => run(definition, options, { registry, version }),
  async toxiproxy({ host, port, seed } = {}): Promise<Toxiproxy> {
    const admin = await startAdmin({ registry, host, port, seed })
    const { url } = admin
    const close = (): Promise<void> => admin.close()
    return { url, port: admin.port, host: new URL(url).hostname.replace(/^\[|\]$/g, ''), close, [Symbol.asyncDispose]: close }
  },
})

async function run(definition: Experiment | string, { env = process.env, cwd = process.cwd(), vars = {}, seed, out, signal }: ExperimentOptions, { registry, version }: LibraryOptions): Promise<ExperimentResult> {
  const source = typeof definition === 'string' ? undefined : JSON.stringify(withTimes(definition), null, 2)
  const loaded = await loadExperiment(typeof definition === 'string' ? definition : 'experiment', { registry, env, cwd, vars, seed, source })
  if ('problems' in loaded) throw refused(loaded.problems, source === undefined)
  const { plan } = loaded
  refusePauses(plan)
  let running: Running | undefined
  const stop = (): void => running?.interrupt('SIGINT')
  signal?.addEventListener('abort', stop)
  try {
    const { exit, outcome, folder, record, analysis } = await runExperiment(plan, {
      registry, env, cwd, version, startServer, source, out: out === undefined ? runsFolder(dirname(findShared(cwd) ?? resolve(cwd, 'brownout.yaml'))) : resolve(cwd, out),
      onStart(started) {
        running = started
        if (signal?.aborted) stop()
      },
    })
    writeReports(folder, record, analysis)
    return { outcome, exit, folder, why: record.verdict.why, expectations: record.verdict.expectations, report: reportOf(record, analysis) }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
