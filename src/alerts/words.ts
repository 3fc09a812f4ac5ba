/** Figures as people read them. */

import { formatDuration, formatRate, formatRatio, ms, perSecond, ratio } from '../core/units.ts'
import { METRICS, type Metric } from './alert.ts'

export function figure(value: number, metric: Metric): string {
  switch (METRICS[metric].unit) {
    case 'time': return formatDuration(ms(value))
    case 'rate': return formatRate(perSecond(value))
    case 'share': return formatRatio(ratio(value))
    case 'number': return String(Number(value.toPrecision(4)))
  }
}
