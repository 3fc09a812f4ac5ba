/**
 * One point of a sweep:
 *
 *   (load begins anew) ─▶ warm ─▶ knob turned ─▶ warm ─▶ window ─▶ knob turned back ─▶ steady again?
 */

import { monotonicNow } from '../core/clock.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import { foldRun, signalOf, type RunRecord } from '../report/fold.ts'
import { bucketsBetween, figure } from '../report/figures.ts'
import type { Rule } from '../rule.ts'
import type { Broken, Point } from '../sweep/result.ts'
import { quantile } from '../sweep/usl.ts'
import { AbortWatch } from './abort.ts'
import { formatKnob, type Knob } from './knob.ts'
import { unitOf } from './limit.ts'
import type { AbortCondition, SteadyState } from './plan.ts'
import type { Session } from './session.ts'
import type { Span } from './steady-state.ts'
import { brokenIn, figuresIn, usedIn, type Lengths } from './sweep-window.ts'

/** What a rule is armed for beyond its point: it then clears by itself, whatever has become of us. */
const DEADLINE_SPARE = ms(10_000)
/** A generator that stalls sends what is due at once afterwards: a burst that the system has to wait for in turn. */
const LATENESS_FACTOR = 3
/** As the load's own verdict has it. */
const LATENESS_MAX = 5
const WORST_LEFT_OUT = 0.97
/** The users of a closed loop have all begun by then. */
const USERS_OVER = ms(1000)

export interface PointsOptions {
  readonly session: Session
  readonly lengths: Lengths
  readonly bucket: Ms
  /** How long steady state may take to come back. */
  readonly recovery: Ms
  readonly conditions: readonly SteadyState[]
  readonly abort: readonly AbortCondition[]
  readonly baseline: { readonly record: RunRecord; readonly span: Span }
}

export type Measured = Omit<Point, 'knob' | 'number' | 'value' | 'shown' | 'why'>

export class Points {
  readonly #options: PointsOptions

  constructor(options: PointsOptions) { this.#options = options }

  async measure(knob: Knob, value: number, load: string): Promise<Measured> {
    this.#options.session.recorder.write({ kind: 'note', text: `${knob.name} ${formatKnob(knob, value)}` })
    const { turns } = knob
    return turns.what === 'rule' ? this.under(turns.rule(value), load) : this.#loaded((spec) => (spec.name === turns.load ? turns.change(spec, value) : spec), turns.of === 'users' ? USERS_OVER : ms(0), load)
  }

  /** Of a rule that holds for the time of the point. */
  async under(rule: Rule, load: string): Promise<Measured> {
    const { session, lengths } = this.#options
    const mark = session.recorder.events.length
    await session.arming.arm({ ...rule, for: ms(lengths.warm + lengths.window + DEADLINE_SPARE) }, rule.id)
    const { span, aborted } = await this.#window()
    await session.arming.disarm([rule.id], 'request')
    const cleared = monotonicNow()
    await session.grace()
    const altered = session.recorder.events.slice(mark).reduce((sum, event) => sum + (event.kind === 'rule.cleared' ? event.altered : 0), 0)
    const judged = this.#judged(mark, span, aborted, load)
    const late = this.#lateness(mark, span)
    const doubtful = late > LATENESS_MAX && aborted === undefined && this.#isDoubtful(mark, span, judged, late)
    return { ...judged, ...(doubtful ? { invalid: `operations were sent late, or brownout did not run (${formatDuration(late)})` } : {}), altered, backAfterMs: await this.#back(cleared) }
  }

  async #loaded(change: Parameters<Session['reload']>[0], beginning: Ms, load: string): Promise<Measured> {
    const { session } = this.#options
    const mark = session.recorder.events.length
    await session.reload(change)
    const { span, aborted } = await this.#window(beginning)
    // The last buckets come while it ends.
    const late = (await session.reload((spec) => spec)).filter(({ valid }) => !valid)
    const cleared = monotonicNow()
    const judged = this.#judged(mark, span, aborted, load)
    const doubtful = late.length > 0 && aborted === undefined && this.#isDoubtful(mark, span, judged, Math.max(...late.map(({ latenessP99Ms }) => latenessP99Ms)))
    const invalid = late.map(({ name, why }) => `${name}: ${why ?? 'not to be trusted'}`).join('; ')
    return { ...judged, ...(doubtful ? { invalid } : {}), backAfterMs: await this.#back(cleared) }
  }

  /** How late operations of the judged loads were sent in all but the worst few buckets, or how long brownout itself stood still. */
  #lateness(mark: number, { from, to }: Span): Ms {
    const { session, conditions } = this.#options
    const events = session.recorder.events.slice(mark)
    const record = foldRun(events)
    const late = [...new Set(conditions.map(({ signal }) => signal.name))].map((name) =>
      quantile(bucketsBetween(signalOf(record, { name })?.buckets ?? [], from, to).map(({ extra }) => extra?.['lateness_p99'] ?? 0), WORST_LEFT_OUT))
    return ms(Math.max(0, ...late.filter(Number.isFinite), ...events.flatMap((event) => (event.kind === 'suspect' ? [event.stallMs] : []))))
  }

  /**
   * Whether a generator that was late could have made the difference. Its lateness counts against the system, so what held holds all the
   * same, if all was sent; and what is broken by much more than it was late is broken.
   */
  #isDoubtful(mark: number, span: Span, { held, figures }: Pick<Measured, 'held' | 'figures'>, lateness: number): boolean {
    if (held) return (figures.dropped ?? 0) > 0
    const { session, conditions } = this.#options
    const eased = conditions.map((condition) => (unitOf(condition.signal.metric) === 'ms' ? { ...condition, limit: { ...condition.limit, value: condition.limit.value + LATENESS_FACTOR * lateness } } : condition))
    return brokenIn(foldRun(session.recorder.events.slice(mark)), eased, span).length === 0
  }

  /** Ends at once where a stop condition of the experiment comes true. */
  async #window(beginning: Ms = ms(0)): Promise<{ readonly span: Span; readonly aborted: string | undefined }> {
    const { session, lengths, abort, baseline } = this.#options
    let aborted: string | undefined
    const tripped = new Promise<void>((resolve) => {
      const watch = new AbortWatch(abort, (signal) => figure(baseline.record, signal, baseline.span.from, baseline.span.to))
      session.sampler?.watch(watch, monotonicNow(), (why) => { aborted = why; resolve() })
    })
    await session.window(ms(beginning + lengths.warm), tripped)
    const from = monotonicNow()
    if (aborted === undefined) await session.window(lengths.window, tripped)
    session.sampler?.unwatch()
    return { span: { from, to: monotonicNow() }, aborted }
  }

  #judged(mark: number, span: Span, aborted: string | undefined, load: string): Pick<Measured, 'held' | 'broken' | 'figures' | 'used'> {
    const { session, conditions } = this.#options
    const record = foldRun(session.recorder.events.slice(mark))
    const stopped: readonly Broken[] = aborted === undefined ? [] : [{ kind: 'other', signal: aborted.split(' ')[0] ?? '', text: aborted, measured: 'stopped there' }]
    const broken = [...stopped, ...(aborted === undefined ? brokenIn(record, conditions, span) : [])]
    return { held: broken.length === 0, broken, figures: figuresIn(record, load, span), used: usedIn(record, span) }
  }

  /** How long after `cleared` a first stretch begins in which steady state holds again; null: none within the recovery. */
  async #back(cleared: Ms): Promise<number | null> {
    const { session, lengths: { settle }, bucket, recovery, conditions } = this.#options
    const mark = Math.max(0, session.recorder.events.length - 1)
    let span = await session.window(settle)
    for (;;) {
      await session.grace()
      if (brokenIn(foldRun(session.recorder.events.slice(mark)), conditions, span).length === 0) return Math.max(0, span.from - cleared)
      if (span.to - cleared > recovery) return null
      span = { from: ms(span.from + bucket), to: ms(span.to + bucket) }
      // As late as it was judged: the next look is at what has just passed.
      const now = monotonicNow()
      if (now - span.to > 2 * settle) span = { from: ms(now - settle), to: now }
    }
  }
}
