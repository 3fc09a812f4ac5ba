/** The healthy-trace law: a system with which nothing is wrong is hardly ever said to have degraded. */

import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { analyse } from '../../src/timing/analyse.ts'
import type { Measure } from '../../src/timing/timing.ts'
import { healthy, seriesOf, type Weather } from './trace.ts'

/** The most runs of which a measure may find an episode. */
export const FALSE_ALARMS_MAX = 0.02

/** 25 operations a bucket of 250 ms, Poisson. Noisy: p95 at three times the median, one operation in a hundred in a Pareto tail, one in two hundred an error. */
export const WEATHERS: Readonly<Record<string, Weather>> = {
  calm: { rate: 100, median: 20, sigma: 0.5, errors: 0, slow: 0 },
  noisy: { rate: 100, median: 20, sigma: 0.8, errors: 0.005, slow: 0.01 },
}

export const MEASURES: Readonly<Record<string, Measure>> = {
  'latency p95': { kind: 'latency', q: 0.95 }, success: { kind: 'success' }, rate: { kind: 'rate' },
}

/** The windows that an experiment has unless it says otherwise: 3 s to warm up, 15 s of baseline, 10 s of a fault that does nothing, 30 s after it. */
const TIMES = { baselineFrom: ms(3000), baselineTo: ms(18_000), armed: ms(18_000), effect: ms(18_000), clear: ms(28_000), end: ms(58_000) }

export interface Tally { readonly weather: string; readonly measure: string; readonly runs: number; readonly alarms: number; readonly share: number }

/** `alarms` of `runs` seeded runs had an episode. A run that could not be judged throws: it would prove nothing. */
export function tally(runs: number, seed: number): readonly Tally[] {
  return Object.entries(WEATHERS).flatMap(([weather, conditions]) => {
    const alarms = new Map(Object.keys(MEASURES).map((name) => [name, 0]))
    for (let run = 0; run < runs; run++) {
      // The operations under way at the start were begun before it.
      const series = seriesOf(healthy(conditions, -5000, 58_000, randomStream(seed, `${weather}/${run}`)), { start: 0, end: 58_000, width: 250 })
      for (const [name, measure] of Object.entries(MEASURES)) {
        const { status, episodes } = analyse(series, { measure, times: TIMES, hold: ms(5000), minSamples: 200 })
        if (status === 'insufficient_data') throw new Error(`${weather} run ${run}: ${name} could not be judged`)
        if (episodes.length > 0) alarms.set(name, (alarms.get(name) ?? 0) + 1)
      }
    }
    return [...alarms].map(([measure, count]) => ({ weather, measure, runs, alarms: count, share: count / runs }))
  })
}
