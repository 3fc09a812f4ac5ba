/** An experiment cut down to its load: nothing is injected, everything that was to hold is expected all along. */

import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import { lengthOf } from '../load/curve.ts'
import type { Expectation, Plan } from './plan.ts'

/** What is expected of a time without faults. */
const ALL_ALONG: ReadonlySet<string> = new Set(['baseline', 'all'])

/**
 * The plan of `brownout load`: warm-up, then one stretch that is measured, for `length` or as long as its rates change, at least the
 * baseline. What must hold of a steady state is expected like the rest; expectations on faults and on multiples of a baseline are `left` out.
 */
export function loadOnly(plan: Plan, length?: Ms): { readonly plan: Plan; readonly left: readonly string[] } {
  const { loads, windows, steadyState, expect, file } = plan
  if (loads.length === 0) throw new BrownoutError('USAGE', { message: `${file} has no load`, hint: 'declare one under `load:`, such as load: { shop: { http: "GET http://127.0.0.1:3000/", rate: 100/s } }' })
  const measured = length ?? ms(Math.max(windows.baseline, ...loads.map(({ profile = [] }) => lengthOf(profile))))
  const held = steadyState.map((one): Expectation => ({ kind: 'signal', during: 'all', ...one }))
  const kept = [...held, ...expect].filter((one) => one.kind === 'signal' && ALL_ALONG.has(one.during) && one.limit.unit !== 'x')
  const left = [...held, ...expect].filter((one) => !kept.includes(one))
  return {
    plan: { ...plan, only: 'load', profile: undefined, windows: { ...windows, baseline: measured, recovery: ms(0) }, steadyState: [], abort: plan.abort.filter(({ limit }) => limit.unit !== 'x'), method: [], expect: kept },
    left: left.map(({ text }) => text),
  }
}
