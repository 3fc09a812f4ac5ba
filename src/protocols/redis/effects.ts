/** What a command does that others can see, and whether it has been done. */

import type { Command } from './commands.ts'
import type { RedisConversation } from './conversation.ts'
import type { RedisMessage } from './message.ts'
import { errorOf, isNil } from './reply.ts'
import { commandOf } from './words.ts'

const SCRIPTS: ReadonlySet<string> = new Set(['EVAL', 'EVALSHA', 'FCALL'])
const ELSE: ReadonlySet<string> = new Set([...SCRIPTS, 'PUBLISH', 'SPUBLISH'])

/** It may write, which nobody can tell beforehand. */
export const runsScript = ({ name }: Command): boolean => SCRIPTS.has(name)

/** Whether a request, once executed, has changed something or told somebody: a write, a script, an EXEC. What is only queued has not. */
export function takesEffect(request: RedisMessage, { transaction }: RedisConversation): boolean {
  const command = commandOf(request)
  return transaction ? command.answer === 'exec' : command.does === 'write' || ELSE.has(command.name)
}

/** Whether the answer to such a request says that it was executed: no error, and no transaction that was given up. */
export const wasExecuted = (answer: RedisMessage): boolean =>
  errorOf(answer) === undefined && !(answer.command?.answer === 'exec' && isNil(answer))
