/**
 * Every figure that the sample stack is to reach, measured through the proxy by the experiments of experiments/targets: prints figure, target, measured, verdict.
 * ONLY=api,cache chooses files by name, WRITE=file writes the table as Markdown too. Runs are kept in .brownout/targets.
 */

import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/paths.ts'
import { brownout, chosen, tell } from './measured.ts'
import { Watched } from './targets/watched.ts'
import { judged, swept, type Row } from './targets/rows.ts'
import { TARGETS, type Target } from './targets/list.ts'

const HEAD = ['figure', 'target', 'measured', 'verdict', 'where'] as const
const OUT = join(ROOT, '.brownout/targets')

/** Runs one file by the command line, as anybody would; its figures are in the document on stdout. */
async function measured(target: Target): Promise<readonly Row[]> {
  const { file, how, args = [], memory: limit } = target
  let watched: Watched | undefined
  const { stdout, exit } = await brownout([how, join(ROOT, 'experiments/targets', `${file}.yaml`), ...args, '--json', '--out', OUT], {
    stderr: 'inherit', started: ({ pid }) => { if (limit !== undefined && pid !== undefined) watched = new Watched(pid) },
  })
  const memory = watched?.end()
  const where = `${file}.yaml`
  if (stdout === '') return [{ figure: file, target: '', measured: `ended with ${String(exit)} and said nothing`, verdict: 'missed', where }]
  const rows = how === 'sweep' ? swept(JSON.parse(stdout), target) : judged(JSON.parse(stdout), target)
  return [...rows, ...(memory && limit ? [memory.row(limit)] : [])].map((row) => ({ ...row, where }))
}

const rows: Row[] = []
for (const target of chosen(TARGETS, 'target')) {
  process.stderr.write(`\n== ${target.file}: ${target.asks}\n`)
  rows.push(...await measured(target))
}
const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`
tell(HEAD, rows.map(({ figure, target, measured, verdict, where = '' }) => [figure, target, measured, verdict, where]), `Measured on ${machine}; load, proxy, shop and servers share them.`)
process.exitCode = rows.every(({ verdict }) => verdict !== 'missed') ? 0 : 1
