/** Reading what a server said, and saying what one would: replies that a client cannot tell from real ones. */

import type { RedisMessage } from './message.ts'
import type { Resp } from './state.ts'
import { commandOf, countOf, numberAt, upper, wordsOf } from './words.ts'

const CR = 13
const byteOf = (character: string): number => character.charCodeAt(0)
const [BULK, MINUS, VERBATIM, BULK_ERROR, COLON, DOUBLE, NULL] = [byteOf('$'), byteOf('-'), byteOf('='), byteOf('!'), byteOf(':'), byteOf(','), byteOf('_')]
/** An error's code is a word of capitals; any other text is reported as `ERR`, for it may quote the request. */
const CODE = /^[A-Z][A-Z0-9_]{1,31}$/

/** `WRONGTYPE`, `MOVED`: the first word of an error; undefined of any other reply. */
export function errorOf({ raw, type, valueAt, part }: RedisMessage): string | undefined {
  if ((type !== 'SimpleError' && type !== 'BulkError') || part === 'middle' || part === 'last') return undefined
  const start = type === 'SimpleError' ? valueAt + 1 : endOfLine(raw, valueAt)
  const [code = ''] = raw.toString('latin1', start, start + 64).split(/[ \r\n]/, 1)
  return CODE.test(code) ? code : 'ERR'
}

/** A null of either version: `$-1`, `*-1`, `_`. */
export const isNil = ({ raw, type, valueAt, part }: RedisMessage): boolean =>
  part === 'whole' && (type === 'Null' || ((type === 'BulkString' || type === 'Array') && raw[valueAt + 1] === MINUS))

/** Of an aggregate: the bytes of its first elements, while these are no aggregates themselves; at most `most`, and only what is here in full. A null is undefined. */
export function elementsOf({ raw, valueAt }: RedisMessage, most: number): (Buffer | undefined)[] {
  const elements: (Buffer | undefined)[] = []
  const count = Math.min(most, numberAt(raw, valueAt + 1))
  let at = endOfLine(raw, valueAt)
  while (elements.length < count && at < raw.length) {
    const kind = raw[at]
    const end = endOfLine(raw, at)
    if (kind === BULK || kind === VERBATIM || kind === BULK_ERROR) {
      const nil = raw[at + 1] === MINUS
      const bodyEnd = nil ? end : end + numberAt(raw, at + 1)
      if (bodyEnd > raw.length) break
      elements.push(nil ? undefined : raw.subarray(end, bodyEnd))
      at = nil ? end : bodyEnd + 2
    } else if (kind === COLON || kind === DOUBLE || kind === NULL) {
      elements.push(kind === NULL ? undefined : raw.subarray(at + 1, end - 2))
      at = end
    } else break
  }
  return elements
}

/** Of an aggregate that is here in full and holds no other: how many of its elements are null. Makes nothing. */
export function nilsOf({ raw, valueAt }: RedisMessage): number {
  let nils = 0
  for (let at = endOfLine(raw, valueAt); at < raw.length;) {
    const kind = raw[at]
    const nil = kind === NULL || (kind === BULK && raw[at + 1] === MINUS)
    if (nil) nils++
    at = endOfLine(raw, at) + (!nil && (kind === BULK || kind === VERBATIM) ? numberAt(raw, at + 1) + 2 : 0)
  }
  return nils
}

/** What a string says; undefined of a null, and of anything else. */
export function textOf({ raw, type, valueAt, part }: RedisMessage): string | undefined {
  if (part !== 'whole' || type !== 'BulkString' || raw[valueAt + 1] === MINUS) return undefined
  return raw.toString('latin1', endOfLine(raw, valueAt), raw.length - 2)
}

export function endOfLine(raw: Buffer, at: number): number {
  let end = at
  while (end < raw.length && raw[end] !== CR) end++
  return Math.min(end + 2, raw.length)
}

export const OK: Buffer = Buffer.from('+OK\r\n')

export const integer = (value: number | bigint): Buffer => Buffer.from(`:${value}\r\n`)
const END = Buffer.from('\r\n')
export const bulk = (word: string | Buffer): Buffer => Buffer.concat([Buffer.from(`$${Buffer.byteLength(word)}\r\n`), Buffer.from(word), END])
/** An aggregate of values that are complete themselves. */
export const aggregate = (type: '*' | '>', values: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from(`${type}${values.length}\r\n`), ...values])

/** A command as a client sends it. */
export const request = (...words: readonly (string | Buffer)[]): Buffer => aggregate('*', words.map(bulk))

/** `-CODE text`. A line break would begin another reply: it becomes a space. */
export const errorReply = (code: string, text: string): Buffer => Buffer.from(`-${`${code} ${text}`.replace(/[\r\n]+/g, ' ').trimEnd()}\r\n`)

/** Where a key is missing: what each command says of it. `[2, 3]` differ by version. */
type Miss = string | readonly [resp2: string, resp3: string] | ((words: number, resp: Resp, request: RedisMessage) => string)

const NIL = ['$-1\r\n', '_\r\n'] as const
const NIL_ARRAY = ['*-1\r\n', '_\r\n'] as const
const EMPTY_SET = ['*0\r\n', '~0\r\n'] as const
const EMPTY = '*0\r\n'
const ZERO = ':0\r\n'
const nil = (resp: Resp): string => NIL[resp - 2] ?? NIL[0]
const shape = ([two, three]: readonly [string, string], resp: Resp): string => (resp === 3 ? three : two)
const each = (one: (resp: Resp) => string, from: number) => (words: number, resp: Resp): string => `*${Math.max(0, words - from)}\r\n${one(resp).repeat(Math.max(0, words - from))}`
/** One shape where an optional argument is absent, another where a count was given. */
const counted = (plain: readonly [string, string], many: string | readonly [string, string]) => (words: number, resp: Resp): string =>
  (words <= 2 ? shape(plain, resp) : typeof many === 'string' ? many : shape(many, resp))
const has = (word: string, without: string | readonly [string, string], having: string | readonly [string, string]): Miss => (_, resp, request) => {
  const found = wordsOf(request.raw).slice(2).some((one) => upper(one) === word) ? having : without
  return typeof found === 'string' ? found : shape(found, resp)
}

const all = (names: string, miss: Miss): [string, Miss][] => names.split(' ').map((name) => [name, miss])
const MISSES: ReadonlyMap<string, Miss> = new Map([
  ...all('GET GETDEL GETEX GETSET HGET LINDEX RPOPLPUSH LMOVE ZSCORE DUMP GEODIST ZREVRANK ZRANK RANDOMKEY', NIL),
  ...all('BLPOP BRPOP BZPOPMIN BZPOPMAX BLMPOP BZMPOP LMPOP ZMPOP XREAD XREADGROUP EXEC BLMOVE BRPOPLPUSH', NIL_ARRAY),
  ...all('LRANGE HKEYS HVALS XRANGE XREVRANGE KEYS ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX ZINTER ZUNION ZDIFF GEOSEARCH GEORADIUS_RO GEORADIUSBYMEMBER_RO SORT_RO ZPOPMIN ZPOPMAX', EMPTY),
  ...all('SMEMBERS SINTER SUNION SDIFF', EMPTY_SET),
  ['HGETALL', ['*0\r\n', '%0\r\n']],
  ...all('STRLEN LLEN HLEN SCARD ZCARD XLEN EXISTS HEXISTS SISMEMBER GETBIT BITCOUNT HSTRLEN ZCOUNT ZLEXCOUNT TOUCH PFCOUNT SINTERCARD ZINTERCARD', ZERO),
  ...all('TTL PTTL EXPIRETIME PEXPIRETIME', ':-2\r\n'),
  ...all('GETRANGE SUBSTR', '$0\r\n\r\n'),
  ['TYPE', '+none\r\n'],
  ...all('SSCAN HSCAN ZSCAN SCAN', '*2\r\n$1\r\n0\r\n*0\r\n'),
  ['MGET', each(nil, 1)],
  ...all('HMGET ZMSCORE GEOHASH', each(nil, 2)),
  ['GEOPOS', each((resp) => shape(NIL_ARRAY, resp), 2)],
  ['SMISMEMBER', each(() => ZERO, 2)],
  ...all('LPOP RPOP', counted(NIL, NIL_ARRAY)),
  ...all('SPOP', counted(NIL, EMPTY_SET)),
  ...all('SRANDMEMBER HRANDFIELD ZRANDMEMBER', counted(NIL, EMPTY)),
  ['LPOS', has('COUNT', NIL, EMPTY)],
])

/** That there is no such value. */
export const nilReply = (resp: Resp): Buffer => Buffer.from(nil(resp))
/** The same where an array would be. */
export const nilArrayReply = (resp: Resp): Buffer => Buffer.from(shape(NIL_ARRAY, resp))

/** What a server says to `request` when there is no such key, in the version of RESP that it speaks; undefined where that is not known. */
export function missReply(request: RedisMessage, resp: Resp): Buffer | undefined {
  const miss = MISSES.get(commandOf(request).name)
  if (miss === undefined) return undefined
  return Buffer.from(typeof miss === 'string' ? miss : typeof miss === 'function' ? miss(countOf(request.raw), resp, request) : shape(miss, resp))
}
