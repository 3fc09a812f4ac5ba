/**
 * One passage of an experiment:
 *
 *   stage opens ─▶ warmup ─▶ baseline ─▶ steady? ─▶ method ─▶ recovery ─▶ undone, healed? ─▶ verdict ─▶ stage closes
 *
 * Whatever ends it before its time goes through `Stop`, which disarms in the very tick; what is left of the line is then walked without waiting.
 */

import { join } from 'node:path'
import { monotonicNow } from '../core/clock.ts'
import { type BrownoutError, knownError } from '../core/errors.ts'
import type { Exit } from '../core/exit.ts'
import { ms, type Ms } from '../core/units.ts'
import type { LoadVerdict } from '../load/verdict.ts'
import { startProbes, type ProbesRun } from '../probes/probe.ts'
import type { Plane } from '../proxy/plane.ts'
import type { ClearReason, EventBodies, JournalEvent, Outcome, Phase, TargetRecord } from '../record/events.ts'
import type { Journal } from '../record/journal.ts'
import { analyseRun, type Analysis } from '../report/analysis.ts'
import { figure } from '../report/figures.ts'
import { foldRun, type RunRecord } from '../report/fold.ts'
import { AbortWatch, type FigureOf } from './abort.ts'
import { runAction } from './action.ts'
import { verifyHealed } from './heal.ts'
import { Method } from './method.ts'
import type { Plan } from './plan.ts'
import { Recorder } from './recorder.ts'
import { Sampler } from './sampler.ts'
import { Stage, type StartServer } from './stage.ts'
import { endOf, thinBaseline, unsteady, type Span } from './steady-state.ts'
import { Stop, Stopped } from './stop.ts'
import { judgeRun, type Findings } from './verdict.ts'

/** The load's last bucket of a window comes at most this many widths after the window's end. */
const GRACE_BUCKETS = 3
/** How long healing may be looked for when somebody waits for us to go. */
const HURRIED_HEAL = ms(1000)
/** And how long the apps then have. */
const HURRIED_CLOSE = ms(2000)

export interface AttemptOptions {
  readonly plan: Plan
  readonly folder: string
  readonly journal: Journal
  readonly plane: Plane
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly startServer: StartServer
  /** Resolves when the person has answered. */
  pause(text: string): Promise<void>
  onEvent(event: JournalEvent): void
  /** What the journal begins with. */
  started(targets: readonly TargetRecord[]): EventBodies['run.started']
}

export interface AttemptResult { readonly exit: Exit; readonly outcome: Outcome; readonly record: RunRecord; readonly analysis: Analysis; readonly loadValid: boolean }

export class Attempt {
  readonly #options: AttemptOptions
  readonly #recorder: Recorder
  readonly #stop: Stop
  readonly #method: Method
  readonly #stage: Stage
  readonly #findings = { aborted: undefined as string | undefined, refused: [] as string[], unhealed: [] as string[], invalid: [] as string[], unsteady: [] as string[] }
  #started = false
  #entered: Phase | undefined
  #note: string | undefined
  #sampler: Sampler | undefined
  #probes: ProbesRun | undefined

  constructor(options: AttemptOptions) {
    const { plan, folder, env, cwd, journal, plane, startServer, onEvent, pause } = options
    this.#options = options
    this.#stop = new Stop((reason) => this.#method.heal(reason))
    this.#recorder = new Recorder(journal, (error) => this.#stop.trip({ why: 'journal', error }))
    this.#recorder.on(onEvent)
    this.#method = new Method({
      steps: plan.method, plane, recorder: this.#recorder, stop: this.#stop, pause,
      // Not guarded by the watchdog: an undo must be done even when brownout is gone.
      act: (argv, { timeout }, signal) => runAction({ argv, env, cwd, log: join(folder, 'actions.log') }, timeout, signal),
    })
    this.#stage = new Stage({
      plan, folder, env, plane, startServer, recorder: this.#recorder,
      onOpen: (targets) => this.#begin(targets),
      onDeath: (error) => this.#fail(error),
    })
  }

  /** Ends the run before its time. Everything is disarmed when this returns. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): void { this.#stop.trip({ why: 'signal', signal }) }

  /** Something threw where nobody was there to catch it: heals, and lets the run end as an error. */
  crash(error: unknown): void { this.#fail(knownError(error)) }

  /** For a process that ends now: disarms and kills what was started, without waiting. Undo commands are started and left to themselves. */
  abandon(signal: 'SIGINT' | 'SIGTERM'): void {
    this.#stop.trip({ why: 'signal', signal })
    this.#method.abandon()
    this.#stage.kill()
  }

  /** Never throws: what goes wrong is in the verdict. `note` goes to the head of the journal. */
  async run(note?: string): Promise<AttemptResult> {
    this.#note = note
    const opening = this.#stage.open()
    opening.catch(() => undefined)
    try {
      await this.#stop.race(opening)
      await this.#watchAndMeasure()
    } catch (error) {
      if (!(error instanceof Stopped)) this.#fail(knownError(error))
    }
    await this.#heal()
    const result = this.#conclude()
    await this.#stage.close(opening, this.#hurried ? HURRIED_CLOSE : undefined)
    return result
  }

  async #watchAndMeasure(): Promise<void> {
    const { plan, plane } = this.#options
    const { windows, steadyState } = plan
    const { bucket: width } = windows
    const origin = monotonicNow()
    const recorder = this.#recorder
    const sampler = new Sampler({ plane, recorder, apps: this.#stage.apps, origin, width })
    this.#sampler = sampler
    const load = await this.#stop.race(this.#stage.openLoad(origin, width))
    this.#probes = await this.#stop.race(startProbes(this.#stage.probes, { onReading: (name, reading) => { recorder.write({ kind: 'probe', name, ...reading }) } }))
    await this.#stop.race(load.begin())
    if (windows.warmup > 0) await this.#phase('warmup', windows.warmup)
    if (plan.only === 'load') {
      await this.#phase('baseline', windows.baseline, new Promise((resolve) => this.#watch(sampler, () => undefined, resolve)))
      sampler.unwatch()
      this.#enter('end')
      return this.#stop.until(ms(monotonicNow() + GRACE_BUCKETS * width))
    }
    const baseline = await this.#phase('baseline', windows.baseline)
    await this.#stop.until(ms(monotonicNow() + GRACE_BUCKETS * width))
    const before = foldRun(recorder.events)
    const signals = [...steadyState, ...plan.expect.flatMap((one) => (one.kind === 'signal' ? [one] : []))].map(({ signal }) => signal)
    this.#findings.refused.push(...thinBaseline(before, signals, baseline, windows), ...unsteady(before, steadyState, baseline))
    if (this.#findings.refused.length > 0) return
    this.#watch(sampler, (signal) => figure(before, signal, baseline.from, baseline.to))
    this.#enter('method')
    await this.#method.run()
    sampler.unwatch()
    await this.#undo('method-end')
    const recovery = await this.#phase('recovery', windows.recovery)
    await this.#stop.until(ms(monotonicNow() + GRACE_BUCKETS * width))
    this.#findings.unsteady.push(...unsteady(foldRun(recorder.events), steadyState, endOf(recovery, windows), baseline))
  }

  /** From now on the experiment's own conditions may stop it. */
  #watch(sampler: Sampler, baseline: FigureOf, tripped: () => void = () => undefined): void {
    sampler.watch(new AbortWatch(this.#options.plan.abort, baseline), monotonicNow(), (why) => {
      this.#findings.aborted = why
      this.#method.heal('abort')
      tripped()
    })
  }

  /** Undoes all, ends the load, and asks whether every target answers as before. */
  async #heal(): Promise<void> {
    const { reason } = this.#stop
    const recorder = this.#recorder
    await this.#undo(reason?.why ?? 'method-end')
    if (!this.#started) this.#begin([])
    this.#enter('end')
    const hurried = this.#hurried
    if (hurried) this.#stage.load?.kill()
    else for (const verdict of await this.#stage.load?.stop() ?? []) this.#judgeLoad(verdict)
    const asked = this.#probes?.stop(!hurried)
    if (!hurried) await asked
    await this.#sampler?.stop()
    if (this.#stage.before.size > 0) for (const healed of await verifyHealed(this.#stage.doors, this.#stage.before, hurried ? HURRIED_HEAL : undefined)) {
      recorder.write({ kind: 'heal', ...healed })
      if (!healed.ok) this.#findings.unhealed.push(`${healed.target} answered ${healed.before} before and answers ${healed.after} now`)
    }
  }

  #conclude(): AttemptResult {
    const recorder = this.#recorder
    const findings: Findings = { ...this.#findings, stop: this.#stop.reason }
    const record = foldRun(recorder.events)
    const { exit, outcome, why, expectations } = judgeRun(this.#options.plan, record, analyseRun(record), findings)
    recorder.write({ kind: 'verdict', outcome, why, expectations })
    recorder.write({ kind: 'run.ended', exit, outcome })
    const final = foldRun(recorder.events)
    return { exit, outcome, record: final, analysis: analyseRun(final), loadValid: findings.invalid.length === 0 }
  }

  #judgeLoad({ name, valid, why, latenessP99Ms, cpu, droppedShare, errors, closes }: LoadVerdict): void {
    this.#recorder.write({ kind: 'load', name, valid, why, latenessP99Ms, cpu, droppedShare, errors, closes })
    if (!valid) this.#findings.invalid.push(`${name}: ${why ?? 'not to be trusted'}`)
  }

  async #undo(reason: ClearReason): Promise<void> {
    for (const problem of await this.#method.settle(reason)) {
      this.#findings.unhealed.push(problem)
      this.#recorder.problem({ code: 'UNDO_FAILED', message: problem })
    }
  }

  #begin(targets: readonly TargetRecord[]): void {
    this.#started = true
    this.#recorder.write({ kind: 'run.started', ...this.#options.started(targets) })
    if (this.#note !== undefined) this.#recorder.write({ kind: 'note', text: this.#note })
    this.#enter('start')
  }

  #enter(phase: Phase): void {
    if (this.#entered !== phase) this.#recorder.write({ kind: 'phase', phase })
    this.#entered = phase
  }

  /** Enters a phase and waits until it is over, or until `sooner` comes. */
  async #phase(phase: Phase, length: Ms, sooner?: Promise<void>): Promise<Span> {
    this.#enter(phase)
    const from = monotonicNow()
    const to = ms(from + length)
    await this.#stop.until(to, sooner)
    return { from, to }
  }

  /** Somebody waits for us to go. */
  get #hurried(): boolean { return this.#stop.reason?.why === 'signal' }

  #fail(error: BrownoutError): void {
    this.#recorder.problem(error)
    this.#stop.trip({ why: 'error', error })
  }
}
