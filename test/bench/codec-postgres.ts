/** What the Postgres codec costs: MB/s and messages/s of its decoder alone, and of all that is done behind a byte. */

import { serialize } from 'pg-protocol'
import { PostgresConversation } from '../../src/protocols/postgres/conversation.ts'
import { Handshake, PostgresDecoder } from '../../src/protocols/postgres/decoder.ts'
import { fingerprint } from '../../src/protocols/postgres/fingerprint.ts'
import { AUTHENTICATION_OK, READY, STARTUP, typed } from '../protocols/postgres/wire.ts'

const CHUNK = 65_536
const SECONDS = Number(process.argv[2] ?? 1)

const chunksOf = (stream: Buffer): Buffer[] => Array.from({ length: Math.ceil(stream.length / CHUNK) }, (_, n) => stream.subarray(n * CHUNK, (n + 1) * CHUNK))
const repeated = (parts: readonly Buffer[], times: number): Buffer => Buffer.concat(Array.from({ length: times }, () => Buffer.concat(parts)))

/** Runs `once` for SECONDS and prints what it got through. */
function measure(name: string, once: () => { readonly bytes: number; readonly messages: number }): void {
  once()
  let [bytes, messages, took] = [0, 0, 0]
  const started = performance.now()
  while (took < SECONDS * 1000) {
    const got = once()
    bytes += got.bytes
    messages += got.messages
    took = performance.now() - started
  }
  console.log(`${name.padEnd(44)} ${(bytes / took / 1000).toFixed(0).padStart(6)} MB/s ${(messages / took / 1000).toFixed(2).padStart(7)} M messages/s`)
}

function decoding(name: string, stream: Buffer): void {
  const chunks = chunksOf(stream)
  measure(`decode ${name}`, () => {
    const handshake = new Handshake()
    handshake.authenticated = true
    const decoder = new PostgresDecoder('to-client', handshake)
    return { bytes: stream.length, messages: chunks.reduce((sum, chunk) => sum + decoder.feed(chunk).length, 0) }
  })
}

const row = (bytes: number): Buffer => typed('D', Buffer.alloc(bytes))
decoding('tiny rows (12 B)', repeated([row(7)], 100_000))
decoding('rows of 1 KB', repeated([row(1000)], 2000))
decoding('rows of 1 MB', repeated([row(2 ** 20)], 8))

/** One exchange a pair of chunks, as a client that waits has them. */
function exchanging(name: string, request: Buffer, reply: Buffer, read: (conversation: PostgresConversation) => void = () => undefined): void {
  measure(name, () => {
    const conversation = new PostgresConversation()
    let messages = 0
    const ask = (chunk: Buffer): void => {
      for (const message of conversation.toServer.feed(chunk)) {
        conversation.sent(message, conversation.asked(message).exchange, null)
        messages++
      }
    }
    const answer = (chunk: Buffer): void => {
      for (const message of conversation.toClient.feed(chunk)) {
        conversation.received(message)
        messages++
      }
    }
    ask(STARTUP)
    answer(Buffer.concat([AUTHENTICATION_OK, READY()]))
    for (let n = 0; n < 5000; n++) {
      ask(request)
      read(conversation)
      answer(reply)
    }
    return { bytes: 5000 * (request.length + reply.length), messages }
  })
}

const SQL = 'SELECT abalance FROM pgbench_accounts WHERE aid = 4711'
const rows = Buffer.concat([typed('T', '\0\x01abalance\0\0\0\x40\0\0\x03\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0'), typed('D', '\0\x01\0\0\0\x010'), typed('C', 'SELECT 1\0'), READY()])
exchanging('exchange: simple query', serialize.query(SQL), rows)
const bound = Buffer.concat([serialize.bind({ statement: 'P0_1', values: ['4711'] }), serialize.describe({ type: 'P', name: '' }), serialize.execute(), serialize.sync()])
exchanging('exchange: prepared', bound, Buffer.concat([typed('2'), rows]))
const parsed = Buffer.concat([serialize.parse({ text: SQL }), bound])
exchanging('exchange: extended', parsed, Buffer.concat([typed('1'), typed('2'), rows]))

const sqls = Array.from({ length: 64 }, (_, n) => Buffer.from(`${SQL} AND bid IN (1, 2, ${n})`))
measure('fingerprint, known', () => ({ bytes: sqls.reduce((sum, sql) => sum + sql.length + fingerprint(sql).length * 0, 0), messages: sqls.length }))
let nth = 0
measure('fingerprint, new', () => {
  const sql = Buffer.from(`${SQL} AND bid IN (1, 2, ${nth++})`)
  fingerprint(sql)
  return { bytes: sql.length, messages: 1 }
})
