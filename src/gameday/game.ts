/**
 * A game day: a system under test that is opened and measured as for an experiment, and a desk at which people do by hand what a method would do.
 *
 *   session opens ─▶ warmup ─▶ baseline ─▶ people inject, change, clear … until they quit ─▶ recovery ─▶ healed? ─▶ verdict ─▶ session closes
 */

import type { Arming } from '../control/arming.ts'
import type { Desk } from '../control/desk.ts'
import type { Gate } from '../control/gate.ts'
import { monotonicNow, wallOf } from '../core/clock.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { ms, type Ms } from '../core/units.ts'
import { AbortWatch } from '../experiment/abort.ts'
import type { Step } from '../experiment/plan.ts'
import type { Recorder } from '../experiment/recorder.ts'
import { Session, type SessionOptions } from '../experiment/session.ts'
import { endOf, thinBaseline, unsteady } from '../experiment/steady-state.ts'
import { Stopped } from '../experiment/stop.ts'
import { judgeRun, type Verdict } from '../experiment/verdict.ts'
import type { ClearReason, EventBodies, JournalEvent, Outcome } from '../record/events.ts'
import { analyseRun, type Analysis } from '../report/analysis.ts'
import { figure } from '../report/figures.ts'
import { foldRun, type RunRecord } from '../report/fold.ts'

export interface GameOptions extends Omit<SessionOptions, 'heal'> {
  readonly gate: Gate
  /** Goes to the head of the journal. */
  readonly note?: string | undefined
  /** A baseline that is none ends the session; else people are told. */
  readonly strict: boolean
  /** Of this session, before anything of it is open. */
  holdDesk(inside: { readonly arming: Arming; readonly recorder: Recorder }): Desk
}

export interface GameResult { readonly exit: Exit; readonly outcome: Outcome; readonly record: RunRecord; readonly analysis: Analysis }

export class GameDay {
  readonly desk: Desk
  /** Resolves once the baseline is known and injections are measured against it; never where it does not come to that. */
  readonly ready: Promise<void>
  /** Resolves as soon as the session is to end, whoever wants it. */
  readonly over: Promise<void>
  readonly #options: GameOptions
  readonly #session: Session
  readonly #findings = { aborted: undefined as string | undefined, refused: [] as string[], unhealed: [] as string[], invalid: [] as string[], unsteady: [] as string[] }
  readonly #quit: Promise<void>
  #begin: () => void = () => undefined
  #leave: () => void = () => undefined
  #end: () => void = () => undefined
  #disarmed: Promise<void> = Promise.resolve()

  constructor(options: GameOptions) {
    this.#options = options
    this.ready = new Promise((resolve) => { this.#begin = resolve })
    this.#quit = new Promise((resolve) => { this.#leave = resolve })
    this.over = new Promise((resolve) => { this.#end = resolve })
    this.#session = new Session({ ...options, heal: (reason) => this.#heal(reason) })
    const { recorder, arming } = this.#session
    this.desk = options.holdDesk({ arming, recorder })
  }

  get events(): readonly JournalEvent[] { return this.#session.recorder.events }

  /** Writes down what a person does that the desk knows nothing of. */
  tell(who: string, did: EventBodies['operator']['did'], text: string): void { this.#session.recorder.write({ kind: 'operator', who, did, text }) }

  /** Waits; sooner over where the session ends. */
  async wait(length: Ms): Promise<void> {
    try {
      await this.#session.stop.until(ms(monotonicNow() + length), this.over)
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    }
  }

  /** Heals, and lets the session end with its recovery. */
  quit(): void { this.#leave() }

  /** Ends the session before its time. Everything is disarmed when this returns. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): void { this.#session.interrupt(signal) }
  crash(error: unknown): void { this.#session.fail(error) }
  abandon(signal: 'SIGINT' | 'SIGTERM'): void {
    this.#session.interrupt(signal)
    this.#session.kill()
  }

  /** Never throws: what goes wrong is in the verdict. */
  async run(): Promise<GameResult> {
    const session = this.#session
    try {
      await session.open(this.#options.note)
      await this.#measure()
    } catch (error) {
      if (!(error instanceof Stopped)) session.fail(error)
    }
    this.#heal(session.stop.reason?.why ?? 'method-end')
    this.#end()
    await this.#disarmed
    await this.desk.close()
    const { invalid, unhealed } = await session.settle()
    this.#findings.invalid.push(...invalid)
    this.#findings.unhealed.push(...unhealed)
    const result = this.#conclude()
    await session.close()
    return result
  }

  async #measure(): Promise<void> {
    const { windows, steadyState } = this.#options.plan
    const session = this.#session
    await session.measure()
    if (windows.warmup > 0) await session.phase('warmup', windows.warmup, this.#quit)
    const baseline = await session.phase('baseline', windows.baseline, Promise.race([this.#armed(), this.#quit]))
    await session.grace()
    const before = foldRun(session.recorder.events)
    this.#findings.refused.push(...thinBaseline(before, steadyState.map(({ signal }) => signal), baseline, windows), ...unsteady(before, steadyState, baseline))
    if (this.#findings.refused.length > 0) {
      session.recorder.write({ kind: 'note', text: `the baseline is none: ${this.#findings.refused.join('; ')}` })
      if (this.#options.strict) return
    }
    session.sampler?.watch(new AbortWatch(this.#options.plan.abort, (signal) => figure(before, signal, baseline.from, baseline.to)), monotonicNow(), (why) => this.#abort(why))
    session.enter('method')
    this.#begin()
    await session.stop.race(this.#quit)
    this.#end()
    session.sampler?.unwatch()
    this.#heal('method-end')
    await session.stop.race(this.#disarmed)
    const { rules } = foldRun(session.recorder.events)
    const cleared = rules.reduce<number | undefined>((last, one) => (one.cleared === undefined ? last : Math.max(last ?? 0, one.cleared)), undefined)
    const { recovery: length } = windows
    const recovery = await session.phase('recovery', ms(cleared === undefined ? 0 : Math.max(0, cleared + length - monotonicNow())))
    await session.grace()
    const watched = { from: ms(Math.max(cleared ?? baseline.to, recovery.to - length)), to: recovery.to }
    if (cleared !== undefined) this.#findings.unsteady.push(...unsteady(foldRun(session.recorder.events), steadyState, endOf(watched, windows), baseline))
  }

  /** Resolves when something is armed: a baseline ends there. */
  #armed(): Promise<void> {
    return new Promise((resolve) => { this.#session.recorder.on(({ kind }) => { if (kind === 'rule.arming') resolve() }) })
  }

  /** A stop condition of the file has come true: all is healed, and somebody must say when it goes on. */
  #abort(why: string): void {
    this.#findings.aborted ??= why
    this.desk.halt('abort', why).catch((error: unknown) => this.#session.fail(error))
  }

  /** In this very tick; and nothing is armed from then on, parts of scenarios neither. */
  #heal(reason: ClearReason): void {
    const { gate } = this.#options
    if (!gate.halted) gate.halt({ by: 'brownout', at: wallOf(monotonicNow()), reason: 'the session ends' })
    this.#disarmed = Promise.all([this.#disarmed, this.#session.arming.disarm(undefined, reason)]).then(() => undefined, (error: unknown) => this.#session.fail(error))
  }

  #conclude(): GameResult {
    const { recorder } = this.#session
    const record = foldRun(recorder.events)
    const { exit, outcome, why, expectations } = this.#verdict(record, analyseRun(record))
    recorder.write({ kind: 'verdict', outcome, why, expectations })
    recorder.write({ kind: 'run.ended', exit, outcome })
    const final = foldRun(recorder.events)
    return { exit, outcome, record: final, analysis: analyseRun(final) }
  }

  #verdict(record: RunRecord, analysis: Analysis): Verdict {
    const judged = judgeRun({ ...this.#options.plan, method: stepsOf(record), expect: [] }, record, analysis, { ...this.#findings, stop: this.#session.stop.reason })
    if (judged.exit !== EXIT.pass) return judged
    return record.rules.length > 0 ? { ...judged, why: 'what was injected acted, and all is as it was before' } : { ...judged, exit: EXIT.inconclusive, outcome: 'INCONCLUSIVE', why: 'nothing was injected' }
  }
}

/** What was injected, as steps of a method: a step that altered nothing says nothing. */
const stepsOf = ({ rules }: RunRecord): readonly Step[] => [...new Map(rules.map((rule) => [rule.step, rule])).values()].map(({ rule: id, step, fault, target: on, params }): Step =>
  ({ kind: 'fault', step, start: { at: ms(0) }, place: { file: 'session', line: 1, column: 1 }, rule: { id, fault, on, params, standing: true } }))
