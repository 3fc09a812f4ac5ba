/** What a command does that others can see, and whether it has been done. */

import type { Command } from './commands.ts'
import type { RedisConversation } from './conversation.ts'
import type { RedisMessage } from './message.ts'
import { errorOf, isNil } from './reply.ts'
import { commandOf } from './words.ts'

const SCRIPTS: ReadonlySet<string> = new Set(['EVAL', 'EVALSHA', 'FCALL'])
const ELSE: ReadonlySet<string> = new Set([...SCRIPTS, 'PUBLISH', 'SPUBLISH'])

const QUEUED = Buffer.from('+QUEUED\r\n')

/** It may write, which nobody can tell beforehand. */
export const runsScript = ({ name }: Command): boolean => SCRIPTS.has(name)

/** Whether a request, once executed, has changed something or told somebody: a write, a script, an EXEC. What is only queued has not. */
export function takesEffect(request: RedisMessage, { transaction }: RedisConversation): boolean {
  const command = commandOf(request)
  return transaction ? command.answer === 'exec' : command.does === 'write' || ELSE.has(command.name)
}

/** Whether an answer says that its command was executed: it is no error, the command was not only queued, and no transaction was given up. */
export const wasExecuted = (answer: RedisMessage): boolean =>
  errorOf(answer) === undefined && !QUEUED.equals(answer.raw) && !(answer.command?.answer === 'exec' && isNil(answer))

/** For the journal: the truth about a command whose connection closes. What else was sent and is not answered may have been executed or not. */
export const truthOf = (executed: boolean, others: number): string => `executed: ${executed ? 'yes' : 'no'}${others > 0 ? `; of ${others} more sent it is not known` : ''}`
