/** Ends a connection in its peers' place: a close frame to each, or none. */

import type { Random } from '../../core/random.ts'
import type { Shape } from '../../core/params.ts'
import type { Direction } from '../codec.ts'
import { closeFrame, maskKey } from './build.ts'
import type { WebSocketConversation } from './conversation.ts'

/** What a peer reports where there was no code in the close, and where there was no close. (RFC 6455, 7.1.5) */
const [NO_CODE, CUT] = [1005, 1006] as const

/** Codes that a peer may report of a close: those that may be sent, and the two that stand for an absence. */
export const CLOSE_CODE: Shape = {
  pattern: /^(100[0-35-9]|101[0-4]|[34]\d{3})$/,
  says: 'a code that a peer can report of a close: 1000 to 1003, 1005 (none was given), 1006 (there was no close), 1007 to 1014, 3000 to 4999',
}
/** As long as fits into a close frame, however its characters are encoded: 123 bytes. */
export const REASON: Shape = { pattern: /^[^\r\n]{0,41}$|^[ -~]{0,123}$/, says: 'one line of at most 123 characters, of 41 where they are not all ASCII' }

export interface Goodbyes { readonly words: { readonly [D in Direction]?: Buffer }; readonly whole: boolean }

/**
 * The close frame of each side, masked where it goes to the server; nothing at all for 1006. Within a frame that is on its way nothing
 * can be said: that side has none then, and `whole` is false. `behind`: the direction of the message in hand, which is over.
 */
export function goodbyes({ toServer, toClient }: WebSocketConversation, code: number, reason: string, random: Random, behind?: Direction): Goodbyes {
  if (code === CUT) return { words: {}, whole: true }
  const said = code === NO_CODE ? undefined : code
  const [server, client] = [behind === 'to-server' || toServer.between, behind === 'to-client' || toClient.between]
  const words = {
    ...(server ? { 'to-server': closeFrame(said, reason, maskKey(random)) } : {}),
    ...(client ? { 'to-client': closeFrame(said, reason) } : {}),
  }
  return { words, whole: server && client }
}
