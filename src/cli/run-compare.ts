/** Reads two sets of runs and says whether the second is worse. */

import { appendFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { ArgumentsCamelCase } from 'yargs'
import { wallTime } from '../core/clock.ts'
import { BrownoutError, nearest } from '../core/errors.ts'
import type { Exit } from '../core/exit.ts'
import { parseRatio } from '../core/units.ts'
import { JOURNAL_FILE, readJournal } from '../record/journal.ts'
import { resolveRuns } from '../record/run-sets.ts'
import { analyseRun } from '../report/analysis.ts'
import { askedDuring, labelOf, parseAsked, type Asked } from '../report/compare/asked.ts'
import { compare, figuresOf, type Comparison, type RunFigures, type Side } from '../report/compare/comparison.ts'
import { compareAnnotations, compareDocument, compareMarkdown } from '../report/compare/formats.ts'
import { comparePage } from '../report/compare/page.ts'
import { compareText } from '../report/compare/text.ts'
import { headlineOf } from '../report/compare/words.ts'
import { foldRun } from '../report/fold.ts'
import { writeFile } from '../report/write.ts'
import type { Context } from './command.ts'
import { historyFolder } from './history.ts'
import type { OutletArgs } from './outlet-options.ts'
import { openOutlets, OUTLETS_PATIENCE } from './outlets.ts'

export interface Args extends Pick<OutletArgs, 'webhook' | 'webhook-format'> {
  a: string
  b: string
  signal: string[]
  during: string | undefined
  floor: string
  json: boolean
  html: string | undefined
  md: string | undefined
  out: string | undefined
}

/** Runs that are read without a word. */
const QUIET_MAX = 10

export async function runCompare(args: ArgumentsCamelCase<Args>, context: Context): Promise<Exit> {
  const { stdout, stderr, color, env, cwd } = context
  const floor = parseRatio(args.floor)
  if (floor === undefined) throw new BrownoutError('USAGE', { message: `--floor ${args.floor} is no share`, hint: 'write a share such as 5%' })
  const asked = args.signal.map((text) => parseAsked(text, args.during ?? 'baseline'))
  const runs = historyFolder(context, args.out)
  const [foldersA, foldersB] = [args.a, args.b].map((wanted) => resolveRuns(runs, wanted, cwd))
  const both = foldersA?.find((folder) => foldersB?.includes(folder))
  if (both !== undefined) throw new BrownoutError('USAGE', { message: `${both} is in both sets`, hint: 'in FIRST..LAST both ends count: latest~9..latest~5 and latest~4..latest are five runs each' })
  const count = (foldersA?.length ?? 0) + (foldersB?.length ?? 0)
  if (count > QUIET_MAX) stderr.write(`reading ${count} runs\n`)
  const side = (wanted: string, folders: readonly string[] = []): Side => {
    const all = folders.map((folder) => read(folder, asked, args.during))
    return { asked: wanted, runs: all.filter(({ unfit }) => unfit === undefined), unfit: all.filter(({ unfit }) => unfit !== undefined) }
  }
  const comparison = compare(side(args.a, foldersA), side(args.b, foldersB), floor)
  const none = missing(asked, comparison)
  if (none !== undefined) throw unknown(none, [...(foldersA ?? []), ...(foldersB ?? [])].at(-1), args.during)
  if (args.json) stdout.write(`${JSON.stringify(compareDocument(comparison), null, 2)}\n`)
  else stderr.write(compareText(comparison, { color, width: stderr.columns ?? 140 }))
  write(comparison, [[args.html && resolve(cwd, args.html), comparePage], [args.md && resolve(cwd, args.md), compareMarkdown]], context)
  if (env['GITHUB_ACTIONS']) for (const line of compareAnnotations(comparison)) stderr.write(`${line}\n`)
  if (comparison.outcome === 'regression') await announce(comparison, args, context)
  return comparison.exit
}

/** To webhooks, where there are any. */
async function announce(comparison: Comparison, { webhook, webhookFormat }: ArgumentsCamelCase<Args>, context: Context): Promise<void> {
  const opened = await openOutlets({ webhook, 'webhook-format': webhookFormat, otel: false }, context, (text) => context.stderr.write(`warning: ${text}\n`))
  const worse = comparison.rows.filter(({ verdict }) => verdict.finding === 'regression')
  opened?.outlets.announce({
    occasion: 'regression', at: wallTime(), tone: 'bad', title: `regression: ${comparison.a.asked} → ${comparison.b.asked}`, text: headlineOf(comparison),
    details: { a: comparison.a.asked, b: comparison.b.asked, figures: worse.map(({ label }) => label).join(', ') },
  })
  await opened?.outlets.close(OUTLETS_PATIENCE)
}

function read(folder: string, asked: readonly Asked[], during: string | undefined): RunFigures {
  const record = foldRun(readJournal(join(folder, JOURNAL_FILE)).events)
  // A folder may have been copied under another name.
  return { ...figuresOf(record, analyseRun(record), asked.length > 0 ? asked : undefined, (one) => askedDuring(one, during)), run: basename(folder) }
}

/** A figure that no run has is a slip of the pen more often than anything else. */
function missing(asked: readonly Asked[], { a, b }: Comparison): string | undefined {
  const fit = [...a.runs, ...b.runs]
  const seen = new Set(fit.flatMap(({ measured }) => measured.map(({ label }) => label)))
  return fit.length > 0 ? asked.map(labelOf).find((label) => !seen.has(label)) : undefined
}

function unknown(label: string, folder: string | undefined, during: string | undefined): BrownoutError {
  const near = folder === undefined ? undefined : nearest(label, read(folder, [], during).measured.map((one) => one.label))
  return new BrownoutError('SIGNAL_UNKNOWN', { message: `no run has a figure of ${label}`, hint: near ? `did you mean "${near}"?` : '`brownout compare` without --signal and --during shows what there is' })
}

function write(comparison: Comparison, files: readonly (readonly [path: string | undefined, render: (comparison: Comparison) => string])[], { env, stderr }: Context): void {
  try {
    for (const [path, render] of files) {
      if (!path) continue
      writeFile(path, render(comparison))
      stderr.write(`wrote ${path}\n`)
    }
    const summary = env['GITHUB_STEP_SUMMARY']
    if (summary && !files.some(([path, render]) => path && render === compareMarkdown)) appendFileSync(summary, compareMarkdown(comparison))
  } catch (cause) {
    throw new BrownoutError('REPORT_FAILED', { message: cause instanceof Error ? cause.message : String(cause), cause })
  }
}
