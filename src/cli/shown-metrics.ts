/** /metrics of a brownout that is no server: a wrapped program, a run, a game day. */

import type { Metrics } from '../admin/metrics.ts'
import type { Control } from '../control/contract.ts'
import { formatAddress } from '../proxy/address.ts'
import type { PlaneFigures } from '../proxy/plane.ts'
import type { HeldTarget } from './hold.ts'

export interface ShownOptions {
  readonly control: Pick<Control, 'status' | 'on' | 'events'>
  open(): readonly HeldTarget[]
  figures(): Promise<Pick<PlaneFigures, 'targets' | 'rules'> & Partial<PlaneFigures>>
}

/** Counted from when it is first asked for; what was armed before is known. */
export function shownMetrics({ control, open, figures }: ShownOptions): Metrics['page'] {
  let made: Promise<Metrics> | undefined
  const views = () => open().map(({ spec: { name, upstream }, listen: [first] }) => ({ name, upstream: formatAddress(upstream), listen: first ? formatAddress(first.address) : '', enabled: true }))
  const make = async (): Promise<Metrics> => {
    const library = await import('../admin/metrics.ts')
    const metrics = new library.Metrics({ figures: async () => ({ operations: {}, ...await figures() }) }, views, { own: true, process: true, control: { told: control } })
    control.on((told) => { if (told.kind === 'event' && told.event.kind === 'rule.cleared') metrics.cleared(told.event) })
    return metrics
  }
  return async () => {
    made ??= make()
    return (await made).page()
  }
}
