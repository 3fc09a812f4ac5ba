/** Runs an experiment: a passage of it, and a second one where the load generator could not keep to its plan in the first. */

import { BrownoutError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { redact } from '../core/redact.ts'
import type { Registry } from '../fault.ts'
import type { StartWorker } from '../proxy/cluster/crew.ts'
import { ClusterPlane } from '../proxy/cluster/plane.ts'
import { LocalPlane } from '../proxy/local-plane.ts'
import type { Plane } from '../proxy/plane.ts'
import type { EventBodies, JournalEvent, Outcome, TargetRecord } from '../record/events.ts'
import { Journal, type JournalOptions } from '../record/journal.ts'
import { createRunFolder } from '../record/runs.ts'
import type { Analysis } from '../report/analysis.ts'
import type { RunRecord } from '../report/fold.ts'
import type { Rule } from '../rule.ts'
import type { Arming } from '../control/arming.ts'
import { Attempt, type AttemptResult } from './attempt.ts'
import { ViaPlane } from '../via/plane.ts'
import { describePlan } from './describe.ts'
import type { Plan } from './plan.ts'
import { watchRun } from './run-alerts.ts'
import type { Recorder } from './recorder.ts'
import type { StartServer } from './servers.ts'
import type { StageOptions } from './stage.ts'

export interface RunOptions {
  readonly registry: Registry
  /** Of the apps and actions that are started. */
  readonly env: NodeJS.ProcessEnv
  /** Of the actions; the process's own unless given. */
  readonly cwd?: string | undefined
  /** The folder in which the run's own is made. */
  readonly out: string
  readonly version: string
  /** Starts the server that a `demo:` upstream stands for. */
  readonly startServer: StartServer
  /** The plan's application, where it runs already. */
  readonly running?: StageOptions['running']
  /** The experiment's text, for the report; its secrets are taken out. */
  readonly source?: string | undefined
  /** Waits for a person; absent: goes on without. */
  readonly pause?: ((text: string) => Promise<void>) | undefined
  /** Every event of the journal, as it is written. */
  readonly onEvent?: ((event: JournalEvent) => void) | undefined
  /** Told how to end the run before its time, as soon as that is possible, and again for a second try. */
  readonly onStart?: ((running: Running) => void) | undefined
  readonly plane?: ((plan: Plan) => Plane) | undefined
  /** Proxies in so many other processes; absent: in this one. Targets that go `via` a Toxiproxy cannot be there: USAGE. */
  readonly workers?: { readonly count: number; readonly start: StartWorker } | undefined
  readonly journal?: JournalOptions | undefined
  /** Asked before anything is armed; throws what stands in its way. */
  readonly admit?: ((rule: Rule) => void) | undefined
  /** Goes to the head of the journal: the policy in effect. */
  readonly note?: string | undefined
  /** Told of the insides of a run before it begins, for who watches it or interferes by hand. */
  readonly onInside?: ((inside: Inside) => void) | undefined
  /** Where runs are told as traces: the one of the next. */
  readonly trace?: (() => NonNullable<EventBodies['run.started']['trace']>) | undefined
}
export interface Inside {
  readonly plan: Plan; readonly plane: Plane; readonly arming: Arming; readonly recorder: Recorder
  /** Ends the method as a stop condition does. */
  abort(why: string): void
}

/** A run under way. Each of these heals in the same tick. */
export interface Running {
  readonly folder: string
  /** Lets it end with its report. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): void
  /** Kills what was started and waits for nothing. */
  abandon(signal: 'SIGINT' | 'SIGTERM'): void
  /** For what was thrown where nobody could catch it: lets it end as an error. */
  crash(error: unknown): void
}

export interface RunResult { readonly exit: Exit; readonly outcome: Outcome; readonly folder: string; readonly record: RunRecord; readonly analysis: Analysis }

/** Where the load could not keep up, a run is done once more: these came to an end and could have come to another. */
const RETRIED: ReadonlySet<Exit> = new Set([EXIT.pass, EXIT.fail, EXIT.inconclusive])

/** Rejects only when there can be no run at all: JOURNAL_FAILED, RUN_NAME_INVALID. Whatever goes wrong later is in the verdict, and all is healed. */
export async function runExperiment(plan: Plan, options: RunOptions): Promise<RunResult> {
  const first = await attempt(plan, options)
  // A rate that was too high for the generator is so again.
  if (first.loadValid || plan.only === 'load' || !RETRIED.has(first.exit)) return first
  return attempt(plan, options, `second try: the load generator could not keep to its plan in ${first.folder}`)
}

async function attempt(plan: Plan, options: RunOptions, note?: string): Promise<RunResult & Pick<AttemptResult, 'loadValid'>> {
  const { registry, env, cwd = process.cwd(), out, startServer, running: app, pause, onEvent, onStart } = options
  const folder = createRunFolder(out, plan.name)
  const hide = (text: string): string => redact(text, plan.secrets)
  const journal = Journal.create(folder, { redact: hide, ...options.journal })
  let unwatch: (() => void) | undefined
  try {
    const plane = options.plane?.(plan) ?? planeFor(plan, registry, options.workers, options.admit)
    const running = new Attempt({
      plan, folder, journal, plane, env, cwd, startServer, running: app,
      pause: pause ?? (() => Promise.resolve()),
      onEvent: (event) => onEvent?.(event),
      started: (targets) => startedBody(plan, options, folder, targets),
    })
    options.onInside?.({ plan, plane, ...running.inside })
    if (plan.alerts.length > 0) unwatch = watchRun(plan.alerts, running.inside.recorder)
    onStart?.({
      folder,
      interrupt: (signal) => running.interrupt(signal), abandon: (signal) => running.abandon(signal), crash: (error) => running.crash(error),
    })
    return { ...(await running.run([options.note, note].filter((one) => one !== undefined).join('; ') || undefined)), folder }
  } finally {
    unwatch?.()
    journal.close()
  }
}

/** Our own proxies, with a Toxiproxy behind those of the targets that name one. */
export function planeFor({ targets, seed }: Plan, registry: Registry, workers?: RunOptions['workers'], admit?: RunOptions['admit']): Plane {
  const routes = new Map(targets.flatMap(({ spec, via }) => (via ? [[spec.name, via] as const] : [])))
  if (workers && routes.size > 0) throw new BrownoutError('USAGE', { message: '--workers cannot serve targets that go via a Toxiproxy', hint: 'leave out --workers, or `via`' })
  if (workers) return new ClusterPlane({ registry, seed, workers: workers.count, start: workers.start, admit })
  if (routes.size > 0) return new ViaPlane({ routes, registry, admit, local: (faults) => new LocalPlane({ registry: faults, seed }) })
  return new LocalPlane({ registry, seed, admit })
}

export function startedBody(plan: Plan, { version, source, trace }: Pick<RunOptions, 'version' | 'source' | 'trace'>, folder: string, targets: readonly TargetRecord[]): EventBodies['run.started'] {
  const { name, question, file, hash, seed } = plan
  return {
    run: folder.slice(folder.lastIndexOf('/') + 1), name, question, file, hash, seed, targets, source,
    versions: { brownout: version, node: process.versions.node }, plan: describePlan(plan), trace: trace?.(),
  }
}

/** What of a plan needs a person and cannot have one. */
export function refusePauses({ method }: Plan): void {
  const pause = method.find(({ kind }) => kind === 'pause')
  if (pause) throw new BrownoutError('PAUSE_NEEDS_TERMINAL', { message: `step "${pause.step}" pauses for a person`, place: pause.place })
}
