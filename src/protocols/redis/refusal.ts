/** How a command is kept from being executed without the server and the client coming to differ. */

import type { RedisConversation } from './conversation.ts'
import type { RedisMessage } from './message.ts'
import { errorOf, request } from './reply.ts'
import { commandOf } from './words.ts'

const DISCARD = request('DISCARD')
/** The server refuses it, and the EXEC behind it. */
const NO_ARGUMENTS = request('GET')

/**
 * What is sent in the place of a command that the client is told has failed; undefined where nothing is. Within a transaction the server
 * must not execute the others either, as it would not have: what stands in the place of a queued command is refused.
 */
export function insteadOf(refused: RedisMessage, { transaction }: RedisConversation): Buffer | undefined {
  const { answer } = commandOf(refused)
  if (!transaction || answer === 'discard') return undefined
  return answer === 'exec' ? DISCARD : NO_ARGUMENTS
}

/** Whether it is the answer to what was sent in the place of something. */
export const answersInstead = (answer: RedisMessage): boolean => errorOf(answer) !== undefined || answer.command?.answer === 'discard'
