/** What the server has still to answer, oldest first. */

import type { Answered } from '../codec.ts'
import type { Fifo } from '../fifo.ts'
import type { MessageType } from './message.ts'
import type { Statement } from './statement.ts'

/** What a message from the server is paired with. */
export interface Paired extends Answered { readonly statement: Statement | null }

/** One message of the client's that is answered. It is itself what its answers are paired with, but for the last: a row costs no object. */
export interface Expected extends Paired { readonly type: MessageType; readonly last: false }

/** Takes out what lies behind the head up to the first `until`, that one included; only those of `types` go. True where `until` was there. */
export function takeOut(queue: Fifo<Expected>, types: ReadonlySet<MessageType>, until: MessageType): boolean {
  const { head } = queue
  let found = false
  queue.retain((entry) => {
    if (found || entry === head) return true
    found = entry.type === until
    return !found && !types.has(entry.type)
  })
  return found
}
