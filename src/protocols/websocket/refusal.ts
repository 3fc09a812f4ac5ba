/** Where a fault must keep its hands off. */

import type { WebSocketConversation } from './conversation.ts'
import { whyBound } from './extensions.ts'
import type { WebSocketFrame } from './frame.ts'

interface Sent { readonly message: WebSocketFrame; readonly conversation: { readonly websocket: WebSocketConversation | undefined } }

/** The verdict on a frame whose message may be neither edited, dropped, doubled nor moved: it passes, and the note says why. Undefined of one that may. */
export function refusal({ message, conversation }: Sent): { readonly kind: 'pass'; readonly note: string } | undefined {
  if (message.coding === 'none' || !conversation.websocket) return undefined
  const why = whyBound(conversation.websocket.extensions, message.direction)
  return why === undefined ? undefined : { kind: 'pass', note: why }
}
