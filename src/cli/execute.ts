/** Carries out one experiment for a command: shows it, hears signals, writes its reports. */

import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { realClock, type Timer } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, worstExit, type Exit } from '../core/exit.ts'
import { withoutPasswords } from '../core/redact.ts'
import { ms, type Ms } from '../core/units.ts'
import { startServer } from '../demo/demo.ts'
import type { Plan } from '../experiment/plan.ts'
import { refusePauses, runExperiment, type RunOptions, type RunResult, type Running } from '../experiment/run.ts'
import { annotationsOf } from '../report/annotations.ts'
import { remember } from '../report/history.ts'
import { renderMarkdowns, type Run } from '../report/markdowns.ts'
import { renderText } from '../report/text.ts'
import { writeReports, type Wanted, type Written } from '../report/write.ts'
import type { Context, Input, Signal } from './command.ts'
import { explain } from './explain.ts'
import { LiveView, plainView, type View } from './live.ts'
import type { OutletArgs } from './outlet-options.ts'
import { openOutlets, OUTLETS_PATIENCE, OUTLETS_PATIENCE_STOPPED } from './outlets.ts'
import type { Workers } from './workers.ts'

export interface ExecuteOptions {
  /** The folder of runs. */
  readonly out: string
  /** Reports besides those in the run's folder; absolute paths. JUnit and Markdown begin with the runs `before` this one. */
  readonly wanted: Wanted
  readonly before?: readonly Run[]
  /** Whether a pause waits for Enter. */
  readonly pause: boolean
  /** Absent: the proxies are in this process. */
  readonly workers?: Workers | undefined
  /** It is done beside a program that has the terminal and the plane, and ends with that. */
  readonly beside?: Required<Pick<RunOptions, 'plane' | 'running' | 'onInside'>> & Pick<RunOptions, 'trace'> & { readonly until: Promise<unknown> } | undefined
  /** Asked before anything is armed. */
  readonly admit?: RunOptions['admit']
  /** Told of the insides of the run before it begins. */
  readonly onInside?: RunOptions['onInside']
  /** Goes to the head of the journal. */
  readonly note?: string | undefined
  /** Who is told of it beside the terminal. */
  readonly outlets?: Partial<OutletArgs> | undefined
}

/** `exit` is the run's, or that of a report that could not be written. */
export interface Executed extends RunResult { readonly interrupted: boolean }

/** After SIGTERM the process is gone within 5 s, whatever is still under way. */
const TERM_WITHIN: Ms = ms(4500)
const SIGNAL_EXITS: Readonly<Record<Signal, Exit>> = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated }

export async function execute(plan: Plan, { out, wanted, before = [], pause, workers, admit, onInside, note, beside, outlets = {} }: ExecuteOptions, context: Context): Promise<Executed> {
  const { registry, env, cwd, stderr, stdin, color, version } = context
  if (pause && !stdin.isTTY) refusePauses(plan)
  const aside = (text: string): void => { stderr.write(`${text}\n`) }
  let say = aside
  // Who holds the plane tells of the run too.
  const opened = beside ? undefined : await openOutlets(outlets, context, (text) => say(`warning: ${text}`))
  const view = stderr.isTTY && !beside ? new LiveView(plan, stderr, color) : plainView(plan, stderr)
  say = (text) => view.say(text)
  const signals = new Signals(context, view)
  let result: RunResult
  try {
    result = await runExperiment(plan, {
      registry, env, cwd, out, version, startServer, workers, admit, onInside, note, source: await sourceOf(plan, cwd), trace: opened?.trace ?? beside?.trace,
      ...(pause ? { pause: () => enter(stdin, view) } : {}),
      ...(beside ? { plane: beside.plane, running: beside.running, onInside: beside.onInside } : {}),
      onEvent: (event) => { view.hear(event); opened?.outlets.hear(event) },
      onStart: (running) => {
        signals.govern(running)
        void beside?.until.then(() => running.interrupt('SIGTERM'))
      },
    })
  } finally {
    signals.close()
    view.close()
    say = aside
  }
  remember(result.folder, result.record, result.analysis)
  const exit = tell(result, { wanted, before }, context)
  await opened?.outlets.close(signals.heard ? OUTLETS_PATIENCE_STOPPED : OUTLETS_PATIENCE)
  return { ...result, exit, interrupted: signals.heard }
}

/** Reports on the disk and on the terminal. A report that cannot be written is told, and no less than that. */
export function tell({ folder, record, analysis, exit }: RunResult, { wanted, before }: Required<Pick<ExecuteOptions, 'wanted' | 'before'>>, context: Context): Exit {
  const { stderr, color, env, cwd } = context
  let files: readonly Written[] = []
  let failed: Exit = EXIT.pass
  try {
    files = writeReports(folder, record, analysis, wanted, before)
  } catch (error) {
    failed = explain(error, context)
  }
  stderr.write(`\n${renderText(record, analysis, { color, width: stderr.columns ?? 100, files })}`)
  if (!wanted.markdown) failed = worstExit([failed, addToJobSummary(renderMarkdowns([{ record, analysis }]), context)])
  if (env['GITHUB_ACTIONS']) for (const line of annotationsOf(record, env['GITHUB_WORKSPACE'], cwd)) stderr.write(`${line}\n`)
  return worstExit([exit, failed])
}

/** Appends to the summary of a GitHub job, where there is one. */
export function addToJobSummary(markdown: string, context: Context): Exit {
  const file = context.env['GITHUB_STEP_SUMMARY']
  try {
    if (file) appendFileSync(file, markdown)
    return EXIT.pass
  } catch (cause) {
    return explain(new BrownoutError('REPORT_FAILED', { message: `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, cause }), context)
  }
}

/** A first signal heals and lets the run end with its report; a second heals and ends the process. An exception that nobody caught heals too. */
export class Signals {
  readonly #context: Context
  readonly #view: Pick<View, 'say'>
  readonly #stopHearing: readonly (() => void)[]
  #running: Omit<Running, 'folder'> | undefined
  #first: Signal | undefined
  #deadline: Timer | undefined

  constructor(context: Context, view: Pick<View, 'say'>) {
    this.#context = context
    this.#view = view
    this.#stopHearing = [context.onSignal((signal) => this.hear(signal)), context.onCrash((error) => this.#crash(error))]
  }

  get heard(): boolean { return this.#first !== undefined }

  govern(running: Omit<Running, 'folder'>): void {
    this.#running = running
    if (this.#first) running.interrupt(this.#first)
  }

  close(): void {
    this.#deadline?.cancel()
    for (const stop of this.#stopHearing) stop()
  }

  /** The stack is for us: people are told by the run. */
  #crash(error: unknown): void {
    if (this.#context.env['BROWNOUT_DEBUG'] && error instanceof Error) this.#view.say(withoutPasswords(error.stack ?? ''))
    if (this.#running) return this.#running.crash(error)
    this.#context.quit(explain(error, this.#context))
  }

  /** As if it had come: of a terminal that makes no signal of Ctrl-C. */
  hear(signal: Signal): void {
    const leave = (): void => {
      this.#running?.abandon(signal)
      this.#context.quit(SIGNAL_EXITS[signal])
    }
    if (this.#first) return leave()
    this.#first = signal
    this.#running?.interrupt(signal)
    this.#view.say(`${signal}: healing${signal === 'SIGINT' ? '; once more ends at once' : ''}`)
    if (signal === 'SIGTERM') this.#deadline = realClock.at(ms(realClock.now() + TERM_WITHIN), leave)
  }
}

/** Resolves when somebody has pressed Enter. Keeps no process alive that is to end. */
function enter(stdin: Input, view: View): Promise<void> {
  view.say('press Enter to go on')
  return new Promise((done) => {
    stdin.once('data', () => { stdin.pause(); done() })
    stdin.resume()
    if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  })
}

/** The experiment's text; undefined where it is not a file of its own. */
export async function sourceOf({ file }: Plan, cwd: string): Promise<string | undefined> {
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

