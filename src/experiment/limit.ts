/** A figure held against a limit, in the units in which people wrote it. */

import { bytes, byteRate, formatByteRate, formatDuration, formatRate, formatRatio, formatSize, ms, perSecond, ratio } from '../core/units.ts'
import { resourceOf } from '../record/resources.ts'
import { besideOf } from '../report/figures.ts'
import type { Comparison, Limit } from './plan.ts'

type Unit = Exclude<Limit['unit'], 'x'>

export interface Judged {
  readonly held: boolean
  readonly measured: string
  readonly limit: string
  /** How far inside (positive) or outside the limit. */
  readonly margin: string
}

/** What a metric is counted in, as figures give it: latencies in ms, shares from 0 to 1. */
export function unitOf(metric: string): Unit {
  if (/^p\d+$/.test(metric) || metric === 'max' || metric === 'mean' || besideOf(metric)) return 'ms'
  if (metric === 'success' || metric === 'hit_ratio' || metric === 'rollback_ratio' || metric === 'delivered') return 'ratio'
  if (metric === 'rate') return '/s'
  return resourceOf(metric)?.unit ?? 'number'
}

export function formatFigure(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms': return formatDuration(ms(value))
    case 'ratio': return formatRatio(ratio(value))
    case '/s': return formatRate(perSecond(value))
    case 'bytes': return formatSize(bytes(value))
    case 'bytes/s': return formatByteRate(byteRate(value))
    case 'number': return String(Number(value.toPrecision(4)))
  }
}

/** The limit in the figure's own unit; undefined when it is a multiple of a baseline that has no figure. */
export const resolveLimit = ({ value, unit }: Limit, baseline: number | undefined): number | undefined =>
  unit !== 'x' ? value : baseline === undefined ? undefined : value * baseline

export function holds(measured: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case 'at_most': return measured <= limit
    case 'at_least': return measured >= limit
    case 'below': return measured < limit
    case 'above': return measured > limit
    case 'equals': return measured === limit
  }
}

/** Undefined when the limit cannot be known. `unit` is that of the figure. */
export function judge(measured: number, comparison: Comparison, limit: Limit, unit: Unit, baseline?: number): Judged | undefined {
  const bound = resolveLimit(limit, baseline)
  if (bound === undefined) return undefined
  const margin = comparison === 'at_most' || comparison === 'below' ? bound - measured
    : comparison === 'equals' ? -Math.abs(measured - bound) : measured - bound
  return {
    held: holds(measured, comparison, bound),
    measured: formatFigure(measured, unit),
    limit: limit.unit === 'x' ? `${limit.text} (${formatFigure(bound, unit)})` : limit.text,
    margin: `${margin >= 0 ? '+' : '-'}${formatFigure(Math.abs(margin), unit)}`,
  }
}
