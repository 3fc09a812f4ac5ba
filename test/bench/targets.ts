/**
 * Every figure that the sample stack is to reach, measured through the proxy by the experiments of experiments/targets: prints figure, target, measured, verdict.
 * ONLY=api,cache chooses files by name, WRITE=file writes the table as Markdown too. Runs are kept in .brownout/targets.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { ROOT } from '../support/paths.ts'
import { Watched } from './targets/watched.ts'
import { judged, swept, type Row } from './targets/rows.ts'
import { TARGETS, type Target } from './targets/list.ts'

const HEAD = ['figure', 'target', 'measured', 'verdict', 'where'] as const
const BROWNOUT = join(ROOT, 'dist/bin/brownout.js')
const OUT = join(ROOT, '.brownout/targets')

/** Runs one file by the command line, as anybody would; its figures are in the document on stdout. */
async function measured(target: Target): Promise<readonly Row[]> {
  const { file, how, args = [], memory: limit } = target
  const child = spawn(process.execPath, [BROWNOUT, how, join(ROOT, 'experiments/targets', `${file}.yaml`), ...args, '--json', '--out', OUT], { stdio: ['ignore', 'pipe', 'inherit'] })
  const watched = limit === undefined || child.pid === undefined ? undefined : new Watched(child.pid)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => { text += part })
  const [code] = await once(child, 'close')
  const memory = watched?.end()
  const where = `${file}.yaml`
  if (text.trim() === '') return [{ figure: file, target: '', measured: `ended with ${code} and said nothing`, verdict: 'missed', where }]
  const rows = how === 'sweep' ? swept(JSON.parse(text), target) : judged(JSON.parse(text), target)
  return [...rows, ...(memory && limit ? [memory.row(limit)] : [])].map((row) => ({ ...row, where }))
}

const only = process.env['ONLY']?.split(',')
const unknown = only?.filter((one) => !TARGETS.some(({ file }) => file === one)) ?? []
if (unknown.length > 0) throw new Error(`no such target: ${unknown.join(', ')}; there are ${TARGETS.map(({ file }) => file).join(', ')}`)
const rows: Row[] = []
for (const target of TARGETS.filter(({ file }) => only?.includes(file) ?? true)) {
  process.stderr.write(`\n== ${target.file}: ${target.asks}\n`)
  rows.push(...await measured(target))
}

const table = new Table({ head: [...HEAD], style: { head: [], border: [] } })
for (const { figure, target, measured, verdict, where = '' } of rows) table.push([figure, target, measured, verdict, where])
process.stdout.write(`${table.toString()}\n`)
const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`
process.stdout.write(`${machine}; load, proxy, shop and servers share them\n`)
const write = process.env['WRITE']
if (write !== undefined) {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  writeFileSync(write, [line(HEAD), line(HEAD.map(() => '---')), ...rows.map(({ figure, target, measured, verdict, where = '' }) => line([figure, target, measured, verdict, where])), '', `Measured on ${machine}; load, proxy, shop and servers share them.`, ''].join('\n'))
}
process.exitCode = rows.every(({ verdict }) => verdict !== 'missed') ? 0 : 1
