/** By what names the operations of a Redis target are kept: the command, and the pattern of its first key. */

import { COMMANDS, type Command } from '../../protocols/redis/commands.ts'
import { keysOf } from '../../protocols/redis/keys.ts'
import type { RedisMessage } from '../../protocols/redis/message.ts'
import { commandOf, findWord } from '../../protocols/redis/words.ts'
import type { Entry } from './entry.ts'
import { patternOf, PATTERN_ROOM } from './pattern.ts'
import type { Register } from './register.ts'

/** What the answer says of a cache: nil or not; each element nil or not; empty or not. */
export type Reads = 'one' | 'each' | 'all' | undefined
const READS: Readonly<Record<string, Exclude<Reads, undefined>>> = { GET: 'one', GETDEL: 'one', GETEX: 'one', HGET: 'one', LINDEX: 'one', ZSCORE: 'one', MGET: 'each', HMGET: 'each', HGETALL: 'all', SMEMBERS: 'all' }

/** Commands told apart; the rest is `other`. */
const COMMANDS_MAX = 64
/** Slots of the table of patterns: a power of two, and more than there may be names. */
const SLOTS = 512

export interface CommandNames {
  readonly name: string
  readonly number: number
  readonly reads: Reads
  /** Which word the first key is; 0: there is none, -1: it must be looked for. */
  readonly keyAt: number
  plain: Entry | undefined
  rest: Entry | undefined
}
interface Pattern { readonly command: number; readonly bytes: Buffer; readonly entry: Entry }

export class RedisNames {
  readonly #register: Register
  readonly #commands = new Map<string, CommandNames>()
  readonly #patterns: (Pattern | undefined)[] = Array.from({ length: SLOTS }, () => undefined)
  readonly #scratch = Buffer.alloc(PATTERN_ROOM)
  readonly #key = { start: 0, end: 0 }
  readonly #unknown: CommandNames = { name: 'unknown command', number: 0, reads: undefined, keyAt: 0, plain: undefined, rest: undefined }

  constructor(register: Register) { this.#register = register }

  command(message: RedisMessage): CommandNames {
    const command = commandOf(message)
    return this.#commands.get(command.name) ?? this.#made(command)
  }

  entry(message: RedisMessage, names: CommandNames): Entry {
    const { keyAt } = names
    if (keyAt > 0 && findWord(message.raw, keyAt, this.#key)) return this.#patterned(names, message.raw, this.#key.start, this.#key.end)
    const [key] = keyAt === 0 ? [] : keysOf(message)
    if (key !== undefined) return this.#patterned(names, Buffer.from(key), 0, Buffer.byteLength(key))
    names.plain ??= this.#register.entry(names.name, () => ({ command: names.name }))
    return names.plain
  }

  /** A name that no table knows is a command of a module, which has a dot, or what somebody typed in the wrong place. */
  #made(command: Command): CommandNames {
    const { name, keys } = command
    const known = COMMANDS.has(name) || /^[A-Z]{1,16}\.[A-Z_.]{1,32}$/.test(name) || COMMANDS.has(name.split(' ', 1)[0] ?? '')
    if (!known || this.#commands.size >= COMMANDS_MAX) return this.#unknown
    const keyAt = keys.at === 'none' ? 0 : keys.at === 'range' ? keys.first : keys.at === 'store' ? 1 : -1
    const made: CommandNames = { name, number: this.#commands.size + 1, reads: READS[name], keyAt, plain: undefined, rest: undefined }
    this.#commands.set(name, made)
    return made
  }

  #patterned(names: CommandNames, raw: Buffer, start: number, end: number): Entry {
    const scratch = this.#scratch
    const length = patternOf(raw, start, end, scratch)
    let hash = names.number
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (scratch[at] ?? 0), 16_777_619)
    let slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
    for (let known = this.#patterns[slot]; known; known = this.#patterns[slot]) {
      if (known.command === names.number && same(known.bytes, scratch, length)) return known.entry
      slot = (slot + 1) & (SLOTS - 1)
    }
    const bytes = Buffer.from(scratch.subarray(0, length))
    const key = bytes.toString()
    const entry = this.#register.entry(`${names.name} ${key}`, () => ({ command: names.name, key }))
    if (entry === this.#register.other) return this.#rest(names)
    this.#patterns[slot] = { command: names.number, bytes, entry }
    return entry
  }

  /** For patterns past the bound: their command at least is told, as long as there is room for that. */
  #rest(names: CommandNames): Entry {
    names.rest ??= this.#register.spare(`${names.name} …`, { command: names.name, key: 'other' })
    return names.rest
  }
}

function same(bytes: Buffer, scratch: Buffer, length: number): boolean {
  if (bytes.length !== length) return false
  for (let at = 0; at < length; at++) if (bytes[at] !== scratch[at]) return false
  return true
}
