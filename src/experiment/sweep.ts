/** Finds how far each of some knobs can be turned before steady state breaks, in one session: servers, targets and apps are started once. */

import { monotonicNow } from '../core/clock.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { randomStream } from '../core/random.ts'
import { formatDuration, type Ms } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import { foldRun } from '../report/fold.ts'
import { demandsOf } from '../sweep/demand.ts'
import { edgeOf, type Edge } from '../sweep/edge.ts'
import type { Broken, Point, Swept, SweepResult, Tolerance } from '../sweep/result.ts'
import { Scale } from '../sweep/scale.ts'
import { advise, triesLeft, type SearchOptions, type Trial } from '../sweep/search.ts'
import { capacityOf, type Loaded } from '../sweep/usl.ts'
import { formatKnob, tolerancesOf, type Knob } from './knob.ts'
import { Session, type SessionOptions } from './session.ts'
import { thinBaseline, unsteady } from './steady-state.ts'
import { Stopped, type StopReason } from './stop.ts'
import { Points } from './sweep-point.ts'
import { againstBaseline, lengthsOf } from './sweep-window.ts'

export interface SweepSettings {
  /** None: every target, by latency and by being cut off. */
  readonly knobs: readonly Knob[]
  readonly steps: number
  readonly resolution: number
  readonly repeats: number
  /** Of each knob. */
  readonly points: number
  /** Of the whole sweep. */
  readonly budget: Ms
  readonly warm?: Ms | undefined
  readonly window?: Ms | undefined
}

export interface Progress { readonly knob: string; readonly point: Point; readonly left: number; /** As far as can be told. */ readonly leftMs: number }
export interface SweepOptions extends Omit<SessionOptions, 'heal'> { readonly registry: Registry; readonly settings: SweepSettings; onPoint(progress: Progress): void }

/** A value at which the generator could not keep to its plan is tried so often. */
const VOID_MAX = 5
/** Of an open loop, a point that ends fewer of its operations has a queue that grows: it is at no load that could be named. */
const KEEPS_UP = 0.98

export class Sweep {
  readonly #options: SweepOptions
  readonly #session: Session
  readonly #began = monotonicNow()
  readonly #swept: Swept[] = []
  #tolerance: readonly Tolerance[] | undefined
  #done = 0
  #measuring: Ms | undefined

  constructor(options: SweepOptions) {
    this.#options = options
    this.#session = new Session({ ...options, heal: (reason) => { this.#session.arming.disarm(undefined, reason).catch((error: unknown) => this.#session.fail(error)) } })
  }

  /** Ends the sweep before its time. Everything is disarmed when this returns. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): void { this.#session.interrupt(signal) }
  crash(error: unknown): void { this.#session.fail(error) }
  abandon(signal: 'SIGINT' | 'SIGTERM'): void {
    this.#session.interrupt(signal)
    this.#session.kill()
  }

  /** Never throws: what goes wrong is in the result. */
  async run(): Promise<SweepResult> {
    const session = this.#session
    let refused: readonly string[] = []
    try {
      await session.open()
      refused = await this.#sweepAll()
    } catch (error) {
      if (!(error instanceof Stopped)) session.fail(error)
    }
    await session.arming.disarm(undefined, 'method-end').catch((error: unknown) => session.fail(error))
    // What the load was late for is known of each point.
    const { unhealed } = await session.settle()
    const result = this.#conclude(refused, unhealed)
    session.recorder.write({ kind: 'sweep', result })
    session.recorder.write({ kind: 'verdict', outcome: result.outcome, why: result.why, expectations: [] })
    session.recorder.write({ kind: 'run.ended', exit: result.exit, outcome: result.outcome })
    await session.close()
    return result
  }

  /** Why the baseline is none; empty when it was one. */
  async #sweepAll(): Promise<readonly string[]> {
    const { plan, registry, settings } = this.#options
    const { windows, steadyState, abort } = plan
    const session = this.#session
    await session.measure()
    if (windows.warmup > 0) await session.phase('warmup', windows.warmup)
    const span = await session.phase('baseline', windows.baseline)
    await session.grace()
    const record = foldRun(session.recorder.events)
    const refused = [...thinBaseline(record, steadyState.map(({ signal }) => signal), span, windows), ...unsteady(record, steadyState, span, span)]
    const conditions = againstBaseline(steadyState, record, span)
    if (refused.length > 0 || !conditions) return refused.length > 0 ? refused : ['it has no figure to multiply']
    session.enter('method')
    this.#measuring = monotonicNow()
    const points = new Points({ session, lengths: lengthsOf(plan, settings), bucket: windows.bucket, recovery: windows.recovery, conditions, abort, baseline: { record, span } })
    for (const knob of settings.knobs) this.#swept.push(await this.#sweep(points, knob))
    if (settings.knobs.length === 0) await this.#tolerances(points, registry)
    return []
  }

  async #tolerances(points: Points, registry: Registry): Promise<void> {
    const rows: Tolerance[] = []
    for (const { target, latency, gone } of tolerancesOf(this.#options.plan, registry)) {
      const swept = await this.#sweep(points, latency)
      this.#swept.push(swept)
      // No more than needed for a majority.
      const tries: boolean[] = []
      let broken: Broken | undefined
      while (swept.unfinished === undefined && Math.max(count(tries, true), count(tries, false)) < 2) {
        const measured = await points.under(gone, this.#loadOf(latency))
        tries.push(measured.held)
        broken ??= measured.broken[0]
        if (measured.backAfterMs === null) break
      }
      rows.push({ target, latency: latencyWords(swept), gone: tries.length === 0 ? 'not tried' : count(tries, true) > count(tries, false) ? 'holds' : `breaks${broken ? `: ${broken.signal} ${broken.measured}` : ''}` })
      this.#tolerance = [...rows]
    }
  }

  /** The load whose figures are told of: the one that is turned, or that steady state speaks of. */
  #loadOf({ turns }: Knob): string {
    const { loads, steadyState } = this.#options.plan
    if (turns.what === 'load') return turns.load
    return steadyState.map(({ signal }) => signal.name).find((name) => loads.some((load) => load.name === name)) ?? loads[0]?.name ?? ''
  }

  async #sweep(measuring: Points, knob: Knob): Promise<Swept> {
    const { steps, resolution, repeats } = this.#options.settings
    const scale = new Scale(knob.range)
    const search: SearchOptions = { scale, steps, resolution, repeats }
    const points: Point[] = []
    const trials: Trial[] = []
    let unfinished: string | undefined
    for (let advice = advise(search, trials); advice.next !== undefined; advice = advise(search, trials)) {
      const { next: value, why } = advice
      unfinished = this.#exhausted(points)
      if (unfinished !== undefined) break
      const measured = await measuring.measure(knob, value, this.#loadOf(knob))
      const point: Point = { knob: knob.name, number: points.length + 1, value, shown: formatKnob(knob, value), why, ...measured }
      points.push(point)
      this.#done++
      this.#session.recorder.write({ kind: 'point', point })
      if (point.invalid === undefined) trials.push({ value, held: point.held })
      const left = triesLeft(search, trials)
      this.#options.onPoint({ knob: knob.name, point, left, leftMs: Math.min(left * this.#mean, this.#budgetLeft) })
      if (point.backAfterMs === null) unfinished = `steady state did not come back after ${point.shown}, within ${formatDuration(this.#options.plan.windows.recovery)}`
      else if (points.filter((one) => one.value === value && one.invalid !== undefined).length >= VOID_MAX) unfinished = `the load generator could not keep to its plan at ${point.shown}: ${point.invalid ?? ''}`
      if (unfinished !== undefined) break
    }
    return this.#told(knob, points, edgeFrom(knob, edgeOf(scale, trials)), unfinished)
  }

  get #mean(): number { return (monotonicNow() - (this.#measuring ?? monotonicNow())) / Math.max(1, this.#done) }
  get #budgetLeft(): number { return Math.max(0, this.#began + this.#options.settings.budget - monotonicNow()) }

  #exhausted(points: readonly Point[]): string | undefined {
    const { points: most, budget } = this.#options.settings
    if (points.length >= most) return `${most} points were not enough`
    return this.#done > 0 && this.#mean > this.#budgetLeft ? `${formatDuration(budget)} were not enough` : undefined
  }

  #told(knob: Knob, points: readonly Point[], edge: Edge | undefined, unfinished: string | undefined): Swept {
    const words = edge && wordsOf(knob, edge)
    const breaks = edge && edge.kind !== 'holds' ? edge.breaks : undefined
    const how = points.find(({ value, held, invalid }) => value === breaks && !held && invalid === undefined)?.broken[0]
    const altered = points.reduce((sum, point) => sum + (point.altered ?? 0), 0)
    const idle = knob.turns.what === 'rule' && points.length > 0 && altered === 0 ? 'the fault altered nothing at any point' : undefined
    return {
      knob: knob.name, unit: knob.param.kind, range: [formatKnob(knob, knob.range.from), formatKnob(knob, knob.range.to)], load: this.#loadOf(knob), edge, words, points,
      ...(how ? { how } : {}), ...(unfinished ?? idle ? { unfinished: unfinished ?? idle } : {}), ...this.#capacity(knob, points),
    }
  }

  #capacity({ turns }: Knob, points: readonly Point[]): Pick<Swept, 'capacity' | 'demands'> {
    if (turns.what !== 'load' || turns.of === 'connections') return {}
    const good = points.filter(({ invalid, figures: { goodput = 0, offered = 0 } }) => invalid === undefined && goodput > 0 && (turns.of === 'users' || goodput >= KEEPS_UP * offered))
    // By Little's law: so many were under way on average.
    const loaded = good.flatMap(({ figures: { goodput = 0, mean } }): Loaded[] => (mean === undefined ? [] : [{ concurrency: (goodput * mean) / 1000, throughput: goodput }]))
    return {
      capacity: capacityOf(loaded, randomStream(this.#options.plan.seed, 'usl')),
      demands: demandsOf(good.map(({ figures: { goodput = 0 }, used }) => ({ throughput: goodput, used }))),
    }
  }

  #conclude(refused: readonly string[], unhealed: readonly string[]): SweepResult {
    const { plan, settings } = this.#options
    const verdict = verdictOf({ stop: this.#session.stop.reason, refused, unhealed, swept: this.#swept })
    return {
      name: plan.name, file: plan.file, seed: plan.seed, ...verdict, steadyState: plan.steadyState.map(({ text }) => text),
      windowMs: lengthsOf(plan, settings).window, tookMs: monotonicNow() - this.#began, swept: this.#swept, ...(this.#tolerance ? { tolerance: this.#tolerance } : {}),
    }
  }
}

const count = (tries: readonly boolean[], held: boolean): number => tries.filter((one) => one === held).length

/** Where a range begins at nothing, the baseline has shown that nothing holds. */
const edgeFrom = ({ range: { from } }: Knob, edge: Edge | undefined): Edge | undefined =>
  (edge?.kind === 'breaks' && from === 0 ? { kind: 'found', holds: 0, breaks: edge.breaks, interval: [0, edge.breaks] } : edge)

function wordsOf(knob: Knob, edge: Edge): Swept['words'] {
  const show = (value: number): string => formatKnob(knob, knob.range.whole ? Math.round(value) : Number(value.toPrecision(3)))
  if (edge.kind === 'holds') return { holds: formatKnob(knob, edge.holds), breaks: '', low: '', high: '' }
  if (edge.kind === 'breaks') return { holds: '', breaks: formatKnob(knob, edge.breaks), low: '', high: '' }
  return { holds: formatKnob(knob, edge.holds), breaks: formatKnob(knob, edge.breaks), low: show(edge.interval[0]), high: show(edge.interval[1]) }
}

function latencyWords({ edge, words, unfinished }: Swept): string {
  if (!edge || !words) return 'not known'
  const bound = edge.kind === 'holds' ? `${words.holds} or more` : edge.kind === 'breaks' ? `less than ${words.breaks}` : words.holds
  return unfinished === undefined ? bound : `${bound} (not finished)`
}

interface Against { readonly stop: StopReason | undefined; readonly refused: readonly string[]; readonly unhealed: readonly string[]; readonly swept: readonly Swept[] }

/** The first that can be said against it, in the order of the exit codes. */
function verdictOf({ stop, refused, unhealed, swept }: Against): Pick<SweepResult, 'outcome' | 'exit' | 'why'> {
  const said = (exit: Exit, outcome: SweepResult['outcome'], why: string): Pick<SweepResult, 'outcome' | 'exit' | 'why'> => ({ exit, outcome, why })
  if (unhealed[0] !== undefined) return said(EXIT.healUnverified, 'ERROR', `not healed: ${unhealed[0]}`)
  if (stop) return stop.why === 'signal' ? said(stop.signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated, 'ABORTED', `interrupted by ${stop.signal}`) : said(stop.error.exit, 'ERROR', stop.error.message)
  if (refused.length > 0) return said(EXIT.baselineRefused, 'INCONCLUSIVE', refused.map((one) => `baseline refused: ${one}`).join('; '))
  const open = [
    ...swept.flatMap(({ knob, unfinished }) => (unfinished === undefined ? [] : [`${knob}: ${unfinished}`])),
    ...swept.flatMap(({ knob, edge, words }) => (edge?.kind === 'breaks' ? [`${knob}: it breaks at ${words?.breaks ?? ''} already, where the range begins: begin lower`] : [])),
  ]
  if (open.length > 0) return said(EXIT.inconclusive, 'INCONCLUSIVE', open.join('; '))
  return said(EXIT.pass, 'PASS', swept.map(({ knob, edge, words }) => (edge?.kind === 'holds' ? `${knob}: holds throughout, up to ${words?.holds ?? ''}` : `${knob}: holds up to ${words?.holds ?? ''}, breaks at ${words?.breaks ?? ''}`)).join('; '))
}
