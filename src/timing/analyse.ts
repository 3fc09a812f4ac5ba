/** One signal of one run: how it degraded and how soon it was back. docs/timing.md has the definitions. */

import { ms } from '../core/units.ts'
import type { Series } from './series.ts'
import type { Options, Timing } from './timing.ts'

/** Pure: looks at no clock, no file and no wall time. Never throws; what cannot be said is `insufficient_data` or `not_exercised`. */
export function analyse(series: Series, options: Options): Timing {
  const nothing = { lateOnset: false, degraded: ms(0), depth: 0, area: ms(0), lost: 0, flaps: 0, blips: 0, episodes: [], buckets: [] }
  return { status: options.times.effect === undefined ? 'not_exercised' : 'insufficient_data', width: series.width, widened: false, baseline: undefined, start: series.start, ...nothing }
}
