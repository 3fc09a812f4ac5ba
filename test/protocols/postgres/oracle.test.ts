/** Against pg-protocol: what it makes we cut, and what it reads we read. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parse, serialize } from 'pg-protocol'
import { Readable } from 'node:stream'
import { codeOf, commandOf, errorFields, nameOfObject, nameOfParse, parameterOf, portalOfBind, portalOfExecute, sqlOfParse, sqlOfQuery, startupParameters, statementOfBind, statusOfReadyForQuery, tagOfCommandComplete } from '../../../src/protocols/postgres/fields.ts'
import { PostgresDecoder } from '../../../src/protocols/postgres/decoder.ts'
import type { PostgresMessage } from '../../../src/protocols/postgres/message.ts'
import { errorResponse } from '../../../src/protocols/postgres/reply.ts'
import { decode, inPieces } from '../cuts.ts'
import { AUTHENTICATION_OK, codecOf, READY, typed } from './wire.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((value) => value.replaceAll('\0', ''))
const name = fc.string({ maxLength: 12 }).map((value) => value.replaceAll(/[^ -~]/g, ''))
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })

interface Made { readonly bytes: Buffer; readonly says: string }

/** A client's message, and what we are to read from it. */
const fromClient: fc.Arbitrary<Made> = fc.oneof(
  text.map((sql) => ({ bytes: serialize.query(sql), says: `Query ${sql}` })),
  fc.tuple(name, text).map(([statement, sql]) => ({ bytes: serialize.parse({ name: statement, text: sql, types: [23, 25] }), says: `Parse ${statement} ${sql}` })),
  fc.tuple(name, name, fc.array(fc.oneof(text, fc.constant(null)), { maxLength: 4 })).map(([portal, statement, values]) => ({ bytes: serialize.bind({ portal, statement, values }), says: `Bind ${portal} ${statement}` })),
  name.map((portal) => ({ bytes: serialize.execute({ portal, rows: 7 }), says: `Execute ${portal}` })),
  fc.tuple(fc.constantFrom('S' as const, 'P' as const), name).map(([type, of]) => ({ bytes: serialize.describe({ type, name: of }), says: `Describe ${of}` })),
  fc.tuple(fc.constantFrom('S' as const, 'P' as const), name).map(([type, of]) => ({ bytes: serialize.close({ type, name: of }), says: `Close ${of}` })),
  fc.constant({ bytes: serialize.sync(), says: 'Sync' }),
  fc.constant({ bytes: serialize.flush(), says: 'Flush' }),
  fc.constant({ bytes: serialize.copyDone(), says: 'CopyDone' }),
  text.map((reason) => ({ bytes: serialize.copyFail(reason), says: 'CopyFail' })),
  fc.uint8Array({ maxLength: 50 }).map((data) => ({ bytes: serialize.copyData(Buffer.from(data)), says: 'CopyData' })),
  text.map((password) => ({ bytes: serialize.password(password), says: 'PasswordMessage' })),
)

/** Names are bytes, one a character; the oracle wrote them as ASCII. */
function said(message: PostgresMessage): string {
  switch (message.type) {
    case 'Query': return `Query ${sqlOfQuery(message).toString()}`
    case 'Parse': return `Parse ${nameOfParse(message)} ${sqlOfParse(message).toString()}`
    case 'Bind': return `Bind ${portalOfBind(message)} ${statementOfBind(message)}`
    case 'Execute': return `Execute ${portalOfExecute(message)}`
    case 'Describe': case 'Close': return `${message.type} ${nameOfObject(message)}`
    default: return message.type
  }
}

/** A server's message, hand made: the oracle reads it too. */
const fromServer: fc.Arbitrary<Buffer> = fc.oneof(
  fc.constantFrom('1', '2', '3', 'n', 'I', 's', 'c').map((letter) => typed(letter)),
  fc.constantFrom('I', 'T', 'E').map((status) => READY(status)),
  fc.tuple(fc.constantFrom('SELECT', 'INSERT 0', 'CREATE TABLE', 'BEGIN'), fc.nat(1000)).map(([tag, count]) => typed('C', `${tag} ${count}\0`)),
  fc.tuple(name, name).map(([key, value]) => typed('S', `${key}\0${value}\0`)),
  fc.array(fc.oneof(name, fc.constant(null)), { maxLength: 5 }).map((columns) => typed('D', Buffer.concat([
    Buffer.from([0, columns.length]), ...columns.map((column) => (column === null ? Buffer.from('ffffffff', 'hex') : Buffer.concat([Buffer.from([0, 0, 0, column.length]), Buffer.from(column)]))),
  ]))),
  fc.tuple(text, text, fc.constantFrom('40001', '23505', '57014')).map(([message, detail, code]) => errorResponse({ severity: 'ERROR', code, message, detail })),
  fc.tuple(name, name).map(([channel, payload]) => typed('A', `\0\0\0\x07${channel}\0${payload}\0`)),
  name.map((data) => typed('d', data)),
)

const ORACLE_NAMES: Readonly<Record<string, string>> = {
  parseComplete: 'ParseComplete', bindComplete: 'BindComplete', closeComplete: 'CloseComplete', noData: 'NoData', emptyQuery: 'EmptyQueryResponse', portalSuspended: 'PortalSuspended',
  copyDone: 'CopyDone', readyForQuery: 'ReadyForQuery', commandComplete: 'CommandComplete', parameterStatus: 'ParameterStatus', dataRow: 'DataRow', error: 'ErrorResponse',
  notification: 'NotificationResponse', copyData: 'CopyData', authenticationOk: 'Authentication',
}

type Spoken = Readonly<Record<string, unknown>> & { readonly name: string; readonly length: number }

/** The same from both: type, length, and what is in it. */
const oracleSaid = (message: Spoken): unknown => [ORACLE_NAMES[message.name], message.length, message['status'] ?? message['text'] ?? message['parameterValue'] ?? message['code'] ?? null, message['detail'] ?? null]

function weSaid(message: PostgresMessage): unknown {
  const content = (): [string | null, string | null] => {
    switch (message.type) {
      case 'ReadyForQuery': return [statusOfReadyForQuery(message), null]
      case 'CommandComplete': return [tagOfCommandComplete(message), null]
      case 'ParameterStatus': return [parameterOf(message)[1], null]
      case 'ErrorResponse': return [codeOf(message), errorFields(message).get('D') ?? null]
      default: return [null, null]
    }
  }
  return [message.type, message.sizeBytes - 1, ...content()]
}

/** pg-protocol writes into what lies behind a chunk, where the chunk's memory has room: it must not be the memory of other chunks. */
const ofItsOwn = (chunk: Buffer): Buffer => Buffer.from(new Uint8Array(chunk).buffer)

describe('postgres against pg-protocol', () => {
  it('cuts and reads what its serializer makes', () => {
    fc.assert(fc.property(fc.array(fromClient, { maxLength: 20 }), lengths, (made, cut) => {
      const start = serialize.startup({ user: 'ada', database: 'shop' })
      const decoder = new PostgresDecoder('to-server')
      const input = Buffer.concat([start, ...made.map(({ bytes }) => bytes)])
      const [first, ...messages] = inPieces(input, cut).flatMap((chunk) => decoder.feed(chunk))
      assert.ok(first)
      assert.deepEqual([startupParameters(first.raw).get('user'), startupParameters(first.raw).get('database')], ['ada', 'shop'])
      assert.deepEqual(messages.map(({ raw }) => raw), made.map(({ bytes }) => bytes))
      assert.deepEqual(messages.map(said), made.map(({ says }) => says))
      decode(codecOf('to-server'), inPieces(input, cut))
    }))
  })

  it('knows its requests from before there are types', () => {
    const types = [serialize.requestSsl(), serialize.cancel(7, 42)].map((bytes) => new PostgresDecoder('to-server').feed(bytes).map(({ type }) => type))
    assert.deepEqual(types, [['SSLRequest'], ['CancelRequest']])
  })

  it('cuts and reads what a server says as its parser does', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fromServer, { maxLength: 20 }), lengths, async (parts, cut) => {
      const input = Buffer.concat([AUTHENTICATION_OK, ...parts])
      const chunks = inPieces(input, cut)
      const theirs: unknown[] = []
      await parse(Readable.from(chunks.map(ofItsOwn)), (message) => theirs.push(oracleSaid(message as unknown as Spoken)))
      const decoder = new PostgresDecoder('to-client')
      assert.deepEqual(chunks.flatMap((chunk) => decoder.feed(chunk)).map(weSaid), theirs)
    }))
  })

  it('takes the counts off a tag', () => {
    assert.deepEqual(['INSERT 0 1', 'SELECT 12', 'CREATE TABLE', 'COPY 3', 'BEGIN'].map(commandOf), ['INSERT', 'SELECT', 'CREATE TABLE', 'COPY', 'BEGIN'])
  })
})
