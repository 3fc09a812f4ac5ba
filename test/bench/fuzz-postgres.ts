/** `node fuzz-postgres.js [COUNT] [SEED]`: damaged sessions through codec and conversation. Ends with 1 at the first law that is broken, and prints the seed and the bytes. */

import assert from 'node:assert/strict'
import { randomStream } from '../../src/core/random.ts'
import type { Direction } from '../../src/protocols/codec.ts'
import { PostgresConversation } from '../../src/protocols/postgres/conversation.ts'
import { fingerprint } from '../../src/protocols/postgres/fingerprint.ts'
import { decode, inPieces } from '../protocols/cuts.ts'
import { AUTHENTICATION_OK, codecOf, READY, SSL_REQUEST, STARTUP, typed } from '../protocols/postgres/wire.ts'
import { errorResponse } from '../../src/protocols/postgres/reply.ts'

const COUNT = Number(process.argv[2] ?? 10_000)
const SEED = Number(process.argv[3] ?? 1)

const SQL = ['select 1', "insert into t values (1, 'a''b')", 'copy t from stdin', '/* x */ update "T" set a = $1 where b in (1,2)', 'select $q$ $q$', 'commit', '']
const CLIENT = [
  STARTUP, SSL_REQUEST, typed('S'), typed('H'), typed('B', '\0s\0\0\0\0\0\0\0'), typed('B', 'p\0\0\0\0\0\0\0\0'), typed('E', '\0\0\0\0\0'), typed('E', 'p\0\0\0\0\0'), typed('D', 'Ss\0'), typed('C', 'Ss\0'),
  typed('d', 'x\n'), typed('c'), typed('f', 'no\0'), typed('p', 'secret\0'), typed('X'), ...SQL.flatMap((sql) => [typed('Q', `${sql}\0`), typed('P', `s\0${sql}\0\0\0`), typed('P', `\0${sql}\0\0\0`)]),
]
const SERVER = [
  AUTHENTICATION_OK, Buffer.from('N'), ...['I', 'T', 'E'].map(READY), ...['1', '2', '3', 'n', 's', 'I', 'c'].map((letter) => typed(letter)), typed('T', '\0\0'), typed('D', '\0\0'), typed('D', Buffer.alloc(70_000)),
  typed('C', 'SELECT 1\0'), typed('G', '\0\0\0'), typed('H', '\0\0\0'), typed('W', '\0\0\0'), typed('d', 'x'), typed('A', '\0\0\0\0a\0b\0'), typed('N', '\0'), typed('S', 'application_name\0x\0'),
  errorResponse({ severity: 'ERROR', code: '40001', message: 'no' }), errorResponse({ severity: 'FATAL', code: '57P01', message: 'no' }),
]

interface Round { readonly toServer: Buffer; readonly toClient: Buffer; readonly lengths: readonly number[] }

function round(n: number): Round {
  const random = randomStream(SEED, `fuzz ${n}`)
  const below = (limit: number): number => Math.floor(random() * limit)
  const stream = (first: Buffer, from: readonly Buffer[]): Buffer => {
    const bytes = Buffer.concat([first, ...Array.from({ length: below(30) }, () => from[below(from.length)] ?? first)])
    // Two of three are damaged: a bit turned, a byte put in, a piece cut out.
    for (let damage = below(3); damage > 0; damage--) bytes[below(bytes.length)] = below(256)
    const cut = random() < 0.2 ? below(bytes.length) : bytes.length
    return Buffer.concat([bytes.subarray(0, cut), bytes.subarray(Math.min(bytes.length, cut + below(20)))])
  }
  return { toServer: stream(STARTUP, CLIENT), toClient: stream(AUTHENTICATION_OK, SERVER), lengths: Array.from({ length: 5 }, () => 1 + below(random() < 0.5 ? 20 : 80_000)) }
}

/** Both directions in turn, and every facet of everything. */
function converse({ toServer, toClient, lengths }: Round): void {
  const conversation = new PostgresConversation()
  const out: Record<Direction, Buffer[]> = { 'to-server': [], 'to-client': [] }
  const [asking, answering] = [inPieces(toServer, lengths), inPieces(toClient, lengths)]
  for (let n = 0; n < Math.max(asking.length, answering.length); n++) {
    for (const message of conversation.toServer.feed(asking[n] ?? Buffer.alloc(0))) {
      out['to-server'].push(message.raw)
      const { exchange } = conversation.asked(message)
      // Now and then a fault has dropped it.
      if (message.raw.length % 11 !== 10) conversation.sent(message, exchange, null)
      look(conversation, message)
    }
    for (const message of conversation.toClient.feed(answering[n] ?? Buffer.alloc(0))) {
      out['to-client'].push(message.raw)
      conversation.received(message)
      look(conversation, message)
    }
  }
  assert.deepEqual(Buffer.concat([...out['to-server'], conversation.toServer.rest]), toServer)
  assert.deepEqual(Buffer.concat([...out['to-client'], conversation.toClient.rest]), toClient)
}

function look(conversation: PostgresConversation, message: Parameters<PostgresConversation['facets']>[0]): void {
  const { sql, tag, table, phase, code, fingerprint: print } = conversation.facets(message)
  assert.ok(phase.length > 0 && [sql, tag, table, code, print].every((value) => value === undefined || typeof value === 'string'))
}

let at = 0
try {
  for (; at < COUNT; at++) {
    const made = round(at)
    for (const direction of ['to-server', 'to-client'] as const) {
      const input = direction === 'to-server' ? made.toServer : made.toClient
      assert.deepEqual(decode(codecOf(direction), inPieces(input, made.lengths)), decode(codecOf(direction), [input]))
      assert.ok(fingerprint(input).length <= 1001)
    }
    converse(made)
  }
  console.log(`${COUNT} rounds of seed ${SEED}: no law broken`)
} catch (error) {
  const { toServer, toClient, lengths } = round(at)
  console.error(`round ${at} of seed ${SEED}, cut at ${lengths.join(' ')}\nto-server ${toServer.toString('hex')}\nto-client ${toClient.toString('hex')}`)
  console.error(error)
  process.exitCode = 1
}
