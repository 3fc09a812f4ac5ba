/** Runs experiments one after another, and says what they came to together. */

import { dirname, join, parse, relative, resolve } from 'node:path'
import type { ArgumentsCamelCase } from 'yargs'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, worstExit, type Exit } from '../core/exit.ts'
import { loadExperiment } from '../experiment/load.ts'
import type { Plan } from '../experiment/plan.ts'
import { formatProblem } from '../experiment/problem.ts'
import { summarise } from '../experiment/summary.ts'
import { readLimits, shortage } from '../proxy/limits.ts'
import { reportOf } from '../report/json.ts'
import { OUTCOMES_HEAD, outcomeCells, renderOutcomes } from '../report/markdowns.ts'
import { columns } from '../report/columns.ts'
import { plain } from '../report/words.ts'
import type { Wanted } from '../report/write.ts'
import type { Context } from './command.ts'
import { execute, addToJobSummary, type Executed } from './execute.ts'
import { historyFolder } from './history.ts'
import { refuseUpstreams, safetyOf } from './safety.ts'
import { readVars } from './vars.ts'
import type { OutletArgs } from './outlet-options.ts'
import { workersOf } from './workers.ts'

/** As yargs knows them; it gives them with camel case too. */
export interface Args extends OutletArgs {
  file: string[]
  json: boolean
  junit: string | undefined
  html: string | undefined
  md: string | undefined
  out: string | undefined
  var: string[]
  'var-file': string[]
  repeat: number | undefined
  interleave: boolean
  'dry-run': boolean
  seed: number | undefined
  tags: string[]
  'keep-going': boolean
  workers: string | undefined
  pause: boolean
  policy: string | undefined
  'allow-upstream': readonly string[]
  ui: number | undefined
}
type Given = ArgumentsCamelCase<Args>

const SEED_MAX = 2 ** 31 - 1

/** `prepare` changes each plan before anything is started. */
export async function runAll(args: Given, context: Context, prepare: (plan: Plan) => Plan = (plan) => plan): Promise<Exit> {
  const { repeat, dryRun, keepGoing, pause, json } = args
  const workers = workersOf(args.workers, context.worker)
  wholeNumber('repeat', repeat, 1, 1000)
  wholeNumber('seed', args.seed, 0, SEED_MAX)
  wholeNumber('ui', args.ui, 0, 65_535)
  const plans = (await loadAll(args, context, workers?.count)).filter(({ tags }) => args.tags.length === 0 || tags.some((tag) => args.tags.includes(tag))).map(prepare)
  if (plans.length === 0) throw new BrownoutError('USAGE', { message: `no experiment has the tag ${args.tags.join(' or ')}` })
  if (dryRun) {
    context.stderr.write(plans.map((plan) => `${plan.file}\n${summarise(plan)}`).join('\n'))
    return EXIT.pass
  }
  const { gate, guard, note } = await safetyOf(args, context)
  refuseUpstreams(plans.flatMap(({ targets }) => targets), guard)
  const passages = args.interleave ? inTurns(plans, repeat) : plans.flatMap((plan) => Array.from({ length: repeat ?? plan.repeat }, () => plan))
  const out = historyFolder(context, args.out)
  const desk = args.ui === undefined ? undefined : new (await import('./run-desk.ts')).RunDesk(gate, args.ui, context)
  const done: Executed[] = []
  for (const [i, plan] of passages.entries()) {
    if (passages.length > 1) context.stderr.write(`${i > 0 ? '\n' : ''}${i + 1} of ${passages.length}: ${plan.file}\n`)
    const executed = await execute(plan, { out, pause, workers, admit: gate.admit, onInside: desk?.watch, note, outlets: args, before: done, wanted: wantedOf(args, context, passages.length > 1 ? i + 1 : undefined) }, context)
    done.push(executed)
    if (executed.interrupted || (executed.exit !== EXIT.pass && !keepGoing && !args.interleave)) break
  }
  await desk?.close()
  const [first, second, ...others] = [...new Set(plans.map(({ name }) => name))]
  if (args.interleave && first !== undefined && second !== undefined && others.length === 0) context.stderr.write(`\n\`brownout compare ${first} ${second}\` holds all runs of both against one another\n`)
  if (json) context.stdout.write(`${JSON.stringify(documentOf(done, passages.length), null, 2)}\n`)
  const exits: readonly Exit[] = [...done.map(({ exit }) => exit), passages.length > 1 ? tellOutcomes(done, passages.length, args, context) : EXIT.pass]
  return worstExit(exits)
}

/** What each came to, for people at the end of all their output and for the summary of a GitHub job. */
function tellOutcomes(done: readonly Executed[], asked: number, { md, keepGoing, interleave }: Given, context: Context): Exit {
  const { stderr, cwd } = context
  const rows = done.map(({ record, exit, folder }) => {
    const [name = '', outcome = ''] = outcomeCells(record)
    return [plain(name), outcome, String(exit), relative(cwd, folder) || folder]
  })
  const left = asked - done.length
  const why = done.some(({ interrupted }) => interrupted) ? 'interrupted' : keepGoing || interleave ? '' : '--keep-going goes on when one does not pass'
  stderr.write(`\n${columns([[...OUTCOMES_HEAD], ...rows]).map((line) => line.trimEnd()).join('\n')}\n${left > 0 ? `  ${left} of ${asked} not run${why && `: ${why}`}\n` : ''}`)
  return md === undefined ? addToJobSummary(`\n${renderOutcomes(done.map(({ record }) => record))}`, context) : EXIT.pass
}

/** One of each, and again the other way round: what changes steadily on the machine meets all alike. */
export function inTurns<P extends { readonly repeat: number }>(plans: readonly P[], repeat: number | undefined): readonly P[] {
  const rounds = Math.max(0, ...plans.map((plan) => repeat ?? plan.repeat))
  return Array.from({ length: rounds }, (_, round) => plans.filter((plan) => round < (repeat ?? plan.repeat))).flatMap((due, round) => (round % 2 === 0 ? due : [...due].reverse()))
}

/** One run is its report; several are a list of them. */
function documentOf(done: readonly Executed[], asked: number): unknown {
  const reports = done.map(({ record, analysis }) => reportOf(record, analysis))
  return asked === 1 ? reports[0] : { format: 1, runs: reports }
}

/** All of them, or none: what is wrong with any is said before anything is started. */
async function loadAll({ file: files, var: single, varFile, seed }: Given, { registry, env, cwd, stderr }: Context, workers = 1): Promise<readonly Plan[]> {
  const vars = readVars(single, varFile, cwd)
  const plans: Plan[] = []
  let errors = 0
  for (const file of files) {
    const loaded = await loadExperiment(file, { registry, env, vars, seed, cwd })
    if ('plan' in loaded) {
      plans.push(loaded.plan)
      for (const warning of loaded.plan.warnings) stderr.write(`${formatProblem(warning)}\n`)
      const short = shortage(connectionsOf(loaded.plan), readLimits(), workers)
      if (short) stderr.write(`${file}: warning: ${short.problem}\n  ${short.hint}\n`)
      continue
    }
    errors += loaded.problems.filter(({ severity }) => severity === 'error').length
    stderr.write(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(''))
  }
  if (errors > 0) throw new BrownoutError('EXPERIMENT_INVALID', { message: `${errors === 1 ? 'one error' : `${errors} errors`}; nothing was started` })
  return plans
}

/** What the loads keep open; those of an HTTP load come and go. */
const connectionsOf = ({ loads }: Plan): number => loads.reduce((sum, { send: { kind }, connections }) => sum + (kind === 'http' || kind === 'journey' ? 0 : connections), 0)

/** Several runs share the JUnit and the Markdown; a page is of one run and bears its number: `chaos-2.html`. */
function wantedOf({ html, md, junit }: Given, { cwd }: Context, number: number | undefined): Wanted {
  const whole = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(cwd, path))
  const page = whole(html)
  const { name, ext } = parse(page ?? '')
  return { html: page === undefined || number === undefined ? page : join(dirname(page), `${name}-${number}${ext}`), markdown: whole(md), junit: whole(junit) }
}

function wholeNumber(option: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max)) {
    throw new BrownoutError('USAGE', { message: `--${option}: expected a whole number from ${min} to ${max}` })
  }
}
