/** What each figure means, in a sentence: printed beside it by the report, and kept in step with docs/timing.md by a test. */

import type { TimingStatus } from './timing.ts'

interface Definition { readonly label: string; readonly means: string }

/** In the order in which a report shows them. Keys are those of `Timing` where it has the figure. */
export const DEFINITIONS = {
  status: { label: 'Status', means: 'What became of the signal: not degraded, recovered during the fault, recovered, not recovered, metastable, insufficient data, or not exercised.' },
  baseline: { label: 'Baseline', means: 'The median of the buckets between warm-up and arming, and how they scatter (1.4826 times their median absolute deviation).' },
  width: { label: 'Bucket width W', means: 'The width that the signal was judged at, the configured one doubled until a bucket holds enough operations: every time is exact to plus or minus W.' },
  armed: { label: 'Armed', means: 'When the proxies acknowledged the fault.' },
  effect: { label: 'First effect', means: 'When the fault altered its first operation; without one it was not exercised, and the run is inconclusive.' },
  detect: { label: 'First reaction', means: 'The first time after the effect that an altered request came again or its client reconnected, where that is not usual; else that the application reconnected, retried or held back more than it ever did in the baseline.' },
  onset: { label: 'Onset', means: 'When the first bad episode began: the first of two bad buckets in a row, at or after the first effect.' },
  lateOnset: { label: 'Late onset', means: 'The signal became bad only after the fault had been cleared.' },
  clear: { label: 'Cleared', means: 'When the proxies acknowledged that the fault was removed; it does not wait for the application.' },
  drained: { label: 'Drained', means: 'When the last altered operation had finished or its connection had closed.' },
  firstOk: { label: 'First success', means: 'When the first unaltered operation succeeded after the fault was cleared.' },
  recovered: { label: 'Recovered', means: 'When the last bad episode of the observation ended, so that a relapse after a first good stretch counts.' },
  recovery: { label: 'Recovery time', means: 'From the clearing of the fault to the recovery, 0 if the signal was back before; operations begun in the fault may still time out after it.' },
  observed: { label: 'Observed', means: 'How long the signal was watched after the fault was cleared; a signal that has not recovered by then took longer than this.' },
  sinceFault: { label: 'Outage', means: 'From the first effect of the fault to the recovery.' },
  degraded: { label: 'Degraded time', means: 'The number of bad buckets from the first effect on, times W.' },
  depth: { label: 'Depth', means: 'The worst bad bucket\'s shortfall: 1 less the share of the baseline\'s service that was left (good operations by offered ones; for latency also the baseline\'s by the bucket\'s).' },
  area: { label: 'Area', means: 'The shortfalls of all bad buckets times W: the full outage, in seconds, that would have cost as much.' },
  lost: { label: 'Lost operations', means: 'What the baseline would have answered well in the bad buckets, less what was; what is answered in a later bucket is not given back.' },
  flaps: { label: 'Flaps', means: 'Bad episodes after the first.' },
  blips: { label: 'Blips', means: 'Single bad buckets with good ones on either side: neither an onset nor a relapse.' },
  episodes: { label: 'Bad episodes', means: 'Stretches that begin with two bad buckets in a row and end where the hold begins: a stretch without two bad buckets in a row, at most a fifth of it unknown.' },
  retries: { label: 'Retry amplification', means: 'Attempts seen at the target for each operation that the load meant, as a multiple of the baseline\'s; without a load, attempts at each altered operation by those at one that nothing was done to.' },
  storm: { label: 'Reconnect storm', means: 'The most connection attempts in any one second after the first effect, as a multiple of the most in any one second of the baseline (less than one counts as one).' },
  refill: { label: 'Refill', means: 'From the clearing of the fault until the number of connections is back in its band and stays there.' },
} as const satisfies Readonly<Record<string, Definition>>

export type DefinedFigure = keyof typeof DEFINITIONS

/** What each status says. */
export const STATUSES = {
  not_degraded: 'The fault took effect and the signal had no bad episode.',
  recovered_during_fault: 'The signal was back at least one bucket before the fault was cleared; its recovery time is 0.',
  recovered: 'The signal was back after the fault was cleared, and stayed so for the hold.',
  not_recovered: 'The signal was not back, or not for the hold, when the observation ended: the recovery time is "more than was observed", never a number.',
  metastable: 'Not recovered although the fault was gone and the offered load was back in its band for the whole last hold, most of which was bad: something else keeps the system down.',
  insufficient_data: 'The baseline had too few operations or too few buckets to judge by, or nothing was seen after the fault took effect.',
  not_exercised: 'The fault altered no operation, so the signal says nothing about it.',
} as const satisfies Readonly<Record<TimingStatus, string>>
