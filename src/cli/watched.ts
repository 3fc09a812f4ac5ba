/** What `discover` looks at: a file whose targets, app and load are opened now and left alone, or a run that lies there. */

import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import { startServer } from '../demo/demo.ts'
import { loadExperiment, type Loaded } from '../experiment/load.ts'
import type { Plan } from '../experiment/plan.ts'
import { formatProblem } from '../experiment/problem.ts'
import { runExperiment } from '../experiment/run.ts'
import { BASELINE_BUCKETS_MIN } from '../experiment/steady-state.ts'
import { JOURNAL_FILE, readJournal } from '../record/journal.ts'
import { resolveRun } from '../record/runs.ts'
import { foldRun, type RunRecord } from '../report/fold.ts'
import { remember } from '../report/history.ts'
import { writeReports } from '../report/write.ts'
import type { Context } from './command.ts'
import { Signals } from './execute.ts'
import { historyFolder } from './history.ts'
import { LiveView, plainView } from './live.ts'
import { refuseUpstreams, safetyOf } from './safety.ts'
import type { SafetyArgs } from './safety-options.ts'

export interface Watched {
  readonly record: RunRecord
  /** As the file has it, with its method and all. */
  readonly plan: Plan
  /** The file's text. */
  readonly text: string
  /** Permissions that what is made of the text may have. */
  readonly mode: number
  /** The run's folder. */
  readonly run: string
}
interface Asked { readonly from: string; readonly length: Ms; readonly vars: Readonly<Record<string, string>>; readonly safety: SafetyArgs }

/** What a journal shows in place of a secret. */
const HIDDEN = '***'
const NAME_MAX = 64

/** `exit`: the watching came to no good end, which has been told. Rejects with EXPERIMENT_INVALID, RUN_UNKNOWN, JOURNAL_FORMAT, USAGE. */
export async function watched(asked: Asked, context: Context): Promise<Watched | { readonly exit: Exit }> {
  const path = resolve(context.cwd, asked.from)
  const isFile = /\.ya?ml$/.test(asked.from) || (basename(path) !== JOURNAL_FILE && statSync(path, { throwIfNoEntry: false })?.isFile())
  return isFile ? watch(asked, context) : remembered(asked, context)
}

async function watch({ from, length, vars, safety }: Asked, context: Context): Promise<Watched | { readonly exit: Exit }> {
  const { registry, env, cwd, stderr, color, version } = context
  const text = await readFile(resolve(cwd, from), 'utf8').catch((cause: unknown) => { throw new BrownoutError('FILE_UNREADABLE', { message: `${from} cannot be read`, cause }) })
  const plan = planOf(await load(from, text, vars, context), context)
  if (plan.targets.length === 0) throw new BrownoutError('USAGE', { message: `${from} has no targets, so nothing would pass`, hint: 'declare the dependencies under `targets:`' })
  // Nothing is injected now; its load goes there all the same, and what is written is to be run.
  const { gate, guard, note } = await safetyOf(safety, context)
  refuseUpstreams(plan.targets, guard)
  const least = ms(BASELINE_BUCKETS_MIN * plan.windows.bucket)
  if (length < least) throw new BrownoutError('USAGE', { message: `--for ${formatDuration(length)}: expected ${formatDuration(least)} at least, ${BASELINE_BUCKETS_MIN} buckets` })
  const left = leftAlone(plan, length)
  const view = stderr.isTTY ? new LiveView(left, stderr, color) : plainView(left, stderr)
  const signals = new Signals(context, view)
  try {
    const { folder, record, analysis, exit } = await runExperiment(left, {
      registry, env, cwd, out: historyFolder(context, undefined), version, startServer, admit: gate.admit, note, source: text,
      onEvent: (event) => view.hear(event), onStart: (running) => signals.govern(running),
    })
    writeReports(folder, record, analysis, {})
    remember(folder, record, analysis)
    if (exit !== EXIT.pass) stderr.write(`${record.verdict.why}\n`)
    // A load that could not keep to its plan was traffic all the same.
    if (exit !== EXIT.pass && exit !== EXIT.inconclusive) return { exit }
    return { record, plan, text, mode: statSync(resolve(cwd, from)).mode & 0o666, run: folder }
  } finally {
    signals.close()
    view.close()
  }
}

/** The experiment with nothing done in it and nothing asked of it. */
const leftAlone = (plan: Plan, length: Ms): Plan => ({
  ...plan, name: `discover-${plan.name}`.slice(0, NAME_MAX), question: `What passes through ${plan.targets.map(({ spec }) => spec.name).join(', ')}?`, tags: ['discover'],
  only: 'load', method: [], expect: [], steadyState: [], abort: [], alerts: [], probes: [], profile: undefined, windows: { ...plan.windows, baseline: length, recovery: ms(0) },
})

/** A brownout.yaml has no name; put behind the rest it moves no line. */
function load(file: string, text: string, vars: Asked['vars'], { registry, env, cwd }: Context): Promise<Loaded> {
  const { contents } = parseDocument(text)
  const source = isMap(contents) && !contents.has('name') ? `${text}\nname: discover\n` : text
  return loadExperiment(file, { registry, env, vars, cwd, source })
}

function planOf(loaded: Loaded, { stderr }: Context): Plan {
  if ('plan' in loaded) return loaded.plan
  stderr.write(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(''))
  throw new BrownoutError('EXPERIMENT_INVALID', { message: 'the file has errors; nothing was started' })
}

async function remembered({ from, vars }: Asked, context: Context): Promise<Watched> {
  const { cwd } = context
  const run = resolveRun(historyFolder(context, undefined), from, cwd)
  const record = foldRun(readJournal(join(run, JOURNAL_FILE)).events)
  const { started } = record
  if (!started) throw new BrownoutError('JOURNAL_FORMAT', { message: `${join(run, JOURNAL_FILE)} does not say what was run` })
  const { file, hash, source } = started
  const path = resolve(cwd, file)
  if (existsSync(path)) {
    const text = await readFile(path, 'utf8')
    const loaded = await load(file, text, vars, context)
    if ('plan' in loaded && loaded.plan.hash === hash) return { record, plan: loaded.plan, text, mode: statSync(path).mode & 0o666, run }
  }
  if (source === undefined || source.includes(HIDDEN)) {
    throw new BrownoutError('FILE_UNREADABLE', { message: `${file} is gone or has changed since that run, whose journal does not hold ${source === undefined ? 'it' : 'its secrets'}`, hint: 'watch the file as it is now: `brownout discover FILE`' })
  }
  return { record, plan: planOf(await load(file, source, vars, context), context), text: source, mode: 0o600, run }
}
