/** How many channels, patterns and shard channels a connection listens to, by what the server confirms. */

import { begins, type RedisMessage } from './message.ts'
import { elementsOf } from './reply.ts'

const CONFIRMED: Readonly<Record<string, 'channels' | 'patterns' | 'shards'>> = {
  subscribe: 'channels', unsubscribe: 'channels', psubscribe: 'patterns', punsubscribe: 'patterns', ssubscribe: 'shards', sunsubscribe: 'shards',
}
const DELIVERED = new Set(['message', 'pmessage', 'smessage'])
const WORD_MAX = 12

/** The first word of an array or a push, where it is one of pub/sub's. */
export function pubsubWord(message: RedisMessage): { readonly word: string; readonly delivers: boolean } | undefined {
  const [first] = elementsOf(message, 1)
  if (!first || first.length > WORD_MAX) return undefined
  const word = first.toString('latin1')
  const delivers = DELIVERED.has(word)
  return delivers || Object.hasOwn(CONFIRMED, word) ? { word, delivers } : undefined
}

/** It was published: a message, which answers nobody. */
export const isDelivery = (message: RedisMessage): boolean =>
  (message.type === 'Push' || message.type === 'Array') && begins(message) && pubsubWord(message)?.delivers === true

/** Where it was published; of a pattern's message, behind the pattern. */
export function channelOf(message: RedisMessage): Buffer | undefined {
  const [word, first, second] = elementsOf(message, 3)
  return word?.toString('latin1') === 'pmessage' ? second : first
}

export class Subscriptions {
  #counts = { channels: 0, patterns: 0, shards: 0 }

  get any(): boolean { return this.#counts.channels + this.#counts.patterns + this.#counts.shards > 0 }

  clear(): void { this.#counts = { channels: 0, patterns: 0, shards: 0 } }

  /** Takes in a confirmation, of which the third element counts channels and patterns together, or shard channels. Tells how many of its own kind are left. */
  confirm(word: string, message: RedisMessage): number {
    const kind = CONFIRMED[word] ?? 'channels'
    const counts = this.#counts
    const together = kind === 'shards' ? counts.shards : counts.channels + counts.patterns
    const stated = Number(elementsOf(message, 3)[2]?.toString('latin1'))
    // Of a name so long that the count is not in the head: as if it were a new one, or one less.
    const change = Number.isInteger(stated) ? stated - together : word.includes('un') ? -1 : 1
    counts[kind] = Math.max(0, counts[kind] + change)
    return counts[kind]
  }
}
