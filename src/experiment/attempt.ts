/**
 * One passage of an experiment:
 *
 *   stage opens ─▶ warmup ─▶ baseline ─▶ steady? ─▶ method ─▶ recovery ─▶ undone, healed? ─▶ verdict ─▶ stage closes
 *
 * Whatever ends it before its time goes through `Stop`, which disarms in the very tick; what is left of the line is then walked without waiting.
 */

import { join } from 'node:path'
import { monotonicNow } from '../core/clock.ts'
import type { Exit } from '../core/exit.ts'
import type { ClearReason, Outcome } from '../record/events.ts'
import { analyseRun, type Analysis } from '../report/analysis.ts'
import { figure } from '../report/figures.ts'
import { foldRun, type RunRecord } from '../report/fold.ts'
import { AbortWatch, type FigureOf } from './abort.ts'
import { runAction } from './action.ts'
import { withAddresses } from './addresses.ts'
import { Method } from './method.ts'
import { Session, type SessionOptions } from './session.ts'
import { endOf, thinBaseline, unsteady } from './steady-state.ts'
import { Stopped } from './stop.ts'
import { judgeRun, type Findings } from './verdict.ts'

export interface AttemptOptions extends Omit<SessionOptions, 'heal'> {
  readonly cwd: string
  /** Resolves when the person has answered. */
  pause(text: string): Promise<void>
}

export interface AttemptResult { readonly exit: Exit; readonly outcome: Outcome; readonly record: RunRecord; readonly analysis: Analysis; readonly loadValid: boolean }

export class Attempt {
  readonly #options: AttemptOptions
  readonly #session: Session
  readonly #method: Method
  readonly #findings = { aborted: undefined as string | undefined, refused: [] as string[], unhealed: [] as string[], invalid: [] as string[], unsteady: [] as string[] }

  constructor(options: AttemptOptions) {
    const { plan, folder, env, cwd, pause } = options
    this.#options = options
    this.#session = new Session({ ...options, heal: (reason) => this.#method.heal(reason) })
    const { arming, recorder, stop } = this.#session
    this.#method = new Method({
      steps: plan.method, arming, recorder, stop, pause,
      // Not guarded by the watchdog: an undo must be done even when brownout is gone.
      act: (argv, { timeout }, signal) => runAction({ argv: withAddresses(argv, this.#session.addresses), env, cwd, log: join(folder, 'actions.log') }, timeout, signal),
    })
  }

  get inside(): Pick<Session, 'arming' | 'recorder'> & { abort(why: string): void } {
    const { arming, recorder } = this.#session
    return { arming, recorder, abort: (why) => this.#abort(why) }
  }

  /** Ends the run before its time. Everything is disarmed when this returns. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): void { this.#session.interrupt(signal) }

  /** Something threw where nobody was there to catch it: heals, and lets the run end as an error. */
  crash(error: unknown): void { this.#session.fail(error) }

  /** For a process that ends now: disarms and kills what was started, without waiting. Undo commands are started and left to themselves. */
  abandon(signal: 'SIGINT' | 'SIGTERM'): void {
    this.#session.interrupt(signal)
    this.#method.abandon()
    this.#session.kill()
  }

  /** Never throws: what goes wrong is in the verdict. `note` goes to the head of the journal. */
  async run(note?: string): Promise<AttemptResult> {
    try {
      await this.#session.open(note)
      await this.#watchAndMeasure()
    } catch (error) {
      if (!(error instanceof Stopped)) this.#session.fail(error)
    }
    await this.#undo(this.#session.stop.reason?.why ?? 'method-end')
    const { invalid, unhealed } = await this.#session.settle()
    this.#findings.invalid.push(...invalid)
    this.#findings.unhealed.push(...unhealed)
    const result = this.#conclude()
    await this.#session.close()
    return result
  }

  async #watchAndMeasure(): Promise<void> {
    const { only, windows, steadyState, expect } = this.#options.plan
    const session = this.#session
    const { recorder } = session
    await session.measure()
    if (windows.warmup > 0) await session.phase('warmup', windows.warmup)
    if (only === 'load') {
      await session.phase('baseline', windows.baseline, new Promise((resolve) => this.#watch(() => undefined, resolve)))
      session.sampler?.unwatch()
      session.enter('end')
      return session.grace()
    }
    const baseline = await session.phase('baseline', windows.baseline)
    await session.grace()
    const before = foldRun(recorder.events)
    const signals = [...steadyState, ...expect.flatMap((one) => (one.kind === 'signal' ? [one] : []))].map(({ signal }) => signal)
    this.#findings.refused.push(...thinBaseline(before, signals, baseline, windows), ...unsteady(before, steadyState, baseline))
    if (this.#findings.refused.length > 0) return
    this.#watch((signal) => figure(before, signal, baseline.from, baseline.to))
    session.enter('method')
    await this.#method.run()
    session.sampler?.unwatch()
    await this.#undo('method-end')
    const recovery = await session.phase('recovery', windows.recovery)
    await session.grace()
    this.#findings.unsteady.push(...unsteady(foldRun(recorder.events), steadyState, endOf(recovery, windows), baseline))
  }

  /** From now on the experiment's own conditions may stop it. */
  #watch(baseline: FigureOf, tripped: () => void = () => undefined): void {
    this.#session.sampler?.watch(new AbortWatch(this.#options.plan.abort, baseline), monotonicNow(), (why) => {
      this.#abort(why)
      tripped()
    })
  }

  #abort(why: string): void {
    this.#findings.aborted = why
    this.#method.heal('abort')
  }

  #conclude(): AttemptResult {
    const { recorder, stop } = this.#session
    const findings: Findings = { ...this.#findings, stop: stop.reason }
    const record = foldRun(recorder.events)
    const { exit, outcome, why, expectations } = judgeRun(this.#options.plan, record, analyseRun(record), findings)
    recorder.write({ kind: 'verdict', outcome, why, expectations })
    recorder.write({ kind: 'run.ended', exit, outcome })
    const final = foldRun(recorder.events)
    return { exit, outcome, record: final, analysis: analyseRun(final), loadValid: findings.invalid.length === 0 }
  }

  async #undo(reason: ClearReason): Promise<void> {
    for (const problem of await this.#method.settle(reason)) {
      this.#findings.unhealed.push(problem)
      this.#session.recorder.problem({ code: 'UNDO_FAILED', message: problem })
    }
  }
}
