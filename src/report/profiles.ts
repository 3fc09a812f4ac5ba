/** What applications spent their processor time on, before and under a fault, in words. */

import { formatDuration, ms } from '../core/units.ts'
import type { ProfiledFunction, ProfileRecord } from '../record/profiles.ts'
import { brief, plain, shareWords } from './words.ts'

/** Rows that a terminal and a summary show. */
export const FUNCTIONS_SHORT = 6
/** A name longer than this says no more. */
const NAME_MAX = 60

export const PROFILE_HEAD = ['function', 'where', 'before', 'under it', 'change'] as const

export const nameOf = ({ name }: ProfiledFunction): string => brief(name, NAME_MAX)
/** Points of a core, with their sign. */
export const changeWords = ({ baseline, fault }: Pick<ProfiledFunction, 'baseline' | 'fault'>): string => {
  const change = Number(((fault - baseline) * 100).toFixed(1))
  return change > 0 ? `+${change}%` : change < 0 ? `-${Math.abs(change)}%` : '0%'
}
export const functionCells = (one: ProfiledFunction): readonly string[] => [nameOf(one), plain(one.at), shareWords(one.baseline), shareWords(one.fault), changeWords(one)]

const duringWords = ({ during }: ProfileRecord): string => (during === 'fault' ? 'under the fault' : `in ${plain(during)}`)

/** `shop: busy 12% of a core before, 61% under the fault. Most grown: retry (retry.js:12), +44%`. */
export function profileHeadline(profile: ProfileRecord): string {
  const { app, baseline, fault, grown } = profile
  // Native code and the collector are told, but say little of where to look.
  const first = grown.find(({ at }) => at !== '') ?? grown[0]
  const most = first ? `Most grown: ${nameOf(first)}${first.at ? ` (${plain(first.at)})` : ''}, ${changeWords(first)}` : 'No function of its own grew by as much as half a percent'
  return `${plain(app)}: busy ${shareWords(baseline)} of a core before, ${shareWords(fault)} ${duringWords(profile)}. ${most}`
}

/** What the figures rest on. */
export function profileNote({ processes, intervalMs, baselineMs, faultMs }: ProfileRecord): string {
  const files = processes.flatMap((one) => one.files)
  return `${processes.length === 1 ? 'One process' : `${processes.length} processes`}, looked at every ${formatDuration(ms(intervalMs))}, for ${formatDuration(ms(Math.round(baselineMs)))} before and ${formatDuration(ms(Math.round(faultMs)))} under it. Shares are of one core, a function's own time without what it called; waiting is left out${files.length > 0 ? `. In the run's folder, for any viewer of profiles: ${files.map((file) => plain(String(file))).join(', ')}` : ''}`
}
