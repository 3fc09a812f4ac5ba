/** By what names the operations of a Redis target are kept: the command, and the pattern of its first key. */

import { COMMANDS, firstKeyAt, type Command } from '../../protocols/redis/commands.ts'
import { keysOf } from '../../protocols/redis/keys.ts'
import type { RedisMessage } from '../../protocols/redis/message.ts'
import { findWord } from '../../protocols/redis/words.ts'
import type { Entry } from './entry.ts'
import { FNV_PRIME, identityOfText, isAll } from './identity.ts'
import { isMatchable, matchesPattern, newScratch, readPattern } from './pattern.ts'
import type { Register } from './register.ts'

/** What the answer says of a cache: nil or not; each element nil or not; empty or not. Flags of an operation. */
export const [READS_ONE, READS_EACH, READS_ALL] = [4, 8, 16]
export const READS_ANY = READS_ONE | READS_EACH | READS_ALL
const READS: Readonly<Record<string, number>> = {
  GET: READS_ONE, GETDEL: READS_ONE, GETEX: READS_ONE, HGET: READS_ONE, LINDEX: READS_ONE, ZSCORE: READS_ONE, MGET: READS_EACH, HMGET: READS_EACH, HGETALL: READS_ALL, SMEMBERS: READS_ALL,
}

/** Commands told apart; the rest is `other`. */
const COMMANDS_MAX = 64
/** Slots of the table of patterns: a power of two, and more than there may be names. */
const SLOTS = 512

export interface CommandNames {
  readonly name: string
  readonly number: number
  /** READS_…; 0: nothing. */
  readonly reads: number
  /** Which word the first key is; 0: there is none, -1: it must be looked for. */
  readonly keyAt: number
  plain: Entry | undefined
  rest: Entry | undefined
  /** That of the latest key, where keys can be held against it: most are like the one before. */
  latest: Pattern | undefined
}
interface Pattern { readonly command: number; readonly bytes: Buffer; readonly entry: Entry; readonly matchable: boolean }

export class RedisNames {
  readonly #register: Register
  readonly #commands = new Map<string, CommandNames>()
  readonly #patterns: (Pattern | undefined)[] = Array.from({ length: SLOTS }, () => undefined)
  readonly #scratch = newScratch()
  readonly #key = { start: 0, end: 0 }
  readonly #unknown: CommandNames = { name: 'unknown command', number: 0, reads: 0, keyAt: 0, plain: undefined, rest: undefined, latest: undefined }

  /** Most commands are like the one before. */
  #latest: { readonly command: Command | undefined; readonly names: CommandNames } = { command: undefined, names: this.#unknown }

  /** What the latest request can be known by again: its command and its first key. */
  identity = 0

  constructor(register: Register) { this.#register = register }

  of(command: Command): CommandNames {
    if (command !== this.#latest.command) this.#latest = { command, names: this.#commands.get(command.name) ?? this.#made(command) }
    return this.#latest.names
  }

  entry(message: RedisMessage, names: CommandNames): Entry {
    const { keyAt } = names
    if (keyAt > 0 && findWord(message.raw, keyAt, this.#key)) return this.keyed(names, message.raw, this.#key.start, this.#key.end)
    const [key] = keyAt === 0 ? [] : keysOf(message)
    return key === undefined ? this.keyless(names) : this.keyed(names, Buffer.from(key), 0, Buffer.byteLength(key))
  }

  /** Without a key. */
  keyless(names: CommandNames): Entry {
    this.identity = names.number
    names.plain ??= this.#register.add(names.name, { command: names.name })
    return names.plain
  }

  /** A name that no table knows is a command of a module, which has a dot, or what somebody typed in the wrong place. */
  #made(command: Command): CommandNames {
    const { name } = command
    const known = COMMANDS.has(name) || /^[A-Z]{1,16}\.[A-Z_.]{1,32}$/.test(name) || COMMANDS.has(name.split(' ', 1)[0] ?? '')
    if (!known || this.#commands.size >= COMMANDS_MAX) return this.#unknown
    const made: CommandNames = { name, number: identityOfText(name), reads: READS[name] ?? 0, keyAt: firstKeyAt(command), plain: undefined, rest: undefined, latest: undefined }
    this.#commands.set(name, made)
    return made
  }

  /** Of the first key, which lies in `raw` from `start` to `end`. */
  keyed(names: CommandNames, raw: Buffer, start: number, end: number): Entry {
    const { latest } = names
    if (latest && matchesPattern(latest.bytes, raw, start, end, this.#scratch)) {
      this.identity = Math.imul(this.#scratch.identity ^ names.number, FNV_PRIME) || 1
      return latest.entry
    }
    readPattern(raw, start, end, this.#scratch)
    const { bytes: scratch, length, identity } = this.#scratch
    this.identity = Math.imul(identity ^ names.number, FNV_PRIME) || 1
    let hash = names.number
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (scratch[at] ?? 0), FNV_PRIME)
    let slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
    for (let known = this.#patterns[slot]; known; known = this.#patterns[slot]) {
      if (known.command === names.number && isAll(known.bytes, scratch, length)) {
        if (known.matchable) names.latest = known
        return known.entry
      }
      slot = (slot + 1) & (SLOTS - 1)
    }
    return this.#add(names, slot)
  }

  /** The pattern at hand, in a free slot. */
  #add(names: CommandNames, slot: number): Entry {
    const bytes = Buffer.from(this.#scratch.bytes.subarray(0, this.#scratch.length))
    const key = bytes.toString()
    const entry = this.#register.add(`${names.name} ${key}`, { command: names.name, key })
    if (entry === this.#register.other) return this.#rest(names)
    this.#patterns[slot] = { command: names.number, bytes, entry, matchable: isMatchable(bytes) }
    return entry
  }

  /** For patterns past the bound: their command at least is told, as long as there is room for that. */
  #rest(names: CommandNames): Entry {
    names.rest ??= this.#register.spare(`${names.name} …`, { command: names.name, key: 'other' })
    return names.rest
  }
}
