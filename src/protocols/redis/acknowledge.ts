/** What a server would say to a write, had it done it: for writes that are acknowledged and lost. What has to be known of the data a read tells. */

import type { RedisMessage } from './message.ts'
import { bulk, elementsOf, errorReply, integer, nilReply, OK, request, textOf } from './reply.ts'
import type { Resp } from './state.ts'
import { commandOf, numberAt, upper, wordsOf } from './words.ts'

/** `read`: asked in the place of the write; absent where nothing has to be known. `said`: what the write is answered, given the answer to that. */
export type Acknowledgement = { readonly read?: undefined; readonly raw: Buffer } | { readonly read: Buffer; said(answer: RedisMessage): Buffer }

type Words = readonly Buffer[]
type Make = (words: Words, resp: Resp) => Acknowledgement | undefined
type Said = (answer: RedisMessage, words: Words) => Buffer

const reads = (read: (words: Words) => readonly (string | Buffer)[], said: Said): Make => (words) => ({ read: request(...read(words)), said: (answer) => said(answer, words) })
const only = (fits: (words: Words) => boolean, make: Make): Make => (words, resp) => (fits(words) ? make(words, resp) : undefined)
const keyed = (name: string) => (words: Words): readonly (string | Buffer)[] => [name, words[1] ?? '']
const rest = (name: string) => ([, ...words]: Words): readonly (string | Buffer)[] => [name, ...words]
/** Every other of the words from `from` on. */
const everyOther = (words: Words, from: number): readonly Buffer[] => words.filter((_, at) => at >= from && (at - from) % 2 === 0)

const same: Said = ({ raw }) => raw
const countOf = ({ raw, valueAt }: RedisMessage): number => numberAt(raw, valueAt + 1)
const counts = (count: (stated: number, words: Words) => number): Said => (answer, words) => integer(count(countOf(answer), words))
/** How many of the members or fields that were asked about are such. */
const among = (is: (element: Buffer | undefined) => boolean): Said => (answer) => integer(elementsOf(answer, Number.POSITIVE_INFINITY).filter(is).length)
const missing = among((element) => element === undefined)
const present = among((element) => element !== undefined)
const said = (text: string) => among((element) => element?.toString('latin1') === text)

const added = (by: (words: Words) => string, refusal: string): Said => (answer, words) => {
  const [now, change] = [textOf(answer) ?? '0', by(words)]
  return /^-?\d{1,19}$/.test(now) && /^-?\d{1,19}$/.test(change) ? integer(BigInt(now) + BigInt(change)) : errorReply('ERR', refusal)
}
const floated = (at: number): Said => (answer, words) => {
  const sum = Number(textOf(answer) ?? '0') + Number(words[at]?.toString('latin1'))
  return Number.isFinite(sum) ? bulk(String(sum)) : errorReply('ERR', 'value is not a valid float')
}
const word = (at: number) => (words: Words): string => words[at]?.toString('latin1') ?? ''
const NOT_INTEGER = 'value is not an integer or out of range'

const set: Make = (words, resp) => {
  const options = words.slice(3).map(upper)
  if (options.includes('GET')) return reads(keyed('GET'), same)(words, resp)
  const wants = options.includes('XX') ? 1 : options.includes('NX') ? 0 : undefined
  return wants === undefined ? { raw: OK } : reads(keyed('EXISTS'), (answer) => (countOf(answer) === wants ? OK : nilReply(resp)))(words, resp)
}

/** The id of an entry is made of the server's time. */
const entryId: Said = (answer) => {
  const [seconds, micros] = elementsOf(answer, 2).map(Number)
  return bulk(`${(seconds ?? 0) * 1000 + Math.floor((micros ?? 0) / 1000)}-0`)
}

const all = (names: string, make: Make): [string, Make][] => names.split(' ').map((name) => [name, make])
const MAKES: ReadonlyMap<string, Make> = new Map([
  ...all('SETEX PSETEX MSET HMSET RESTORE FLUSHALL FLUSHDB LTRIM PFMERGE', () => ({ raw: OK })),
  ['SET', set],
  ...all('DEL UNLINK', reads(rest('EXISTS'), same)),
  ['SETNX', reads(keyed('EXISTS'), counts((there) => 1 - there))],
  ['MSETNX', reads((words) => ['EXISTS', ...everyOther(words, 1)], counts((there) => (there === 0 ? 1 : 0)))],
  ...all('EXPIRE PEXPIRE EXPIREAT PEXPIREAT', only(({ length }) => length === 3, reads(keyed('EXISTS'), same))),
  ...all('GETSET GETDEL GETEX', reads(keyed('GET'), same)),
  ['APPEND', reads(keyed('STRLEN'), counts((length, words) => length + (words[2]?.length ?? 0)))],
  ['SETBIT', reads(([, key = '', bit = '']) => ['GETBIT', key, bit], same)],
  ['INCR', reads(keyed('GET'), added(() => '1', NOT_INTEGER))],
  ['DECR', reads(keyed('GET'), added(() => '-1', NOT_INTEGER))],
  ['INCRBY', reads(keyed('GET'), added(word(2), NOT_INTEGER))],
  ['DECRBY', reads(keyed('GET'), added((words) => word(2)(words).replace(/^(-?)/, (minus) => (minus ? '' : '-')), NOT_INTEGER))],
  ['INCRBYFLOAT', reads(keyed('GET'), floated(2))],
  ['HINCRBY', reads(([, key = '', field = '']) => ['HGET', key, field], added(word(3), 'hash value is not an integer'))],
  ['HINCRBYFLOAT', reads(([, key = '', field = '']) => ['HGET', key, field], floated(3))],
  ...all('LPUSH RPUSH', reads(keyed('LLEN'), counts((length, words) => length + words.length - 2))),
  ...all('LPUSHX RPUSHX', reads(keyed('LLEN'), counts((length, words) => (length === 0 ? 0 : length + words.length - 2)))),
  ['LPOP', only(({ length }) => length === 2, reads(([, key = '']) => ['LINDEX', key, '0'], same))],
  ['RPOP', only(({ length }) => length === 2, reads(([, key = '']) => ['LINDEX', key, '-1'], same))],
  ['SPOP', only(({ length }) => length === 2, reads(keyed('SRANDMEMBER'), same))],
  ['SADD', reads(rest('SMISMEMBER'), said('0'))],
  ['SREM', reads(rest('SMISMEMBER'), said('1'))],
  ['HSET', reads((words) => ['HMGET', words[1] ?? '', ...everyOther(words, 2)], missing)],
  ['HSETNX', reads(([, key = '', field = '']) => ['HEXISTS', key, field], counts((there) => 1 - there))],
  ['HDEL', reads(rest('HMGET'), present)],
  ['ZADD', only((words) => !/^[A-Z]/.test(upper(words[2])), reads((words) => ['ZMSCORE', words[1] ?? '', ...everyOther(words, 3)], missing))],
  ['ZREM', reads(rest('ZMSCORE'), present)],
  ['XADD', only((words) => words.some((one) => one.toString('latin1') === '*'), reads(() => ['TIME'], entryId))],
])

/** Undefined where nobody could tell what the server would have said, and of requests too large to be here in full. */
export function acknowledgementOf(write: RedisMessage, resp: Resp): Acknowledgement | undefined {
  return write.part === 'whole' ? MAKES.get(commandOf(write).name)?.(wordsOf(write.raw), resp) : undefined
}
