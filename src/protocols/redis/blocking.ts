/** How long a blocking command may wait, and the same command with another time. */

import { ms, type Ms } from '../../core/units.ts'
import type { RedisMessage } from './message.ts'
import { request } from './reply.ts'
import { commandOf, upper, wordsOf } from './words.ts'

const SECONDS = 1000
const MILLISECONDS = 1

/** Which of the words is the time, and how many milliseconds its unit has. */
function placeOf(name: string, words: readonly Buffer[]): { readonly at: number; readonly unit: number } {
  if (name === 'XREAD' || name === 'XREADGROUP') return { at: words.findIndex((word) => upper(word) === 'BLOCK') + 1, unit: MILLISECONDS }
  return { at: name === 'BLMPOP' || name === 'BZMPOP' ? 1 : words.length - 1, unit: SECONDS }
}

/** `blocking` with a time of `most`; undefined where it waits no longer anyway, and of WAIT, which waits for replicas. */
export function waitingAtMost(blocking: RedisMessage, most: Ms): Buffer | undefined {
  const { name } = commandOf(blocking)
  if (blocking.part !== 'whole' || name === 'WAIT' || name === 'WAITAOF') return undefined
  const words = wordsOf(blocking.raw)
  const { at, unit } = placeOf(name, words)
  const stated = ms(Number(words[at]?.toString('latin1')) * unit)
  // Zero is for ever; what is no number the server refuses.
  if (!(stated >= 0) || (stated > 0 && stated <= most)) return undefined
  return request(...words.map((word, n) => (n === at ? String(Math.max(1, Math.round(most)) / unit) : word)))
}
