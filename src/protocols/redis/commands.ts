/** The commands of Redis: where their keys stand, what they do to data, and how they are answered. (COMMAND DOCS, Redis 8) */

/** `first` to `last` in steps; -1 is the last argument. The command's own words count from 0. Or a rule of its own, see keys.ts. */
export type KeySpec =
  | { readonly at: 'none' }
  | { readonly at: 'range'; readonly first: number; readonly last: number; readonly step: number }
  /** A count of keys at `count`, the keys behind it; `also`: a key that stands alone. */
  | { readonly at: 'counted'; readonly count: number; readonly also?: number }
  | { readonly at: 'streams' | 'store' | 'migrate' }

/** How a command is answered where that is not one reply, or what its reply changes. */
export type Answer = 'one' | 'subscribe' | 'unsubscribe' | 'monitor' | 'multi' | 'exec' | 'discard' | 'hello' | 'reset' | 'select' | 'setname' | 'replies' | 'replication' | 'watch' | 'unwatch' | 'tracking' | 'maintenance'

export interface Command {
  /** In capitals; of a container's subcommand two words: `CONFIG GET`. */
  readonly name: string
  /** As the server counts it: scripts and SELECT do neither. */
  readonly does: 'read' | 'write' | 'neither'
  /** It is refused when memory is short. */
  readonly denyoom: boolean
  /** It may wait for data: its silence is no fault. XREAD and XREADGROUP only with BLOCK. */
  readonly blocking: boolean
  readonly keys: KeySpec
  readonly answer: Answer
}

const range = (first: number, last = first, step = 1): KeySpec => ({ at: 'range', first, last, step })
const counted = (count: number, also?: number): KeySpec => (also === undefined ? { at: 'counted', count } : { at: 'counted', count, also })
const NONE: KeySpec = { at: 'none' }
const ONE = range(1)
const TWO = range(1, 2)
const ALL = range(1, -1)

interface Group { readonly names: string; readonly keys: KeySpec; readonly does?: Command['does']; readonly denyoom?: true; readonly blocking?: true }

/** Read off `COMMAND`; a subcommand is written with a dot. Shard channels are no keys, though they are routed as if they were. */
const GROUPS: readonly Group[] = [
  { keys: ONE, does: 'read', names: 'BITCOUNT BITFIELD_RO BITPOS DUMP EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GET GETBIT GETRANGE HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN HTTL HVALS LINDEX LLEN LPOS LRANGE PEXPIRETIME PTTL SCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN STRLEN SUBSTR TTL TYPE VCARD VDIM VEMB VGETATTR VINFO VLINKS VRANDMEMBER VSIM XLEN XPENDING XRANGE XREVRANGE ZCARD ZCOUNT ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE' },
  { keys: ALL, does: 'read', names: 'EXISTS MGET PFCOUNT SDIFF SINTER SUNION TOUCH' },
  { keys: TWO, does: 'read', names: 'LCS' },
  { keys: range(2), does: 'read', names: 'MEMORY.USAGE OBJECT.ENCODING OBJECT.FREQ OBJECT.IDLETIME OBJECT.REFCOUNT XINFO.CONSUMERS XINFO.GROUPS XINFO.STREAM' },
  { keys: counted(2), does: 'read', names: 'EVALSHA_RO EVAL_RO FCALL_RO' },
  { keys: counted(1), does: 'read', names: 'SINTERCARD ZDIFF ZINTER ZINTERCARD ZUNION' },
  { keys: { at: 'streams' }, does: 'read', names: 'XREAD' },
  { keys: NONE, does: 'read', names: 'DBSIZE KEYS LOLWUT RANDOMKEY SCAN' },
  { keys: ONE, does: 'write', names: 'EXPIRE EXPIREAT GETDEL GETEX HDEL HEXPIRE HEXPIREAT HGETDEL HGETEX HPERSIST HPEXPIRE HPEXPIREAT LPOP LREM LTRIM MOVE PERSIST PEXPIRE PEXPIREAT RPOP SPOP SREM VREM XACK XACKDEL XAUTOCLAIM XCLAIM XDEL XDELEX XTRIM ZPOPMAX ZPOPMIN ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE' },
  { keys: ALL, does: 'write', names: 'DEL UNLINK' },
  { keys: TWO, does: 'write', names: 'RENAME RENAMENX SMOVE' },
  { keys: range(2), does: 'write', names: 'XGROUP.DELCONSUMER XGROUP.DESTROY XGROUP.SETID' },
  { keys: counted(1), does: 'write', names: 'LMPOP ZMPOP' },
  { keys: { at: 'migrate' }, does: 'write', names: 'MIGRATE' },
  { keys: NONE, does: 'write', names: 'FLUSHALL FLUSHDB FUNCTION.DELETE FUNCTION.FLUSH SWAPDB' },
  { keys: range(1, -2), does: 'write', blocking: true, names: 'BLPOP BRPOP BZPOPMAX BZPOPMIN' },
  { keys: counted(2), does: 'write', blocking: true, names: 'BLMPOP BZMPOP' },
  { keys: { at: 'streams' }, does: 'write', names: 'XREADGROUP' },
  { keys: ONE, does: 'write', denyoom: true, names: 'APPEND BITFIELD DECR DECRBY GEOADD GETSET HINCRBY HINCRBYFLOAT HMSET HSET HSETEX HSETNX INCR INCRBY INCRBYFLOAT LINSERT LPUSH LPUSHX LSET PFADD PSETEX RESTORE RESTORE-ASKING RPUSH RPUSHX SADD SET SETBIT SETEX SETNX SETRANGE VADD VSETATTR XADD XSETID ZADD ZINCRBY' },
  { keys: ALL, does: 'write', denyoom: true, names: 'PFMERGE SDIFFSTORE SINTERSTORE SUNIONSTORE' },
  { keys: range(1, -1, 2), does: 'write', denyoom: true, names: 'MSET MSETNX' },
  { keys: TWO, does: 'write', denyoom: true, names: 'COPY GEOSEARCHSTORE LMOVE RPOPLPUSH ZRANGESTORE' },
  { keys: TWO, does: 'write', denyoom: true, blocking: true, names: 'BLMOVE BRPOPLPUSH' },
  { keys: range(2, -1), does: 'write', denyoom: true, names: 'BITOP' },
  { keys: range(2), does: 'write', denyoom: true, names: 'PFDEBUG XGROUP.CREATE XGROUP.CREATECONSUMER' },
  { keys: counted(2, 1), does: 'write', denyoom: true, names: 'ZDIFFSTORE ZINTERSTORE ZUNIONSTORE' },
  { keys: { at: 'store' }, does: 'write', denyoom: true, names: 'GEORADIUS GEORADIUSBYMEMBER SORT' },
  { keys: NONE, does: 'write', denyoom: true, names: 'FUNCTION.LOAD FUNCTION.RESTORE' },
  { keys: counted(2), names: 'EVAL EVALSHA FCALL' },
  { keys: ALL, names: 'WATCH' },
  { keys: NONE, blocking: true, names: 'WAIT WAITAOF' },
  { keys: NONE, names: 'ASKING AUTH BGREWRITEAOF BGSAVE CLIENT.MAINT_NOTIFICATIONS CLIENT.REPLY CLIENT.SETNAME CLIENT.TRACKING DEBUG DISCARD ECHO EXEC FAILOVER HELLO INFO LASTSAVE MONITOR MULTI PFSELFTEST PING PSUBSCRIBE PSYNC PUBLISH PUNSUBSCRIBE QUIT READONLY READWRITE REPLCONF REPLICAOF RESET ROLE SAVE SELECT SHUTDOWN SLAVEOF SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC TIME UNSUBSCRIBE UNWATCH' },
]

/** Their second word is part of the name. */
const CONTAINERS = new Set('ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG XGROUP XINFO'.split(' '))

const ANSWERS: Readonly<Record<string, Answer>> = {
  SUBSCRIBE: 'subscribe', PSUBSCRIBE: 'subscribe', SSUBSCRIBE: 'subscribe', UNSUBSCRIBE: 'unsubscribe', PUNSUBSCRIBE: 'unsubscribe', SUNSUBSCRIBE: 'unsubscribe',
  MONITOR: 'monitor', MULTI: 'multi', EXEC: 'exec', DISCARD: 'discard', HELLO: 'hello', RESET: 'reset', SELECT: 'select',
  'CLIENT SETNAME': 'setname', 'CLIENT REPLY': 'replies', 'CLIENT TRACKING': 'tracking', 'CLIENT MAINT_NOTIFICATIONS': 'maintenance',
  WATCH: 'watch', UNWATCH: 'unwatch', SYNC: 'replication', PSYNC: 'replication',
}

const plain = (name: string, keys: KeySpec = NONE): Command => ({ name, does: 'neither', denyoom: false, blocking: false, keys, answer: ANSWERS[name] ?? 'one' })

/** Every command that is known, by its name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ...[...CONTAINERS].map((name) => [name, plain(name)] as const),
  ...GROUPS.flatMap(({ names, keys, does, denyoom, blocking }) => names.split(' ').map((written) => {
    const name = written.replace('.', ' ')
    return [name, { ...plain(name, keys), does: does ?? 'neither', denyoom: denyoom ?? false, blocking: blocking ?? false }] as const
  })),
])

/** Of a key that has no fixed place. */
export const SOMEWHERE = -1

/** Which word its first key is; 0: there is none. */
export const firstKeyAt = ({ keys }: Command): number => (keys.at === 'none' ? 0 : keys.at === 'range' ? keys.first : keys.at === 'store' ? 1 : SOMEWHERE)

const BUCKETS = 1024
const NAME_MAX = 64
/** A command that is looked up by the bytes of its first word. `plain`: it is answered at once with one reply, which changes nothing, and its first key has a fixed place. */
export interface Known { readonly command: Command; readonly container: boolean; readonly plain: boolean; readonly keyAt: number; readonly letters: Buffer }
const known: readonly Known[][] = Array.from({ length: BUCKETS }, () => [])
for (const [name, command] of COMMANDS) {
  const letters = Buffer.from(name)
  const container = CONTAINERS.has(name)
  const keyAt = firstKeyAt(command)
  const plain = !container && command.answer === 'one' && !command.blocking && keyAt !== SOMEWHERE
  known[bucketOf(letters, 0, letters.length)]?.push({ command, container, plain, keyAt, letters })
}

/** The command whose name lies in `words` from `start` to `end`; of a container the second word is asked for. Makes nothing for a known command. */
export function commandNamed(words: Buffer, start: number, end: number, second: () => Buffer | undefined): Command {
  const found = knownAt(words, start, end)
  if (found && !found.container) return found.command
  if (!found) return plain(capitals(words.subarray(start, Math.min(end, start + NAME_MAX))))
  const subcommand = second()
  if (!subcommand) return found.command
  const name = `${found.command.name} ${capitals(subcommand.subarray(0, NAME_MAX))}`
  // Anything but a word may be what somebody typed in the wrong place.
  return COMMANDS.get(name) ?? (/^[A-Z_-]{1,32}$/.test(name.slice(found.command.name.length + 1)) ? plain(name) : found.command)
}

/** ASCII only: `ı` is no `I` to a server. */
const capitals = (word: Buffer): string => word.toString('latin1').replace(/[a-z]+/g, (letters) => letters.toUpperCase())

/** The command, or the container, whose name lies there in any spelling. Makes nothing. */
export function knownAt(words: Buffer, start: number, end: number): Known | undefined {
  for (const one of known[bucketOf(words, start, end)] ?? []) if (same(one.letters, words, start, end)) return one
  return undefined
}

function bucketOf(words: Buffer, start: number, end: number): number {
  let hash = end - start
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + ((words[at] ?? 0) & 0xdf)) | 0
  return hash & (BUCKETS - 1)
}

function same(letters: Buffer, words: Buffer, start: number, end: number): boolean {
  if (letters.length !== end - start) return false
  for (let at = 0; at < letters.length; at++) {
    const byte = words[start + at] ?? 0
    if (letters[at] !== (byte >= 97 && byte <= 122 ? byte - 32 : byte)) return false
  }
  return true
}
