/** A message on its way through a session, with what it belongs to; and the conversations that can be read. */

import { begins, ends, type Conversation, type Direction, type ExchangeId, type Framed, type OperationId, type Protocol } from './codec.ts'
import type { HttpMessage } from './http/message.ts'
import type { Routes } from './http/routes.ts'
import { PostgresConversation } from './postgres/conversation.ts'
import { codeOf } from './postgres/fields.ts'
import type { PostgresMessage } from './postgres/message.ts'
import { RedisConversation } from './redis/conversation.ts'
import type { RedisMessage } from './redis/message.ts'
import { WebConversation } from './web.ts'
import { endsMessage, isFrame, opensMessage, type WebSocketFrame } from './websocket/frame.ts'

interface SpokenIn<P extends Protocol, M extends Framed, C> {
  readonly kind: 'message'
  readonly protocol: P
  readonly message: M
  readonly raw: Buffer
  readonly direction: Direction
  readonly conversation: C
  /** Null of a message that stands alone: one from the server that answers nothing, and every frame of a WebSocket, either way. */
  readonly exchange: ExchangeId | null
  readonly operation: OperationId | null
  /** The last of its exchange's answer. */
  readonly last: boolean
  /** Of a part that a fault sent on its own account (`exchange: 'own'`), or the answer to one: the client knows nothing of it. */
  readonly own: boolean
}

export type SpokenRedis = SpokenIn<'redis', RedisMessage, RedisConversation>
export type SpokenPostgres = SpokenIn<'postgres', PostgresMessage, PostgresConversation>
export type SpokenHttp = SpokenIn<'http', HttpMessage, WebConversation>
export type SpokenWebSocket = SpokenIn<'websocket', WebSocketFrame, WebConversation>
export type Spoken = SpokenRedis | SpokenPostgres | SpokenHttp | SpokenWebSocket
export type AnyConversation = Spoken['conversation']

/** A fresh conversation; undefined where nothing of the protocol is read. `routes` are of targets that speak HTTP. */
export function conversationIn(protocol: Protocol, routes?: Routes): AnyConversation | undefined {
  switch (protocol) {
    case 'redis': return new RedisConversation()
    case 'postgres': return new PostgresConversation()
    case 'http': case 'websocket': return new WebConversation(routes)
    case 'tcp': return undefined
  }
}

/** What of messages that stand alone belongs together, by direction: the parts of a push, the frames of a message. */
export const groupOf = ({ message }: Spoken): number => (isFrame(message) ? message.message : 0)
/** With it a message begins, of which others may be parts or fragments. */
export const opens = ({ message }: Spoken): boolean => (isFrame(message) ? opensMessage(message) : begins(message))
/** With it that message is over. */
export const closes = ({ message }: Spoken): boolean => (isFrame(message) ? endsMessage(message) : ends(message))

/** More of its message is to come: another part, or another fragment. */
export const goesOn = ({ message }: Spoken): boolean => (isFrame(message) ? !endsMessage(message) : message.part === 'first')

/** `raw` in the place of a message, as messages that belong to what it belongs to; empty where it is no whole number of them. */
export function reread(unit: Spoken, raw: Buffer, own: boolean): Spoken[] {
  // A part of a large one can be told from its neighbours only by standing where it stood.
  if (raw === unit.raw && !own) return [unit]
  const { conversation, message } = unit as { readonly conversation: Conversation<Framed>; readonly message: Framed }
  return conversation.reread(raw, message).map((one) => ({ ...unit, message: one, raw: one.raw, own }) as Spoken)
}

/** What a rule may match of it. */
export function facetsOf(unit: Spoken): object {
  const { conversation, message } = unit as { readonly conversation: Conversation<Framed>; readonly message: Framed }
  return conversation.facets(message)
}

/** What an answer of that protocol says of itself: the code of an error, undefined of any other answer; of HTTP the status, whatever it is. */
export function codeIn(protocol: Spoken['protocol'], raw: Buffer): string | undefined {
  switch (protocol) {
    case 'redis': return raw[0] === MINUS ? raw.toString('latin1', 1, 33).split(/[ \r]/, 1)[0] : undefined
    case 'postgres': return raw[0] === ERROR_RESPONSE ? codeOf({ raw }) : undefined
    case 'http': return /^HTTP\/1\.[01] (\d{3})/.exec(raw.toString('latin1', 0, 12))?.[1]
    case 'websocket': return undefined
  }
}
const MINUS = 45
const ERROR_RESPONSE = 69
