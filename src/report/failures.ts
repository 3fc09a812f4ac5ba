/** Why operations of the loads failed, as the generator was told. */

import type { RunRecord } from './fold.ts'
import { countWords, plain } from './words.ts'

export interface LoadFailures { readonly load: string; readonly words: string }

/** One entry for each load that had any, the most frequent reasons first; text made harmless for a terminal but not for HTML. */
export function failuresOf({ loads }: Pick<RunRecord, 'loads'>): readonly LoadFailures[] {
  return loads.flatMap(({ name, errors, closes }) => {
    const [failed, closed] = [listed(errors), listed(closes)]
    const words = [...(failed ? [failed] : []), ...(closed ? [`connections closed: ${closed}`] : [])].join('; ')
    return words ? [{ load: plain(name), words }] : []
  })
}

/** A journal may be damaged: what is no count is left out. */
const listed = (counts: Readonly<Record<string, number>> | undefined): string =>
  Object.entries(counts ?? {}).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a).map(([reason, count]) => `${plain(reason)} × ${countWords(count)}`).join(', ')
