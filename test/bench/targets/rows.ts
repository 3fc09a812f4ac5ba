/** What a run's document says of the figures that were asked for. */

import { capacityWords, edgeWords } from '../../../src/report/sweep-words.ts'
import type { SweepResult } from '../../../src/sweep/result.ts'
import type { Target } from './list.ts'

/** told: there is no target, it says how far it goes. */
export interface Row { readonly figure: string; readonly target: string; readonly measured: string; readonly verdict: 'met' | 'missed' | 'told'; readonly where?: string }

interface Judged { readonly why?: string; readonly expectations?: readonly { readonly text: string; readonly outcome: string; readonly measured: string; readonly limit: string }[] }

/** Of `run` and `load`: a row for each expectation, under the name that the list has for it. */
export function judged({ expectations = [], why = '' }: Judged, { file, figures = {} }: Target): readonly Row[] {
  if (expectations.length === 0) return [{ figure: file, target: '', measured: why, verdict: 'missed' }]
  return expectations.map(({ text, outcome, measured, limit }) => ({
    figure: Object.entries(figures).find(([part]) => text.includes(part))?.[1] ?? text, target: `${/at_most|within|below/.test(text) ? '≤' : /equals/.test(text) ? '=' : '≥'} ${limit}`,
    measured: outcome === 'INCONCLUSIVE' ? `${measured} (inconclusive: ${why})` : measured, verdict: outcome === 'PASS' ? 'met' : 'missed',
  }))
}

/** Of `sweep`: how far it holds, what broke, and which resource ends first. */
export function swept({ swept, why }: SweepResult, { asks }: Target): readonly Row[] {
  const [one] = swept
  if (!one?.edge) return [{ figure: asks, target: 'breaking point', measured: why, verdict: 'missed' }]
  return [{ figure: asks, target: 'breaking point', measured: [edgeWords(one), ...capacityWords(one)].join('. '), verdict: 'told' }]
}
