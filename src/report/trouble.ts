/** What makes the figures of a run doubtful, or went wrong in it. */

import { formatDuration, ms } from '../core/units.ts'
import type { RunRecord } from './fold.ts'
import { observedUntil } from './spans.ts'
import { plain } from './words.ts'

/** Plain text, made harmless for a terminal but not for HTML. */
export interface Trouble {
  readonly text: string
  /** Further lines, such as the last output of an app. */
  readonly more: readonly string[]
  /** Something failed; else: what was measured is not to be trusted. */
  readonly grave: boolean
}

const LINES_MAX = 12

export function troublesOf(record: RunRecord): readonly Trouble[] {
  const { loads, heals, suspects, problems, apps } = record
  // An app that ended is told of once: as a problem, where there is one that quotes it.
  const exits = apps.filter(({ event, detail }) => event === 'exited' && !problems.some(({ text }) => detail !== undefined && text.includes(detail)))
  return [
    ...problems.map(({ code, text }) => trouble(`${code}: ${text}`, code !== 'OBSERVE_FAILED')),
    ...exits.map(({ app, detail }) => trouble(`${app ? `the app ${app}` : 'the app'} ended${detail ? `: ${detail}` : ' unasked'}`, true)),
    ...heals.filter(({ ok }) => !ok).map(({ target, before, after }) => trouble(`${target} does not answer as before: ${before} became ${after}`, true)),
    ...loads.filter(({ valid }) => !valid).map(({ name, why }) => trouble(`the load ${name} is not to be trusted: ${why ?? 'it could not keep to its plan'}`, false)),
    ...suspects.filter(({ at, stallMs }) => at - stallMs < observedUntil(record)).map(({ stallMs }) => trouble(`brownout did not run for ${formatDuration(ms(stallMs))}: what was measured then is not to be trusted`, false)),
  ]
}

function trouble(text: string, grave: boolean): Trouble {
  const [first = '', ...more] = text.split(/\r?\n/).map((line) => plain(line).trimEnd()).filter((line) => line.trim() !== '')
  return { text: first, more: more.map((line) => line.trim()).slice(0, LINES_MAX), grave }
}
