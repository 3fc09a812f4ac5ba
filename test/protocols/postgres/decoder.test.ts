import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HEAD_MAX, type Direction } from '../../../src/protocols/codec.ts'
import { Handshake, PostgresDecoder } from '../../../src/protocols/postgres/decoder.ts'
import { decode, decodeEveryCut, inPieces } from '../cuts.ts'
import { AUTHENTICATION_OK, codecOf, GSSENC_REQUEST, READY, SSL_REQUEST, STARTUP, startup, typed } from './wire.ts'

interface Fixture {
  readonly name: string
  readonly direction: Direction
  readonly wire: readonly (Buffer | string)[]
  readonly types: readonly string[]
  readonly handshake?: (handshake: Handshake) => void
}

const authenticated = (handshake: Handshake): void => { handshake.authenticated = true }
const asked = (handshake: Handshake): void => { handshake.unanswered = 1 }

const FIXTURES: readonly Fixture[] = [
  { name: 'a plain start and a query', direction: 'to-server', wire: [STARTUP, 'Q\0\0\0\rSELECT 1\0', 'X\0\0\0\x04'], types: ['StartupMessage', 'Query', 'Terminate'] },
  { name: 'GSS refused, SSL refused, then a start of 3.2', direction: 'to-server', wire: [GSSENC_REQUEST, SSL_REQUEST, startup(196610, 'user\0a\0\0')], types: ['GSSENCRequest', 'SSLRequest', 'StartupMessage'] },
  { name: 'TLS after SSLRequest', direction: 'to-server', wire: [SSL_REQUEST, '\x16\x03\x01\x02\x00anything Q\0\0\0\x04'], types: ['SSLRequest', 'Opaque'] },
  { name: 'TLS at once', direction: 'to-server', wire: ['\x16\x03\x01\x00\x05hello'], types: ['Opaque'] },
  { name: 'a cancel request', direction: 'to-server', wire: [startup(80877102, '\0\0\0\x2a\x12\x34\x56\x78')], types: ['CancelRequest'] },
  { name: 'a cancel request of 3.2 with a long key', direction: 'to-server', wire: [startup(80877102, `\0\0\0\x2a${'k'.repeat(256)}`)], types: ['CancelRequest'] },
  { name: 'SCRAM', direction: 'to-server', wire: [STARTUP, typed('p', 'SCRAM-SHA-256\0\0\0\0\x20n,,n=*,r=rOprNGfwEbeRWgbNEkqO'), typed('p', 'c=biws,r=x,p=y')], types: ['StartupMessage', 'PasswordMessage', 'PasswordMessage'] },
  {
    name: 'an extended batch', direction: 'to-server',
    wire: [STARTUP, typed('P', 's\0select $1\0\0\0'), typed('B', '\0s\0\0\0\0\x01\0\0\0\x011\0\0'), typed('D', 'P\0'), typed('E', '\0\0\0\0\0'), typed('C', 'Ss\0'), typed('H'), typed('S'), typed('F', '\0\0\0\x01\0\0\0\0\0\0')],
    types: ['StartupMessage', 'Parse', 'Bind', 'Describe', 'Execute', 'Close', 'Flush', 'Sync', 'FunctionCall'],
  },
  { name: 'COPY data', direction: 'to-server', wire: [STARTUP, typed('d', '1\t2\n'), typed('d'), typed('c'), typed('f', 'no\0')], types: ['StartupMessage', 'CopyData', 'CopyData', 'CopyDone', 'CopyFail'] },
  { name: 'HTTP', direction: 'to-server', wire: ['GET / HTTP/1.1\r\n\r\n'], types: ['Opaque'] },
  { name: 'protocol 2', direction: 'to-server', wire: [startup(131072, 'ada\0')], types: ['Opaque'] },
  { name: 'a start that is too long', direction: 'to-server', wire: ['\0\0\x27\x11\0\x03\0\0rest'], types: ['Opaque'] },
  { name: 'a length under 4', direction: 'to-server', wire: [STARTUP, typed('S'), 'Q\0\0\0\x03abc'], types: ['StartupMessage', 'Sync', 'Opaque'] },
  { name: 'a Sync of 10,001 bytes', direction: 'to-server', wire: [STARTUP, 'S\0\0\x27\x11abc'], types: ['StartupMessage', 'Opaque'] },
  { name: 'a password of 65,536 bytes', direction: 'to-server', wire: [STARTUP, 'p\0\x01\0\0abc'], types: ['StartupMessage', 'Opaque'] },
  { name: 'a length past 1 GiB', direction: 'to-server', wire: [STARTUP, 'Q\x40\0\0\x01abc'], types: ['StartupMessage', 'Opaque'] },
  { name: 'a type that no client sends', direction: 'to-server', wire: [STARTUP, typed('Z', 'I')], types: ['StartupMessage', 'Opaque'] },
  { name: 'an end inside a message', direction: 'to-server', wire: [STARTUP, 'Q\0\0\0\rSELE'], types: ['StartupMessage', 'Opaque'] },
  {
    name: 'a login', direction: 'to-client',
    wire: [typed('R', '\0\0\0\x0aSCRAM-SHA-256\0\0'), typed('R', '\0\0\0\x0br=x'), typed('R', '\0\0\0\x0cv=y'), AUTHENTICATION_OK, typed('S', 'TimeZone\0UTC\0'), typed('K', `\0\0\0\x01${'k'.repeat(256)}`), READY()],
    types: ['Authentication', 'Authentication', 'Authentication', 'Authentication', 'ParameterStatus', 'BackendKeyData', 'ReadyForQuery'],
  },
  { name: 'an older protocol than was asked for', direction: 'to-client', wire: [typed('v', '\0\x03\0\0\0\0\0\0'), AUTHENTICATION_OK], types: ['NegotiateProtocolVersion', 'Authentication'] },
  { name: 'SSL refused', direction: 'to-client', handshake: asked, wire: ['N', AUTHENTICATION_OK, READY()], types: ['EncryptionResponse', 'Authentication', 'ReadyForQuery'] },
  { name: 'SSL granted, with bytes stuffed behind', direction: 'to-client', handshake: asked, wire: ['S', typed('E', 'SERROR\0\0')], types: ['EncryptionResponse', 'Opaque'] },
  { name: 'GSS granted', direction: 'to-client', handshake: asked, wire: ['G', '\0\0\0\x08token'], types: ['EncryptionResponse', 'Opaque'] },
  { name: 'GSS and SSL refused', direction: 'to-client', handshake: (handshake) => { handshake.unanswered = 2 }, wire: ['N', 'N', typed('E', 'SFATAL\0C28P01\0\0')], types: ['EncryptionResponse', 'EncryptionResponse', 'ErrorResponse'] },
  { name: 'a server too old for SSLRequest', direction: 'to-client', handshake: asked, wire: [typed('E', 'SFATAL\0\0')], types: ['ErrorResponse'] },
  {
    name: 'rows', direction: 'to-client', handshake: authenticated,
    wire: [typed('1'), typed('2'), typed('t', '\0\0'), typed('n'), typed('T', '\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0'), typed('D', '\0\x01\0\0\0\x011'), typed('D', '\0\x01\xff\xff\xff\xff'), typed('C', 'SELECT 2\0'), typed('s'), typed('I'), typed('3'), READY('T')],
    types: ['ParseComplete', 'BindComplete', 'ParameterDescription', 'NoData', 'RowDescription', 'DataRow', 'DataRow', 'CommandComplete', 'PortalSuspended', 'EmptyQueryResponse', 'CloseComplete', 'ReadyForQuery'],
  },
  { name: 'COPY', direction: 'to-client', handshake: authenticated, wire: [typed('G', '\0\0\0'), typed('H', '\0\0\0'), typed('W', '\0\0\0'), typed('d', '1\n'), typed('c')], types: ['CopyInResponse', 'CopyOutResponse', 'CopyBothResponse', 'CopyData', 'CopyDone'] },
  { name: 'what nobody asked for', direction: 'to-client', handshake: authenticated, wire: [typed('A', '\0\0\0\x01news\0hello\0'), typed('N', 'SNOTICE\0\0'), typed('S', 'TimeZone\0UTC\0'), typed('V', '\xff\xff\xff\xff')], types: ['NotificationResponse', 'NoticeResponse', 'ParameterStatus', 'FunctionCallResponse'] },
  { name: 'a row before the client is in', direction: 'to-client', wire: [typed('D', '\0\0')], types: ['Opaque'] },
  { name: 'an authentication request past 2000 bytes', direction: 'to-client', wire: ['R\0\0\x07\xd1x'], types: ['Opaque'] },
  { name: 'an error of 30,001 bytes before the client is in', direction: 'to-client', wire: ['E\0\0\x75\x31x'], types: ['Opaque'] },
  { name: 'MySQL', direction: 'to-client', wire: ['\x4a\0\0\0\x0a8.0.36\0'], types: ['Opaque'] },
  { name: 'an HTTP server', direction: 'to-client', wire: ['HTTP/1.1 400 Bad Request\r\n'], types: ['Opaque'] },
]

const wireOf = ({ wire }: Fixture): Buffer => Buffer.concat(wire.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))

describe('postgres decoder', () => {
  for (const fixture of FIXTURES) {
    it(`cuts ${fixture.direction}: ${fixture.name}`, () => {
      const messages = decodeEveryCut(codecOf(fixture.direction, fixture.handshake), wireOf(fixture))
      assert.deepEqual(messages.map(({ label }) => label), fixture.types)
      if (!fixture.types.includes('Opaque')) assert.deepEqual(messages.map(({ raw }) => raw), fixture.wire.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))))
    })
  }

  it('says why it gave up, and nothing where it did not', () => {
    const decoder = new PostgresDecoder('to-server')
    decoder.feed(STARTUP)
    assert.equal(decoder.broken, undefined)
    decoder.feed(Buffer.from('Q\x7f\xff\xff\xff', 'latin1'))
    assert.match(decoder.broken ?? '', /a length of 2147483647 cannot be that of Query/)
    const tls = new PostgresDecoder('to-server')
    assert.equal(tls.feed(Buffer.from([0x16, 3, 1])).length, 1)
    assert.equal(tls.broken, undefined)
  })

  it('gives a client that went over to TLS the same silence both ways', () => {
    const handshake = new Handshake()
    const [toServer, toClient] = [new PostgresDecoder('to-server', handshake), new PostgresDecoder('to-client', handshake)]
    toServer.feed(Buffer.from([0x16, 3, 1]))
    assert.deepEqual(toClient.feed(Buffer.from([0x16, 3, 3])).map(({ type }) => type), ['Opaque'])
  })

  it('gives views where a message lies in one chunk', () => {
    const chunk = Buffer.concat([STARTUP, typed('Q', 'SELECT 1\0')])
    for (const { raw } of new PostgresDecoder('to-server').feed(chunk)) assert.equal(raw.buffer, chunk.buffer)
  })

  it('gives the head of a large message at once, and the rest as it comes', () => {
    const row = typed('D', Buffer.alloc(3 * HEAD_MAX, 'x'))
    const stream = Buffer.concat([row, READY()])
    const codec = codecOf('to-client', authenticated)
    const decoder = codec.make()
    const messages = inPieces(stream, [60_000]).flatMap((chunk) => decoder.feed(chunk))
    assert.deepEqual(messages.map(({ part, raw, sizeBytes }) => [part, raw.length, sizeBytes]), [
      ['first', HEAD_MAX, row.length], ['middle', 54_464, row.length], ['middle', 60_000, row.length], ['last', 16_613, row.length], ['whole', 6, 6],
    ])
    decodeEveryCut(codec, stream, [1, 4, 5, 6, HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1, row.length - 1, row.length, row.length + 1, row.length + 5])
    const exact = typed('D', Buffer.alloc(HEAD_MAX - 5))
    assert.deepEqual(codec.make().feed(exact).map(({ part }) => part), ['whole'])
  })

  it('holds no more than what came, whatever length was declared', () => {
    const decoder = new PostgresDecoder('to-server')
    decoder.feed(STARTUP)
    decoder.feed(Buffer.from('Q\x3f\xff\xff\xff', 'latin1'))
    const before = process.memoryUsage().arrayBuffers
    decoder.feed(Buffer.alloc(20))
    assert.ok(decoder.rest.buffer.byteLength <= 1024, `${decoder.rest.buffer.byteLength} bytes for 25`)
    for (let fed = 0; fed < 50 * 2 ** 20; fed += HEAD_MAX) decoder.feed(Buffer.alloc(HEAD_MAX))
    assert.equal(decoder.rest.length, 0)
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 2 ** 20)
    assert.equal(decoder.broken, undefined)
  })

  it('never throws and loses nothing, whatever comes and however it is cut', () => {
    const letters = 'BCDEFHPQSXdcfp123AGIKNRTVWZnstv'
    const nearly = fc.array(fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.constantFrom(...letters), fc.uint8Array({ maxLength: 40 })).map(([letter, body]) => typed(letter, Buffer.from(body))),
      fc.constantFrom(STARTUP, SSL_REQUEST, GSSENC_REQUEST, AUTHENTICATION_OK, READY(), typed('D', Buffer.alloc(HEAD_MAX + 100))),
    ), { maxLength: 12 }).map((parts) => Buffer.concat(parts))
    fc.assert(fc.property(nearly, fc.constantFrom('to-server' as const, 'to-client' as const), fc.boolean(), fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 8 }), (input, direction, isIn, lengths) => {
      const codec = codecOf(direction, (handshake) => { handshake.authenticated = isIn })
      assert.deepEqual(decode(codec, inPieces(input, lengths)), decode(codec, [input]))
      assert.deepEqual(decode(codec, inPieces(input, lengths.map((length) => 1 + (length % 30)))), decode(codec, [input]))
    }), { numRuns: 300 })
  })
})
