/** What makes the figures of a run doubtful, or went wrong in it. */

import { formatDuration, ms } from '../core/units.ts'
import type { RunRecord } from './fold.ts'
import { plain } from './words.ts'

/** Grave: something failed. Else: what was measured is not to be trusted. */
export interface Trouble { readonly text: string; readonly grave: boolean }

/** Plain text, made harmless for a terminal but not for HTML. */
export const troublesOf = ({ loads, heals, suspects, problems, apps }: RunRecord): readonly Trouble[] => [
  ...problems.map(({ code, text }) => ({ text: plain(`${code}: ${text}`), grave: true })),
  ...apps.filter(({ event }) => event === 'exited').map(({ app, detail }) => ({ text: plain(`the app ${app} ended unasked${detail ? `: ${detail}` : ''}`), grave: true })),
  ...heals.filter(({ ok }) => !ok).map(({ target, before, after }) => ({ text: plain(`${target} does not answer as before: ${before} became ${after}`), grave: true })),
  ...loads.filter(({ valid }) => !valid).map(({ name, why }) => ({ text: plain(`the load ${name} is not to be trusted: ${why ?? 'it could not keep to its plan'}`), grave: false })),
  ...suspects.map(({ stallMs }) => ({ text: `brownout did not run for ${formatDuration(ms(stallMs))}: what was measured then is not to be trusted`, grave: false })),
]
