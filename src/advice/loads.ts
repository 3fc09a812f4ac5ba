/** What a run's own loads asked for, and of whom. */

import { bucketsBetween } from '../report/figures.ts'
import type { RunRecord } from '../report/fold.ts'
import { isHeard, planOf } from '../report/plan.ts'
import type { Between } from './operations.ts'

/** What its clients do there is what the load generator does. */
export function isByLoad({ started }: RunRecord, target: string): boolean {
  const plan: unknown = started?.plan
  const loads: unknown = typeof plan === 'object' && plan !== null && 'loads' in plan ? plan.loads : []
  return (JSON.stringify(loads) ?? '').includes(`\${targets.${target}.`)
}

/** Operations that the loads meant. */
export function meantIn(record: RunRecord, { from, to }: Between): number {
  const plan = planOf(record)
  return record.signals.filter(({ source, name }) => source === 'load' && !isHeard(plan, name))
    .reduce((sum, { buckets }) => sum + bucketsBetween(buckets, from, to).reduce((all, { counts }) => all + counts.offered, 0), 0)
}
