import assert from 'node:assert/strict'
import { parse, type DatabaseError } from 'pg-protocol'
import { Readable } from 'node:stream'
import { errorResponse, noticeResponse, readyForQuery, type ErrorFields } from '../../../src/protocols/postgres/reply.ts'
import { PostgresDecoder, Handshake } from '../../../src/protocols/postgres/decoder.ts'
import { codeOf, errorFields, isFatal } from '../../../src/protocols/postgres/fields.ts'

const ALL: ErrorFields = {
  severity: 'ERROR', code: '23505', message: 'duplicate key – doppelt', detail: 'Key (id)=(1) already exists.', hint: 'injected', position: 8, internalPosition: 3, internalQuery: 'select 1',
  where: 'PL/pgSQL', schema: 'public', table: 'orders', column: 'id', dataType: 'int4', constraint: 'orders_pkey', file: 'nbtinsert.c', line: 666, routine: '_bt_check_unique',
}

async function asClientReads(bytes: Buffer): Promise<DatabaseError> {
  const messages: unknown[] = []
  await parse(Readable.from([Buffer.from(new Uint8Array(bytes).buffer)]), (message) => messages.push(message))
  return messages[0] as DatabaseError
}

describe('postgres replies', () => {
  it('are read by a client field by field', async () => {
    const { severity, code, message, detail, hint, position, internalPosition, internalQuery, where, schema, table, column, dataType, constraint, file, line, routine } = await asClientReads(errorResponse(ALL))
    assert.deepEqual({ severity, code, message, detail, hint, position, internalPosition, internalQuery, where, schema, table, column, dataType, constraint, file, line, routine },
      { ...ALL, position: '8', internalPosition: '3', line: '666' })
  })

  it('are read by our own decoder', () => {
    const handshake = new Handshake()
    handshake.authenticated = true
    const [error, notice, ready] = new PostgresDecoder('to-client', handshake).feed(Buffer.concat([errorResponse({ ...ALL, severity: 'FATAL' }), noticeResponse({ severity: 'WARNING', code: '01000', message: 'm' }), readyForQuery('E')]))
    assert.ok(error && notice && ready)
    assert.deepEqual([error.type, notice.type, ready.type], ['ErrorResponse', 'NoticeResponse', 'ReadyForQuery'])
    assert.deepEqual([codeOf(error), isFatal(error), errorFields(error).get('V'), codeOf(notice)], ['23505', true, 'FATAL', '01000'])
    assert.equal(ready.raw.toString('hex'), '5a0000000545')
  })

  it('do not let a zero in a text end a field', async () => {
    const { message, hint } = await asClientReads(errorResponse({ severity: 'ERROR', code: 'XX000', message: 'a\0b', hint: 'h' }))
    assert.deepEqual([message, hint], ['ab', 'h'])
  })
})
