/** The keys that a request names, by the table of commands. */

import type { KeySpec } from './commands.ts'
import type { RedisMessage } from './message.ts'
import { commandOf, countOf, upper, wordsOf } from './words.ts'

/** The keys, as text, in the order in which they stand; of a large request those that lie in its head. A stray byte that is no UTF-8 becomes U+FFFD. */
export function keysOf(request: RedisMessage): string[] {
  const { keys } = commandOf(request)
  if (keys.at === 'none') return []
  const single = keys.at === 'range' && keys.first === keys.last
  const words = wordsOf(request.raw, single ? keys.first + 1 : undefined)
  return places(keys, words, countOf(request.raw)).map((at) => words[at]).filter((word) => word !== undefined).map((word) => word.toString())
}

/** Which of `count` words are keys. None where the request makes no sense. */
function places(keys: KeySpec, words: readonly Buffer[], count: number): number[] {
  switch (keys.at) {
    case 'none': return []
    case 'range': return every(keys.first, Math.min(words.length - 1, keys.last < 0 ? count + keys.last : keys.last), keys.step)
    case 'counted': {
      const stated = Number(upper(words[keys.count]))
      const most = Math.min(words.length - 1, Number.isInteger(stated) ? keys.count + stated : 0)
      return [...(keys.also === undefined ? [] : [keys.also]), ...every(keys.count + 1, most, 1)]
    }
    case 'streams': {
      const streams = indexOf(words, 'STREAMS', 1)
      return streams < 0 ? [] : every(streams + 1, Math.min(words.length - 1, streams + Math.floor((count - streams - 1) / 2)), 1)
    }
    case 'store': {
      const store = words.findLastIndex((word, at) => at > 1 && /^STORE(DIST)?$/.test(upper(word)))
      return store < 0 ? [1] : [1, store + 1]
    }
    case 'migrate': return (words[3]?.length ?? 0) > 0 ? [3] : every((indexOf(words, 'KEYS', 6) + 1) || words.length, words.length - 1, 1)
  }
}

const indexOf = (words: readonly Buffer[], wanted: string, from: number): number => words.findIndex((word, at) => at >= from && upper(word) === wanted)

function every(first: number, last: number, step: number): number[] {
  const places: number[] = []
  for (let at = first; at <= last; at += step) places.push(at)
  return places
}
