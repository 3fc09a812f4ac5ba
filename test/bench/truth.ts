/**
 * `make truth`: a service is taken down and brought up by a script, at times that the service itself notes. An experiment watches
 * through the proxy. Onset and recovery must be reported within one bucket of the truth, in every run of 20.
 */

import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { registry } from '../../faults/index.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { runExperiment } from '../../src/experiment/run.ts'
import { timingOf } from '../../src/report/analysis.ts'

const RUNS = Number(process.env['RUNS'] ?? 20)

interface Known { down?: number; up?: number }

const experiment = (port: number, pid: number, pause: number): string => `
name: truth
question: Does the report say when it really happened?
targets:
  web: { upstream: "tcp://127.0.0.1:${port}" }
load:
  get: { http: "GET http://\${targets.web.host}:\${targets.web.port}/", rate: 400/s, timeout: 500ms }
windows: { warmup: 500ms, baseline: 3s, recovery: 2500ms, bucket: 100ms, hold: 1s, min_samples: 200 }
steady_state:
  - { signal: get.success, at_least: 99% }
method:
  - { step: outage, at: ${pause}ms, run: [node, -e, "process.kill(${pid}, 'SIGUSR2')"], undo: [node, -e, "process.kill(${pid}, 'SIGUSR2')"], for: 1500ms, timeout: 5s }
expect:
  - { recovery: get.success, within: 2s }
`

async function serve(known: Known): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(new URL('truth-server.js', import.meta.url)))
  const port = await new Promise<number>((resolve) => {
    child.on('message', (message: Known & { port?: number }) => { if (message.port) resolve(message.port); else Object.assign(known, message) })
  })
  return { child, port }
}

const folder = mkdtempSync(join(tmpdir(), 'brownout-truth-'))
const known: Known = {}
const { child, port } = await serve(known)
let right = 0
try {
  for (let run = 1; run <= RUNS; run++) {
    const file = join(folder, 'truth.yaml')
    // The outage falls somewhere else in its bucket each time.
    writeFileSync(file, experiment(port, child.pid ?? 0, 37 * run))
    const loaded = await loadExperiment(file, { registry, env: process.env, vars: {}, seed: run })
    if (!('plan' in loaded)) throw new Error(loaded.problems.map(({ message }) => message).join('\n'))
    const { analysis, outcome, exit } = await runExperiment(loaded.plan, { registry, env: process.env, out: folder, version: 'truth', startServer: () => Promise.reject(new Error('none is needed')) })
    const timing = timingOf(analysis, { name: 'get', metric: 'success' })
    const [onset, recovered] = [(timing?.onset ?? Number.NaN) - (known.down ?? 0), (timing?.recovered ?? Number.NaN) - (known.up ?? 0)]
    const width = timing?.width ?? 0
    const good = Math.abs(onset) <= width && Math.abs(recovered) <= width
    if (good) right++
    process.stdout.write(`run ${run}: onset off by ${onset.toFixed(1)} ms, recovery off by ${recovered.toFixed(1)} ms, a bucket is ${width} ms, ${outcome} (${exit})${good ? '' : '   WRONG'}\n`)
  }
} finally {
  child.disconnect()
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(`${right} of ${RUNS} within one bucket\n`)
process.exitCode = right === RUNS ? 0 : 1
