/** Watches what an experiment opens, or reads what a run saw, and writes candidate experiments. */

import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { ArgumentsCamelCase } from 'yargs'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { formatDuration, ms, parseDuration, type Ms } from '../core/units.ts'
import { discover, type Candidate, type Discovered } from '../discover/candidates.ts'
import { keptSections } from '../discover/sections.ts'
import { loadWords, rateWords, targetWords } from '../discover/words.ts'
import { loadExperiment } from '../experiment/load.ts'
import { formatProblem } from '../experiment/problem.ts'
import { shareWords } from '../report/words.ts'
import { columns } from '../report/columns.ts'
import type { Context } from './command.ts'
import type { SafetyArgs } from './safety-options.ts'
import { watched, type Watched } from './watched.ts'
import { readVars } from './vars.ts'

export interface Args extends SafetyArgs {
  from: string
  for: string
  out: string
  force: boolean
  top: number
  json: boolean
  var: string[]
  'var-file': string[]
}
type Given = ArgumentsCamelCase<Args>

const TOP_MAX = 50

export async function runDiscover(args: Given, context: Context): Promise<Exit> {
  const { cwd, registry } = context
  const length = lengthOf(args.for)
  if (!(Number.isInteger(args.top) && args.top >= 0 && args.top <= TOP_MAX)) throw new BrownoutError('USAGE', { message: `--top: expected a whole number from 0 to ${TOP_MAX}` })
  const vars = readVars(args.var, args.varFile, cwd)
  const found = await watched({ from: args.from, length, vars, safety: args }, context)
  if ('exit' in found) return found.exit
  const folder = resolve(cwd, args.out)
  const discovered = discover({ record: found.record, plan: found.plan, registry, hot: args.top, sections: keptSections(found.text, resolve(cwd, found.plan.file), folder) })
  if (!discovered || discovered.candidates.length === 0) throw nothing(discovered, found)
  const written = await writeAll(discovered.candidates, found, { folder, force: args.force, vars }, context)
  tell(discovered, written, { ...args, shown: relative(cwd, folder) || '.' }, context)
  if (args.json) context.stdout.write(`${JSON.stringify(documentOf(discovered, written, found), null, 2)}\n`)
  return EXIT.pass
}

function lengthOf(text: string): Ms {
  const length = parseDuration(text)
  if (length === undefined || length <= 0) throw new BrownoutError('USAGE', { message: `--for ${text}: expected a duration such as 30s or 5m` })
  return length
}

function nothing(discovered: Discovered | undefined, { plan }: Watched): BrownoutError {
  if (!discovered) return new BrownoutError('NOTHING_SEEN', { message: 'the run did not come to its baseline', hint: 'watch the file itself: `brownout discover FILE`' })
  const names = plan.targets.map(({ spec }) => spec.name).join(', ')
  return new BrownoutError('NOTHING_SEEN', { message: `hardly anything passed through ${names} in ${formatDuration(ms(Math.round(discovered.seen.seconds) * 1000))}` })
}

/** `kept`: a file of that name was there already; `invalid`: it would not load, which is our fault. */
interface Written { readonly candidate: Candidate; readonly path: string; readonly status: 'written' | 'kept' | 'invalid' }

async function writeAll(candidates: readonly Candidate[], { mode }: Watched, { folder, force, vars }: { folder: string; force: boolean; vars: Readonly<Record<string, string>> }, { registry, env, cwd, stderr }: Context): Promise<readonly Written[]> {
  try {
    mkdirSync(folder, { recursive: true })
    const written: Written[] = []
    for (const candidate of candidates) {
      const path = join(folder, `${candidate.name}.yaml`)
      const shown = relative(cwd, path)
      const loaded = await loadExperiment(shown, { registry, env, vars, cwd, source: candidate.text })
      if (!('plan' in loaded)) stderr.write(loaded.problems.map((problem) => `left out: ${formatProblem(problem)}\n`).join(''))
      written.push({ candidate, path: shown, status: 'plan' in loaded ? put(path, candidate.text, mode, force) : 'invalid' })
    }
    return written
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause) || cause instanceof BrownoutError) throw cause
    throw new BrownoutError('REPORT_FAILED', { message: `${folder}: ${cause.message}`, cause })
  }
}

function put(path: string, text: string, mode: number, force: boolean): 'written' | 'kept' {
  if (!force && statSync(path, { throwIfNoEntry: false })) return 'kept'
  writeFileSync(path, text, { flag: force ? 'w' : 'wx', mode })
  return 'written'
}

function tell({ seen }: Discovered, written: readonly Written[], { shown, var: single, 'var-file': files }: Args & { readonly shown: string }, { stderr }: Context): void {
  const quiet = seen.targets.filter(({ name }) => !written.some(({ candidate }) => candidate.target === name))
  stderr.write(`\nseen in ${Math.round(seen.seconds)}s:\n${[...seen.loads.map(loadWords), ...seen.targets.map(targetWords)].map((line) => `  ${line}\n`).join('')}`)
  for (const { name } of quiet) stderr.write(`  ${name}: too little passed to make anything of it\n`)
  const rows = written.map(({ candidate: { name, faults, hits, rate, share }, status }, index) =>
    [String(index + 1), name, rateWords(rate), shareWords(share), faults.join(' + '), hits, status === 'written' ? '' : status === 'kept' ? 'there already, kept' : 'left out'])
  stderr.write(`\n${columns([['', 'experiment', 'hits', 'of all', 'by', 'on', ''], ...rows]).map((line) => line.trimEnd()).join('\n')}\n\n`)
  const [count, kept] = [written.filter(({ status }) => status === 'written').length, written.filter(({ status }) => status === 'kept').length]
  stderr.write(`${count} written to ${shown}${kept > 0 ? `, ${kept} kept as they were: --force writes over them` : ''}\n`)
  const vars = [...single.map((one) => ` --var ${one.split('=', 1)[0]}=…`), ...files.map((one) => ` --var-file ${one}`)].join('')
  stderr.write(`  brownout check ${shown}/*.yaml${vars}\n  brownout run ${written[0]?.path ?? ''}${vars}\n`)
}

function documentOf({ seen }: Discovered, written: readonly Written[], { run }: Watched): unknown {
  return {
    format: 1, run, seconds: seen.seconds, targets: seen.targets, loads: seen.loads,
    candidates: written.map(({ candidate: { text: _, ...candidate }, path, status }, index) => ({ rank: index + 1, ...candidate, file: path, status })),
  }
}
