import { choice, text } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS, type Verdict } from '../../src/fault.ts'
import type { Command } from '../../src/protocols/redis/commands.ts'
import { runsScript } from '../../src/protocols/redis/effects.ts'
import { errorOf, errorReply, request } from '../../src/protocols/redis/reply.ts'
import { commandOf } from '../../src/protocols/redis/words.ts'
import type { SpokenRedis } from '../../src/protocols/spoken.ts'

const ERRORS = ['READONLY', 'LOADING', 'OOM', 'MASTERDOWN', 'NOREPLICAS', 'MISCONF', 'BUSY', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'NOSCRIPT', 'CLUSTERDOWN', 'TRYAGAIN', 'CROSSSLOT', 'WRONGTYPE', 'ERR'] as const
type ErrorName = (typeof ERRORS)[number]

/** As Redis 7 words them. */
const TEXTS: Readonly<Record<ErrorName, string>> = {
  READONLY: "You can't write against a read only replica.",
  LOADING: 'Redis is loading the dataset in memory',
  OOM: "command not allowed when used memory > 'maxmemory'.",
  MASTERDOWN: "Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  NOREPLICAS: 'Not enough good replicas to write.',
  MISCONF: 'Redis is configured to save RDB snapshots, but it\'s currently unable to persist to disk. Commands that may modify the data set are disabled.',
  BUSY: 'Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  NOAUTH: 'Authentication required.',
  WRONGPASS: 'invalid username-password pair or user is disabled.',
  NOPERM: 'this user has no permissions to run this command',
  NOSCRIPT: 'No matching script. Please use EVAL.',
  CLUSTERDOWN: 'The cluster is down',
  TRYAGAIN: 'Multiple keys request during rehashing of slot',
  CROSSSLOT: 'Keys in request don\'t hash to the same slot',
  WRONGTYPE: 'Operation against a key holding the wrong kind of value',
  ERR: 'internal error',
}
/** A server that refuses everything else still answers these. */
const ALWAYS: ReadonlySet<string> = new Set(['AUTH', 'HELLO', 'QUIT', 'RESET', 'INFO', 'CLIENT SETNAME', 'CLIENT SETINFO', 'CLIENT ID', 'CLIENT INFO', 'SHUTDOWN', 'SCRIPT KILL', 'FUNCTION KILL'])
const touchesKeys = ({ keys }: Command): boolean => keys.at !== 'none'

/** Whether a server in that trouble refuses such a command. */
function refuses(error: ErrorName, command: Command): boolean {
  switch (error) {
    case 'READONLY': case 'NOREPLICAS': case 'MISCONF': return command.does === 'write' || runsScript(command)
    case 'OOM': return command.denyoom || runsScript(command)
    case 'NOSCRIPT': return /^EVALSHA(_RO)?$/.test(command.name)
    case 'CLUSTERDOWN': case 'TRYAGAIN': case 'CROSSSLOT': case 'WRONGTYPE': return touchesKeys(command)
    case 'WRONGPASS': return command.name === 'AUTH' || command.name === 'HELLO'
    default: return !ALWAYS.has(command.name)
  }
}

/**
 * Within a transaction the server must not execute what the client was told had failed. A command that would be queued is sent without
 * its arguments, which makes the server refuse the EXEC; EXEC itself is sent as DISCARD. What is answered then is rewritten.
 */
export const error = defineFault({
  name: 'redis.error',
  summary: 'Answer commands with an error, as a server in trouble does.',
  tests: 'Whether each error leads to what it calls for: a retry, another node, a reconnect, or an answer without the cache.',
  correct: 'Takes READONLY, LOADING, MASTERDOWN and CLUSTERDOWN for trouble with the server and not with the command, backs off, reconnects where that helps, and keeps the request alive without the cache.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    error: choice('Which error; it hits the commands that a server in that trouble refuses: READONLY writes, OOM what needs memory, NOSCRIPT calls by hash, LOADING all but greetings.', ERRORS, 'READONLY'),
    text: text('What stands behind the code, in place of what Redis says.', ''),
  },
  example: '{ step: read_only, at: 0s, fault: redis.error, on: cache, params: { error: READONLY }, for: 10s }',
  concerns: (message, { error }) => message.protocol === 'redis' && message.exchange !== null && !message.conversation.silent && refuses(error, commandOf(message.message)),
  decide: (unit, { error, text }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis') return PASS
    const raw = errorReply(error, text || TEXTS[error])
    return unit.direction === 'to-server' ? refuse(unit, raw) : rewrite(unit, raw)
  },
})

function refuse({ message, conversation }: SpokenRedis, raw: Buffer): Verdict {
  if (message.part === 'middle' || message.part === 'last') return PASS
  const { name } = commandOf(message)
  if (!conversation.transaction || name === 'DISCARD') return { kind: 'answer', raw }
  if (name === 'EXEC') return inPlace(request('DISCARD'))
  return inPlace(request('GET'))
}

/** Only what was sent in the place of something is answered by the server. */
function rewrite({ message }: SpokenRedis, raw: Buffer): Verdict {
  return errorOf(message) === undefined && message.command?.name !== 'DISCARD' ? PASS : inPlace(raw)
}
