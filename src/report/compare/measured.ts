/** One figure of one run, as comparisons and the history take it. */

import { ms } from '../../core/units.ts'
import { resourceOf } from '../../record/resources.ts'
import { recoveryFigure, type Figure } from '../../timing/summary.ts'
import type { Timing } from '../../timing/timing.ts'
import { timingOf, type Analysis } from '../analysis.ts'
import { during } from '../during.ts'
import { besideOf, figure } from '../figures.ts'
import type { RunRecord } from '../fold.ts'
import { labelOf, type Asked, type Better } from './asked.ts'

export type Unit = 'ms' | 'share' | '/s' | 'bytes' | 'bytes/s' | 'x' | 'count'

export type Relative = 'figure' | 'rest' | 'none'

export interface Measured {
  readonly label: string
  readonly unit: Unit
  readonly better: Better
  /** The least difference that means something whatever is asked, in the unit; and of what a share counts too: of the figure, of what it lacks to all, or of nothing. */
  readonly least: number
  readonly relative: Relative
  readonly value: number
  /** The true figure is above `value`: it was not watched to its end. */
  readonly censored: boolean
}

/** Undefined where the run does not say. */
export function measure(asked: Asked, record: RunRecord, analysis: Analysis): Measured | undefined {
  return asked.kind === 'figure' ? measureFigure(asked, record, analysis) : measureTiming(asked, analysis)
}

const HIGHER: ReadonlySet<string> = new Set(['rate', 'success', 'hit_ratio', 'server_hit_ratio', 'delivered', 'messages', 'transactions', 'accepted', 'hits'])

function measureFigure(asked: Extract<Asked, { kind: 'figure' }>, record: RunRecord, analysis: Analysis): Measured | undefined {
  const { signal, better } = asked
  const { name, metric } = signal
  // What a probe found stands for the run, whenever it was asked.
  const whole = metric === 'value' && record.probes.some((probe) => probe.name === name)
  const stretch = whole ? { from: record.from, to: ms(record.to + 1) } : during(asked.during, record, analysis)
  const value = stretch && figure(record, signal, stretch.from, stretch.to)
  if (value === undefined) return undefined
  const unit = unitOf(metric)
  return { label: labelOf(asked), unit, better: metric === 'value' ? better ?? 'lower' : HIGHER.has(metric) ? 'higher' : 'lower', ...leastOf(unit, metric), value, censored: false }
}

function unitOf(metric: string): Unit {
  if (/^(p\d+|max|mean)$/.test(metric) || besideOf(metric)) return 'ms'
  const unit = resourceOf(metric)?.unit
  if (unit === 'bytes' || unit === 'bytes/s' || unit === '/s') return unit
  if (metric === 'rate') return '/s'
  if (metric.startsWith('bytes_')) return 'bytes'
  return unit === 'ratio' || metric === 'success' || metric === 'delivered' || metric.endsWith('_ratio') ? 'share' : 'count'
}

/** Of shares near 1 a share of the figure would hide every failure: it is taken of the failures. */
function leastOf(unit: Unit, metric: string): { readonly least: number; readonly relative: Relative } {
  switch (unit) {
    case 'ms': return { least: 0.1, relative: 'figure' }
    case 'share': return metric === 'success' || metric === 'delivered' ? { least: 0.001, relative: 'rest' } : { least: 0.01, relative: metric.endsWith('cpu') ? 'figure' : 'none' }
    case 'bytes': case 'bytes/s': return { least: 1024, relative: 'figure' }
    case '/s': case 'x': case 'count': return { least: 0, relative: 'figure' }
  }
}

function measureTiming(asked: Extract<Asked, { kind: 'timing' }>, analysis: Analysis): Measured | undefined {
  const { figure: what, of, step } = asked
  const label = labelOf(asked)
  const made = (unit: Unit, least: number, found: Figure | undefined): Measured | undefined => found && { label, unit, better: 'lower', least, relative: unit === 'share' ? 'none' : 'figure', ...found }
  switch (what) {
    case 'detect': case 'refill': case 'storm': case 'retries': {
      const traffic = analysis.traffic.find((one) => one.target === of.name && one.step === step)
      const value = traffic?.[what]
      const unfilled = what === 'refill' ? traffic?.unfilled : undefined
      const found = unfilled === undefined ? (value === undefined ? undefined : { value, censored: false }) : { value: unfilled, censored: true }
      return what === 'detect' || what === 'refill' ? made('ms', 100, found) : made('x', 0.1, found)
    }
    case 'recovery': case 'outage': case 'degraded': case 'depth': case 'lost': case 'flaps': {
      const timing = timingOf(analysis, { name: of.name, metric: of.metric ?? 'success', ...(of.where ? { where: of.where } : {}) }, step)
      const found = timing && recoveryFigure(timing)
      if (!timing || !found) return undefined
      // A time is exact to a bucket at either end.
      const exact = 2 * timing.width
      if (what === 'recovery') return made('ms', exact, found)
      return made(what === 'depth' ? 'share' : what === 'lost' || what === 'flaps' ? 'count' : 'ms', what === 'depth' ? 0.01 : what === 'lost' || what === 'flaps' ? 1 : exact, { value: amountOf(timing, what), censored: found.censored && what !== 'depth' })
    }
  }
}

/** Of what had not ended when the observation did, there was more. */
const amountOf = (timing: Timing, what: 'outage' | 'degraded' | 'depth' | 'lost' | 'flaps'): number => (timing.status === 'not_degraded' ? 0 : what === 'outage' ? timing.area : timing[what])

/** The least difference that counts against figures of that height, where `share` of them does. */
export function floorOf({ least, relative }: Pick<Measured, 'least' | 'relative'>, height: number, share: number): number {
  switch (relative) {
    case 'figure': return Math.max(least, share * Math.abs(height))
    case 'rest': return Math.max(least, share * (1 - height))
    case 'none': return least
  }
}
