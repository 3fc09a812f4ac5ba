/** A message on its way through a session, with what it belongs to; and the conversations that can be read. */

import type { Conversation, Direction, ExchangeId, Framed, OperationId, Protocol } from './codec.ts'
import { PostgresConversation } from './postgres/conversation.ts'
import { codeOf } from './postgres/fields.ts'
import type { PostgresMessage } from './postgres/message.ts'
import { RedisConversation } from './redis/conversation.ts'
import type { RedisMessage } from './redis/message.ts'

interface SpokenIn<P extends Protocol, M extends Framed, C extends Conversation<M>> {
  readonly kind: 'message'
  readonly protocol: P
  readonly message: M
  readonly raw: Buffer
  readonly direction: Direction
  readonly conversation: C
  /** Null of a message from the server that answers nothing. */
  readonly exchange: ExchangeId | null
  readonly operation: OperationId | null
  /** The last of its exchange's answer. */
  readonly last: boolean
  /** Of a part that a fault sent on its own account (`exchange: 'own'`), or the answer to one: the client knows nothing of it. */
  readonly own: boolean
}

export type SpokenRedis = SpokenIn<'redis', RedisMessage, RedisConversation>
export type SpokenPostgres = SpokenIn<'postgres', PostgresMessage, PostgresConversation>
export type Spoken = SpokenRedis | SpokenPostgres
export type AnyConversation = Spoken['conversation']

/** A fresh conversation; undefined where nothing of the protocol is read. */
export function conversationIn(protocol: Protocol): AnyConversation | undefined {
  switch (protocol) {
    case 'redis': return new RedisConversation()
    case 'postgres': return new PostgresConversation()
    default: return undefined
  }
}

/** `raw` in the place of a message, as messages that belong to what it belongs to; empty where it is no whole number of them. */
export function reread(unit: Spoken, raw: Buffer, own: boolean): Spoken[] {
  const { conversation, message } = unit as { readonly conversation: Conversation<Framed>; readonly message: Framed }
  return conversation.reread(raw, message).map((one) => ({ ...unit, message: one, raw: one.raw, own }) as Spoken)
}

/** What a rule may match of it. */
export function facetsOf(unit: Spoken): object {
  const { conversation, message } = unit as { readonly conversation: Conversation<Framed>; readonly message: Framed }
  return conversation.facets(message)
}

/** The code of an error that begins with `raw`, an answer of that protocol; undefined of any other. */
export function errorIn(protocol: Spoken['protocol'], raw: Buffer): string | undefined {
  switch (protocol) {
    case 'redis': return raw[0] === MINUS ? raw.toString('latin1', 1, 33).split(/[ \r]/, 1)[0] : undefined
    case 'postgres': return raw[0] === ERROR_RESPONSE ? codeOf({ raw }) : undefined
  }
}
const MINUS = 45
const ERROR_RESPONSE = 69
