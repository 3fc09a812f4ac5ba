/** This run against an earlier one, which may have been made on a slower day: what is compared is how often brownout took what a reference took in the same round. */

import { change, type Estimate } from './estimate.ts'
import { NAMES } from './path.ts'
import { pairs, type Results } from './results.ts'
import { spread } from './targets.ts'
import { table } from './tables.ts'

export interface Compared { readonly path: string; readonly workload: string; readonly contender: string; readonly figure: 'cpu' | 'rate'; readonly beside: string; readonly change: Estimate; readonly loss: boolean }

/** The first that both runs have. */
const REFERENCES = [NAMES.pipe, NAMES.haproxy, NAMES.tcp]
/** What is less than that nobody looks after. */
const LOSS_MIN = 0.05
/** With fewer in either run an interval says too little (four and four: 97 %; three and three: 90 %). */
const ROUNDS_MIN = 4

export function compared(now: Results, then: Results): readonly Compared[] {
  const ours = new Map(now.samples.filter(({ contender }) => contender.startsWith('brownout')).map(({ path, workload, contender }) => [`${path} ${workload} ${contender}`, { path, workload, contender }]))
  return [...ours.values()].flatMap((spot) => (['cpu', 'rate'] as const).flatMap((figure) => {
    const ratios = (results: Results, beside: string): readonly number[] =>
      pairs(results, spot, { ...spot, contender: beside }, (one, other) => one[figure] / other[figure]).filter((ratio) => Number.isFinite(ratio))
    const beside = REFERENCES.find((name) => name !== spot.contender && ratios(now, name).length > 0 && ratios(then, name).length > 0)
    if (beside === undefined) return []
    const [after, before] = [ratios(now, beside), ratios(then, beside)]
    const found = change(after, before)
    const worse = figure === 'cpu' ? found.low > 1 && found.value > 1 + LOSS_MIN : found.high < 1 && found.value < 1 - LOSS_MIN
    const loss = worse && Math.min(after.length, before.length) >= ROUNDS_MIN
    return [{ ...spot, figure, beside, change: found, loss }]
  }))
}

export const comparedTable = (all: readonly Compared[]): string => table(
  ['path', 'workload', 'contender', 'figure', 'now / then', ''],
  all.map(({ path, workload, contender, figure, beside, change: found, loss }) => [path, workload, contender, `${figure === 'cpu' ? 'CPU' : 'rate'} beside ${beside}`, spread(found), loss ? 'LOSS' : '']),
)
