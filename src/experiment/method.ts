/** Carries out a method: arms its faults, runs its actions, waits at its pauses, and undoes all of it however it ends. */

import { monotonicNow, realClock, type Timer } from '../core/clock.ts'
import { BrownoutError, knownError } from '../core/errors.ts'
import { assertNever, ms, type Ms } from '../core/units.ts'
import type { ClearReason } from '../record/events.ts'
import type { Rule } from '../rule.ts'
import type { ActionResult } from './action.ts'
import type { Arming } from '../control/arming.ts'
import type { Step } from './plan.ts'
import type { Recorder } from './recorder.ts'
import { type Stop, Stopped } from './stop.ts'
import { Timeline, type Occurrence } from './timeline.ts'

type ActionStep = Extract<Step, { kind: 'action' }>

export interface MethodOptions {
  readonly steps: readonly Step[]
  readonly arming: Arming
  readonly recorder: Recorder
  readonly stop: Stop
  /** Runs a command of a step, at most its timeout; kills it when `signal` says so. */
  act(argv: readonly string[], step: ActionStep, signal?: AbortSignal): Promise<ActionResult>
  /** Resolves when the person has answered. */
  pause(text: string): Promise<void>
}

export class Method {
  readonly #options: MethodOptions
  /** By rule id, what was armed last under it. */
  readonly #running = new Map<string, Occurrence>()
  /** Actions that were run and not undone yet. */
  readonly #toUndo = new Set<ActionStep>()
  /** Each comes to what went wrong with it. */
  readonly #disarming: Promise<string | undefined>[] = []
  /** Armings and commands under way; none of them outlives the method. */
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #halt = new AbortController()
  #timeline: Timeline | undefined
  #over: ClearReason | undefined
  #wake: () => void = () => undefined

  constructor(options: MethodOptions) {
    this.#options = options
    options.arming.onCleared(({ rule }) => this.#cleared(rule))
  }

  /** What is armed now, by rule id. */
  get armed(): ReadonlySet<string> { return this.#options.arming.armed }

  /** Resolves when every step has ended, or the method was ended from outside. Throws Stopped, and what a step could not be begun for. */
  async run(): Promise<void> {
    const { steps, stop } = this.#options
    const timeline = new Timeline(steps, monotonicNow())
    this.#timeline = timeline
    while (!this.#over) {
      const begun = timeline.due(monotonicNow())
      const slept = this.#sleep(timeline.next())
      try {
        for (const occurrence of begun) this.#begin(occurrence).catch((error: unknown) => this.#fail(error))
        if (timeline.done) return
        await stop.race(slept.promise)
      } finally {
        slept.timer?.cancel()
      }
    }
  }

  /** Ends the method and disarms everything in this very tick, without waiting for anything. */
  heal(reason: ClearReason): void {
    this.#over ??= reason
    this.#disarming.push(this.#options.arming.disarm(undefined, reason).then(() => undefined, (error: unknown) => `disarm: ${knownError(error).message}`))
    this.#halt.abort()
    this.#wake()
  }

  /** Resolves when all is disarmed and undone. What could not be undone, a sentence each, told once. */
  async settle(reason: ClearReason): Promise<readonly string[]> {
    this.heal(reason)
    await Promise.allSettled(this.#underWay)
    const disarmed = await Promise.all(this.#disarming.splice(0))
    const undone = await Promise.all([...this.#toUndo].map((step) => this.#undo(step)))
    return [...disarmed, ...undone].flatMap((problem) => problem ?? [])
  }

  /** For a process that ends now: starts every undo that is due and does not wait. */
  abandon(): void { for (const step of this.#toUndo) void this.#undo(step).catch((error: unknown) => this.#fail(error)) }

  #sleep(due: Ms | undefined): { promise: Promise<void>; timer: Timer | undefined } {
    let timer: Timer | undefined
    const promise = new Promise<void>((resolve) => {
      this.#wake = resolve
      if (due !== undefined) timer = realClock.at(due, resolve)
    })
    return { promise, timer }
  }

  async #begin(occurrence: Occurrence): Promise<void> {
    const { step } = occurrence
    switch (step.kind) {
      case 'fault': return this.#awaited(this.#arm(occurrence, { ...step.rule, id: occurrence.id }))
      case 'action': {
        await this.#act(step)
        return this.#end(occurrence)
      }
      case 'pause': {
        this.#options.recorder.write({ kind: 'note', text: `pause: ${step.text}` })
        await this.#options.pause(step.text)
        return this.#end(occurrence)
      }
      default: return assertNever(step)
    }
  }

  /** What `settle` waits for. Its failure is its caller's business. */
  async #awaited<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
  }

  async #arm(occurrence: Occurrence, rule: Rule): Promise<void> {
    this.#running.set(rule.id, occurrence)
    const armed = await this.#options.arming.arm(rule, occurrence.step.step)
    // The method was ended while this was on its way.
    if (armed && this.#over) await this.#options.arming.disarm([rule.id], this.#over)
  }

  async #act(step: ActionStep): Promise<void> {
    const { recorder, act } = this.#options
    if (step.undo) this.#toUndo.add(step)
    const { ok, exit, tookMs, problem } = await this.#awaited(act(step.run, step, this.#halt.signal))
    recorder.write({ kind: 'action', step: step.step, event: 'run', argv: step.run, exit, tookMs })
    if (!ok && !this.#over) throw new BrownoutError('ACTION_FAILED', { message: `${step.step}: ${problem ?? 'failed'}`, place: step.place })
    await this.#hold(step.for)
    const failed = await this.#undo(step)
    if (failed) throw new BrownoutError('UNDO_FAILED', { message: failed, place: step.place })
  }

  /** Resolves after `duration`, or as soon as the method is ended. */
  #hold(duration: Ms): Promise<void> {
    const { signal } = this.#halt
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const timer = realClock.at(ms(monotonicNow() + duration), resolve)
      signal.addEventListener('abort', () => { timer.cancel(); resolve() }, { once: true })
    })
  }

  /** Undoes an action once; says what went wrong. */
  async #undo(step: ActionStep): Promise<string | undefined> {
    if (!step.undo || !this.#toUndo.delete(step)) return undefined
    // No signal: an undo is never cut short.
    const { ok, exit, tookMs, problem } = await this.#options.act(step.undo, step)
    this.#options.recorder.write({ kind: 'action', step: step.step, event: 'undo', argv: step.undo, exit, tookMs })
    return ok ? undefined : `${step.step}: undo: ${problem ?? 'failed'}`
  }

  #cleared(rule: string): void {
    const occurrence = this.#running.get(rule)
    if (!occurrence) return
    this.#running.delete(rule)
    this.#end(occurrence)
  }

  #end(occurrence: Occurrence): void {
    this.#timeline?.ended(occurrence, monotonicNow())
    this.#wake()
  }

  #fail(error: unknown): void {
    if (error instanceof Stopped) return
    const known = knownError(error)
    this.#options.recorder.problem(known)
    this.#options.stop.trip({ why: 'error', error: known })
  }
}
