/** What a fault asks first of what it is shown. */

import type { Direction } from '../codec.ts'
import { SWITCHING } from '../http/head.ts'
import type { AnyConversation, Spoken, SpokenHttp, SpokenWebSocket } from '../spoken.ts'
import type { WebSocketConversation } from './conversation.ts'
import { isControl, opensMessage } from './frame.ts'

/** A message of an application's, or a frame of one: no ping, no pong, no close. */
export const isData = (unit: Spoken): unit is SpokenWebSocket => unit.protocol === 'websocket' && !isControl(unit.message.type)

/** With it a message of an application's begins. */
export const opensData = (unit: Spoken): unit is SpokenWebSocket => isData(unit) && opensMessage(unit.message)

/** The request that asks for a WebSocket. */
export const asksForOne = (unit: Spoken): unit is SpokenHttp => unit.protocol === 'http' && unit.message.type === 'RequestHead' && unit.message.head?.upgrade === 'websocket'
/** The answer that makes one of the connection. */
export const makesOne = (unit: Spoken): unit is SpokenHttp => unit.protocol === 'http' && unit.message.type === 'ResponseHead' && unit.message.head?.status === SWITCHING && unit.message.head.upgrade === 'websocket'

/** What the connection has become, where it is a WebSocket that can be read and that nobody closes already. */
export function liveIn(conversation: AnyConversation | undefined): WebSocketConversation | undefined {
  const websocket = conversation?.protocol === 'http' ? conversation.websocket : undefined
  return websocket && websocket.opaque === undefined && !websocket.toServer.closed && !websocket.toClient.closed ? websocket : undefined
}

/** For a fault that acts on WebSockets and on no connection that is not one yet. */
export const attends = (conversation: AnyConversation | undefined): boolean => liveIn(conversation) !== undefined

/** It has become a WebSocket, though it may be closing. */
export const isWebSocket = (conversation: AnyConversation | undefined): boolean => conversation?.protocol === 'http' && conversation.websocket !== undefined

/** Whether a message can be said now in that direction, between two others: false while one is on its way, undefined once nothing can be said any more. */
export function canSay(conversation: AnyConversation | undefined, direction: Direction): boolean | undefined {
  const websocket = conversation?.protocol === 'http' ? conversation.websocket : undefined
  const decoder = direction === 'to-server' ? websocket?.toServer : websocket?.toClient
  return !decoder || decoder.closed || decoder.broken !== undefined ? undefined : decoder.between && !decoder.amid
}
