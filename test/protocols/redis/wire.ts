/** Redis on the wire, as a test writes it. */

import type { Direction } from '../../../src/protocols/codec.ts'
import { RedisDecoder } from '../../../src/protocols/redis/decoder.ts'
import type { RedisMessage } from '../../../src/protocols/redis/message.ts'
import type { Codec } from '../cuts.ts'

/** A request as clients send it. */
export function command(...words: readonly (string | Buffer)[]): Buffer {
  const parts = words.flatMap((word) => [Buffer.from(`$${Buffer.byteLength(word)}\r\n`), Buffer.from(word), Buffer.from('\r\n')])
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts])
}

export const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
export const array = (...elements: readonly string[]): string => `*${elements.length}\r\n${elements.join('')}`
export const push = (...elements: readonly string[]): string => `>${elements.length}\r\n${elements.join('')}`

export const codecOf = (direction: Direction): Codec<RedisMessage> => ({
  make: () => new RedisDecoder(direction),
  label: ({ type }) => type,
  isOpaque: ({ type }) => type === 'Opaque',
})

/** The first message of `raw`, which is complete. */
export function one(direction: Direction, raw: Buffer | string): RedisMessage {
  const [message] = new RedisDecoder(direction).feed(Buffer.from(raw))
  if (!message) throw new Error('no message')
  return message
}
