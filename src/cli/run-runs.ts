/** Lists the history of runs. */

import Table from 'cli-table3'
import picocolors from 'picocolors'
import { EXIT, type Exit } from '../core/exit.ts'
import { formatDuration, ms } from '../core/units.ts'
import { listRuns, type RunSummary } from '../record/runs.ts'
import { brief, plain } from '../report/words.ts'
import type { Context } from './command.ts'
import { historyFolder } from './history.ts'

export interface Args { readonly out: string | undefined; readonly json: boolean; readonly last: number }

export function runRuns({ out, json, last }: Args, context: Context): Exit {
  const folder = historyFolder(context, out)
  const all = listRuns(folder).slice(last > 0 ? -last : 0)
  if (json) context.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
  else context.stderr.write(all.length ? history(all, context) : `no runs in ${folder}; \`brownout run FILE\` makes one\n`)
  return EXIT.pass
}

function history(all: readonly RunSummary[], { color, stderr }: Context): string {
  const { dim, green, red, yellow } = picocolors.createColors(color)
  const paint = ({ outcome, status }: RunSummary): string => {
    if (status !== 'ended') return yellow(status)
    return outcome === 'PASS' ? green(outcome) : outcome === 'FAIL' || outcome === 'ERROR' ? red(outcome) : yellow(outcome ?? '')
  }
  const none = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' }
  const table = new Table({ chars: none, head: ['when', 'run', 'outcome', 'exit', 'took', 'why'].map(dim), style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } })
  const width = Math.max(20, (stderr.columns ?? 120) - 76)
  for (const run of all) {
    table.push([run.wall.slice(0, 19).replace('T', ' '), plain(run.name), paint(run), run.exit ?? '', formatDuration(ms(run.tookMs)), brief(run.why, width)])
  }
  return `${table.toString()}\n`
}
