/** What a fault asks first of what it is shown. */

import type { AnyConversation, Spoken, SpokenWebSocket } from '../spoken.ts'
import type { WebSocketConversation } from './conversation.ts'
import { isControl } from './frame.ts'

/** A message of an application's, or a frame of one: no ping, no pong, no close. */
export const isData = (unit: Spoken): unit is SpokenWebSocket => unit.protocol === 'websocket' && !isControl(unit.message.type)

/** What the connection has become, where it is a WebSocket that can be read and that nobody closes already. */
export function liveIn(conversation: AnyConversation | undefined): WebSocketConversation | undefined {
  const websocket = conversation?.protocol === 'http' ? conversation.websocket : undefined
  return websocket && websocket.opaque === undefined && !websocket.toServer.closed && !websocket.toClient.closed ? websocket : undefined
}

/** For a fault that acts on WebSockets and on no connection that is not one yet. */
export const attends = (conversation: AnyConversation | undefined): boolean => liveIn(conversation) !== undefined
