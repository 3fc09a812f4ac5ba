/** A server in trouble: which commands it refuses then, and in which words. (COMMAND INFO and the errors of Redis 7) */

import { createHash } from 'node:crypto'
import type { Command } from './commands.ts'
import { runsScript } from './effects.ts'
import type { RedisMessage } from './message.ts'
import { commandOf, wordsOf } from './words.ts'

export const TROUBLES = ['READONLY', 'LOADING', 'OOM', 'MASTERDOWN', 'NOREPLICAS', 'MISCONF', 'BUSY', 'UNKILLABLE', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'NOSCRIPT', 'CLUSTERDOWN', 'TRYAGAIN', 'CROSSSLOT', 'WRONGTYPE', 'ERR'] as const
export type Trouble = (typeof TROUBLES)[number]

const TEXTS: Readonly<Record<Trouble, string>> = {
  READONLY: "You can't write against a read only replica.",
  LOADING: 'Redis is loading the dataset in memory',
  OOM: "command not allowed when used memory > 'maxmemory'.",
  MASTERDOWN: "Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  NOREPLICAS: 'Not enough good replicas to write.',
  MISCONF: 'Redis is configured to save RDB snapshots, but it\'s currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.',
  BUSY: 'Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  UNKILLABLE: 'Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.',
  NOAUTH: 'Authentication required.',
  WRONGPASS: 'invalid username-password pair or user is disabled.',
  NOPERM: 'this user has no permissions to run the command',
  NOSCRIPT: 'No matching script. Please use EVAL.',
  CLUSTERDOWN: 'The cluster is down',
  TRYAGAIN: 'Multiple keys request during rehashing of slot',
  CROSSSLOT: 'Keys in request don\'t hash to the same slot',
  WRONGTYPE: 'Operation against a key holding the wrong kind of value',
  ERR: 'internal error',
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
/** What is answered in each trouble that hits nearly everything: of containers all of their commands, or one that is written with a dot. */
const ANSWERED = {
  LOADING: words('ACL AUTH CLIENT COMMAND CONFIG DEBUG DISCARD ECHO EXEC HELLO INFO LASTSAVE LATENCY MONITOR MULTI PSUBSCRIBE PUBLISH PUBSUB PUNSUBSCRIBE QUIT READONLY READWRITE REPLCONF RESET ROLE SELECT SHUTDOWN SLOWLOG SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE TIME UNSUBSCRIBE UNWATCH WATCH'),
  MASTERDOWN: words('ACL AUTH CLIENT CLUSTER COMMAND CONFIG DEBUG DISCARD EXEC FAILOVER HELLO INFO LATENCY MODULE MONITOR MULTI PSUBSCRIBE PUBLISH PUBSUB PUNSUBSCRIBE QUIT READONLY READWRITE REPLCONF REPLICAOF RESET ROLE SCRIPT.LOAD SELECT SHUTDOWN SLAVEOF SLOWLOG SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE TIME UNSUBSCRIBE UNWATCH WATCH'),
  BUSY: words('AUTH DISCARD FUNCTION.KILL FUNCTION.STATS HELLO MULTI QUIT REPLCONF RESET SCRIPT.KILL SHUTDOWN UNWATCH WATCH'),
  NOAUTH: words('AUTH HELLO QUIT RESET'),
  NOPERM: words('AUTH HELLO QUIT RESET'),
  ERR: words('AUTH HELLO QUIT RESET'),
} as const

/** Whether a server in that trouble refuses such a command. Of a script it cannot be told what it does: it is refused wherever a write is. */
export function refuses(trouble: Trouble, command: Command): boolean {
  switch (trouble) {
    case 'READONLY': case 'NOREPLICAS': case 'MISCONF': return command.does === 'write' || runsScript(command)
    case 'OOM': return command.denyoom || runsScript(command)
    case 'NOSCRIPT': return /^EVALSHA(_RO)?$/.test(command.name)
    case 'UNKILLABLE': return /^(SCRIPT|FUNCTION) KILL$/.test(command.name)
    case 'CLUSTERDOWN': case 'TRYAGAIN': case 'CROSSSLOT': case 'WRONGTYPE': return command.keys.at !== 'none'
    case 'WRONGPASS': return command.name === 'AUTH' || command.name === 'HELLO'
    default: return command.name !== '' && !ANSWERED[trouble].has(command.name.replace(' ', '.')) && !ANSWERED[trouble].has(command.name.split(' ', 1)[0] ?? '')
  }
}

/** The code, and what stands behind it. EXEC gives the trouble as its reason, a script its own name. */
export function wordingOf(trouble: Trouble, refused: RedisMessage, given = ''): readonly [code: string, text: string] {
  const { name, answer } = commandOf(refused)
  const text = given || (trouble === 'NOPERM' && name ? `this user has no permissions to run the '${name.toLowerCase().replace(' ', '|')}' command` : TEXTS[trouble])
  if (answer === 'exec') return ['EXECABORT', `Transaction discarded because of: ${trouble} ${text}`]
  const script = given === '' && refuses('READONLY', commandOf(refused)) && ['READONLY', 'OOM', 'NOREPLICAS', 'MISCONF'].includes(trouble) ? scriptOf(name, refused.raw) : undefined
  return [trouble, script === undefined ? text : `${text} script: ${script}, on @user_script:1.`]
}

/** What a server calls a script: its SHA-1. */
function scriptOf(name: string, raw: Buffer): string | undefined {
  const [, script] = name === 'EVAL' || name === 'EVALSHA' ? wordsOf(raw, 2) : []
  if (!script) return undefined
  return name === 'EVAL' ? createHash('sha1').update(script).digest('hex') : script.toString('latin1').toLowerCase()
}
