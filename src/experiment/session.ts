/**
 * The system under test, opened and measured: targets, apps, load, probes, and what they tell. What is done to it (a method, the points
 * of a sweep, a test) is its user's business; whatever ends it before its time goes through its `Stop`.
 *
 *   open ─▶ measure ─▶ … arming.arm, arming.disarm, load, until … ─▶ settle ─▶ close
 */

import { monotonicNow } from '../core/clock.ts'
import { type BrownoutError, knownError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { LoadSpec } from '../load/spec.ts'
import type { LoadVerdict } from '../load/verdict.ts'
import { startProbes, type ProbesRun } from '../probes/probe.ts'
import type { Plane } from '../proxy/plane.ts'
import type { ClearReason, EventBodies, JournalEvent, Phase, TargetRecord } from '../record/events.ts'
import type { Journal } from '../record/journal.ts'
import { foldRun } from '../report/fold.ts'
import { Arming } from '../control/arming.ts'
import type { Addresses } from './addresses.ts'
import { verifyHealed } from './heal.ts'
import type { Plan } from './plan.ts'
import { ProfileRun } from './profile.ts'
import { Recorder } from './recorder.ts'
import { Sampler } from './sampler.ts'
import type { StartServer } from './servers.ts'
import { Stage, type StageOptions } from './stage.ts'
import { takeSurveys } from './survey.ts'
import type { Span } from './steady-state.ts'
import { Stop } from './stop.ts'

/** The load's last bucket of a window comes at most this many widths after the window's end. */
const GRACE_BUCKETS = 3
/** How long healing may be looked for when somebody waits for us to go. */
const HURRIED_HEAL = ms(1000)
/** And how long the apps then have. */
const HURRIED_CLOSE = ms(2000)

export interface SessionOptions {
  readonly plan: Plan
  readonly folder: string
  readonly journal: Journal
  readonly plane: Plane
  readonly env: NodeJS.ProcessEnv
  readonly startServer: StartServer
  readonly running?: StageOptions['running']
  onEvent(event: JournalEvent): void
  /** What the journal begins with. */
  started(targets: readonly TargetRecord[]): EventBodies['run.started']
  /** Called in the tick in which the session is ended before its time; disarms everything. */
  heal(reason: ClearReason): void
}

/** What ending the measurement has shown. */
export interface Settled {
  /** Loads that could not keep to their plan, a sentence each. */
  readonly invalid: readonly string[]
  /** Targets that do not answer as before, a sentence each. */
  readonly unhealed: readonly string[]
}

export class Session {
  readonly recorder: Recorder
  readonly stop: Stop
  readonly arming: Arming
  readonly #options: SessionOptions
  readonly #stage: Stage
  #note: string | undefined
  #started = false
  #entered: Phase | undefined
  #opening: Promise<void> = Promise.resolve()
  #origin: Ms = ms(0)
  #sampler: Sampler | undefined
  #probes: ProbesRun | undefined
  #profile: ProfileRun | undefined

  constructor(options: SessionOptions) {
    const { plan, folder, env, journal, plane, startServer, running, onEvent, heal } = options
    this.#options = options
    this.stop = new Stop(heal)
    this.recorder = new Recorder(journal, (error) => this.stop.trip({ why: 'journal', error }))
    this.recorder.on(onEvent)
    this.arming = new Arming({ plane, recorder: this.recorder, stop: this.stop })
    this.#stage = new Stage({
      plan, folder, env, plane, startServer, running, recorder: this.recorder,
      onOpen: (targets) => this.#begin(targets),
      onDeath: (error) => this.fail(error),
    })
  }

  /** Somebody waits for us to go. */
  get hurried(): boolean { return this.stop.reason?.why === 'signal' }

  /** Of the open listeners; empty before they are. */
  get addresses(): Addresses { return this.#stage.addresses }

  /** Undefined before `measure`. */
  get sampler(): Sampler | undefined { return this.#sampler }

  /** Starts servers, proxies and apps. Rejects as `Stage.open` does, and with Stopped. `note` goes to the head of the journal. */
  async open(note?: string): Promise<void> {
    this.#note = note
    this.#opening = this.#stage.open()
    this.#opening.catch(() => undefined)
    await this.stop.race(this.#opening)
  }

  /** Starts to gather figures, the load and the probes. */
  async measure(): Promise<void> {
    const { plan, plane, folder } = this.#options
    const { bucket: width } = plan.windows
    // Before anything is measured: a profiler that is started holds its process up.
    this.#profile = await this.stop.race(ProfileRun.start({ plan, folder, recorder: this.recorder, hook: this.#stage.hook }))
    this.#origin = monotonicNow()
    this.#sampler = new Sampler({ plane, recorder: this.recorder, meters: [...this.#stage.apps, ...this.#stage.observers], origin: this.#origin, width })
    const load = await this.stop.race(this.#stage.openLoad(this.#origin, width))
    this.#probes = await this.stop.race(startProbes(this.#stage.probes, { onReading: (name, reading) => { this.recorder.write({ kind: 'probe', name, ...reading }) } }))
    await this.stop.race(load.begin())
  }

  /** Ends the load and begins it anew as `change` makes it, at the next bucket's edge; says how the one that ended kept to its plan. */
  async reload(change: (spec: LoadSpec) => LoadSpec): Promise<readonly LoadVerdict[]> {
    const ended = await this.stop.race(this.#endLoad())
    const load = await this.stop.race(this.#stage.openLoad(this.#origin, this.#options.plan.windows.bucket, change))
    await this.stop.race(load.begin())
    return ended
  }

  enter(phase: Phase): void {
    if (this.#entered !== phase) this.recorder.write({ kind: 'phase', phase })
    this.#entered = phase
  }

  /** Enters a phase and waits until it is over, or until `sooner` comes. */
  async phase(phase: Phase, length: Ms, sooner?: Promise<void>): Promise<Span> {
    this.enter(phase)
    return this.window(length, sooner)
  }

  /** Lets time pass, until `sooner` comes at most. */
  async window(length: Ms, sooner?: Promise<void>): Promise<Span> {
    const from = monotonicNow()
    const to = ms(from + length)
    await this.stop.until(to, sooner)
    return { from, to }
  }

  /** Waits until the buckets of what has passed have come. */
  async grace(): Promise<void> { await this.stop.until(ms(monotonicNow() + GRACE_BUCKETS * this.#options.plan.windows.bucket)) }

  /** Ends load, probes and figures, and asks whether every target answers as before. All must be disarmed. Never rejects. */
  async settle(): Promise<Settled> {
    const { hurried } = this
    if (!this.#started) this.#begin([])
    this.enter('end')
    if (hurried) this.#stage.load?.kill()
    const invalid = hurried ? [] : (await this.#endLoad()).flatMap(({ name, valid, why }) => (valid ? [] : [`${name}: ${why ?? 'not to be trusted'}`]))
    if (!hurried) await this.#profile?.finish()
    const asked = this.#probes?.stop(!hurried)
    if (!hurried) await asked
    await this.#sampler?.stop()
    const unhealed: string[] = []
    if (this.#stage.before.size > 0) for (const healed of await verifyHealed(this.#stage.doors, this.#stage.before, hurried ? HURRIED_HEAL : undefined)) {
      this.recorder.write({ kind: 'heal', ...healed })
      if (!healed.ok) unhealed.push(`${healed.target} answered ${healed.before} before and answers ${healed.after} now`)
    }
    if (!this.hurried && this.#sampler) await takeSurveys(this.#stage.servers, foldRun(this.recorder.events), this.recorder)
    return { invalid, unhealed }
  }

  /** Ends all that was started. Never rejects. */
  close(): Promise<void> { return this.#stage.close(this.#opening, this.hurried ? HURRIED_CLOSE : undefined) }

  /** Ends the session before its time. Everything is disarmed when this returns. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): void { this.stop.trip({ why: 'signal', signal }) }

  /** Ends the session as an error. */
  fail(error: unknown): void {
    const known: BrownoutError = knownError(error)
    this.recorder.problem(known)
    this.stop.trip({ why: 'error', error: known })
  }

  /** Kills what was started, without waiting. */
  kill(): void { this.#stage.kill() }

  async #endLoad(): Promise<readonly LoadVerdict[]> {
    const verdicts = await this.#stage.load?.stop() ?? []
    for (const { name, valid, why, latenessP99Ms, cpu, droppedShare, errors, closes } of verdicts) this.recorder.write({ kind: 'load', name, valid, why, latenessP99Ms, cpu, droppedShare, errors, closes })
    return verdicts
  }

  #begin(targets: readonly TargetRecord[]): void {
    this.#started = true
    this.recorder.write({ kind: 'run.started', ...this.#options.started(targets) })
    if (this.#note !== undefined) this.recorder.write({ kind: 'note', text: this.#note })
    this.enter('start')
  }
}
