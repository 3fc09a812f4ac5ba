/** The messages of the Redis protocol, RESP2 and RESP3, and the names of their types. (Redis serialization protocol specification) */

import type { Direction, Framed } from '../codec.ts'
import type { Command } from './commands.ts'

export { begins, ends } from '../codec.ts'

/** By the byte that a reply begins with. `Null` is RESP3's own; RESP2 says null with a bulk string or an array of length -1. */
const REPLIES = {
  '+': 'SimpleString', '-': 'SimpleError', ':': 'Integer', $: 'BulkString', '*': 'Array', _: 'Null', '#': 'Boolean', ',': 'Double',
  '(': 'BigNumber', '!': 'BulkError', '=': 'VerbatimString', '%': 'Map', '~': 'Set', '>': 'Push',
} as const

export type ReplyType = (typeof REPLIES)[keyof typeof REPLIES]
/** `Nothing`: an empty line or array, which no server answers. */
export type RequestType = 'Command' | 'InlineCommand' | 'Nothing'
/** `Opaque`: what comes after a decoder gave up, or was left of a stream that ended inside a message. */
export type RedisType = RequestType | ReplyType | 'Opaque'

export interface RedisMessage extends Framed {
  readonly type: RedisType
  readonly direction: Direction
  /** Where in `raw` the value begins: attributes may stand before it. */
  readonly valueAt: number
  /** Of a request: filled in when it is first asked for. Of a reply: the command that it answers, once the conversation has paired it. */
  command: Command | undefined
}

/** Indexed by type byte. */
export const REPLY_TYPES: readonly (ReplyType | undefined)[] = Array.from({ length: 256 }, (_, byte) =>
  Object.entries(REPLIES).find(([letter]) => letter.charCodeAt(0) === byte)?.[1])
