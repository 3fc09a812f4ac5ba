/**
 * What each switch of the sample stack is worth: its experiment off and on in turns, REPEAT times each (5), held against each other by `brownout compare`.
 * ONLY=pool,batch chooses, WRITE=file writes the table as Markdown too. Runs are kept in .brownout/switches, as long as the next time.
 */

import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { valueWords } from '../../src/report/compare/words.ts'
import { medianOf } from '../../src/statistics/median.ts'
import { ROOT } from '../support/paths.ts'
import { brownout, chosen, tell } from './measured.ts'
import { SWITCHES, type Switch } from './switches/list.ts'

/** What is read of the document that `compare --json` prints. */
interface Compared {
  readonly figures: readonly { readonly figure: string; readonly unit: Parameters<typeof valueWords>[0]; readonly verdict: string; readonly shift: number | null; readonly low: number | null; readonly high: number | null; readonly a: readonly { readonly value: number }[]; readonly b: readonly { readonly value: number }[] }[]
  readonly notes: readonly string[]
}

type Side = 'off' | 'on'
type Row = readonly string[]

const HEAD = ['switch', 'figure', 'off', 'on', 'shift', '90% interval', 'verdict'] as const
const OUT = join(ROOT, '.brownout/switches')
const folderOf = ({ file }: Switch, side: Side): string => join(OUT, file, side)

/** Where it says nothing nothing can be compared. */
async function documentOf(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  const { stdout, stderr } = await brownout(args, { stderr: 'pipe', ...(env ? { env } : {}) })
  if (stdout === '') throw new Error(`brownout ${args.join(' ')} said nothing but\n${stderr}`)
  return stdout
}

/** a b, b a, a b: a machine that gets slower meets both alike. */
async function measure(one: Switch, repeat: number): Promise<readonly Row[]> {
  rmSync(join(OUT, one.file), { recursive: true, force: true })
  for (let round = 0; round < repeat; round++) {
    for (const side of round % 2 === 0 ? ['off', 'on'] as const : ['on', 'off'] as const) {
      process.stderr.write(`${one.file} ${one.variable}=${one[side]}, ${round + 1} of ${repeat}\n`)
      await documentOf([one.how, join(ROOT, 'experiments/switches', `${one.file}.yaml`), '--json', '--out', folderOf(one, side)], { ...process.env, [one.variable]: one[side] })
    }
  }
  const signals = one.figures.flatMap((figure) => ['--signal', figure])
  const { figures, notes } = JSON.parse(await documentOf(['compare', folderOf(one, 'off'), folderOf(one, 'on'), ...signals, '--during', one.how === 'run' ? 'fault' : 'all', '--json'])) as Compared
  for (const note of notes) process.stderr.write(`${one.file}: ${note}\n`)
  if (figures.length === 0) return [[named(one), one.figures.join(', '), '', '', '', '', 'nothing can be compared']]
  return figures.map((figure) => rowOf(one, figure))
}

const named = ({ asks, variable, off, on }: Switch): string => `${asks}: ${variable}=${off}, ${on}`

function rowOf(one: Switch, { figure, unit, verdict, shift, low, high, a, b }: Compared['figures'][number]): Row {
  const [off, on] = [a, b].map((points) => medianOf(points.map(({ value }) => value)))
  const signed = (value: number | null): string => {
    if (value === null) return '?'
    const sign = value < 0 ? '-' : '+'
    // A share of a share would be read wrongly.
    if (unit === 'share') return `${sign}${Math.abs(value * 100).toFixed(1)}pt`
    return `${sign}${valueWords(unit, Math.abs(value))}${off ? `, ${sign}${Math.abs(100 * value / off).toFixed(0)}%` : ''}`
  }
  return [named(one), figure, valueWords(unit, off ?? 0), valueWords(unit, on ?? 0), signed(shift), `${signed(low)} … ${signed(high)}`, verdict]
}

const repeat = Number(process.env['REPEAT'] || 5)
if (!(Number.isInteger(repeat) && repeat > 0)) throw new Error(`REPEAT: ${process.env['REPEAT']} is no number of runs`)
const rows: Row[] = []
for (const one of chosen(SWITCHES, 'switch')) rows.push(...await measure(one, repeat))
tell(HEAD, rows, `${repeat} runs of each in turns, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; load, proxy, shop and servers share them.`)
