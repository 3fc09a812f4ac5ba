import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HEAD_MAX, type Direction } from '../../../src/protocols/codec.ts'
import { RedisDecoder } from '../../../src/protocols/redis/decoder.ts'
import { DEPTH_MAX, LINE_MAX } from '../../../src/protocols/redis/scanner.ts'
import { decode, decodeEveryCut, inPieces } from '../cuts.ts'
import { array, bulk, codecOf, command, push } from './wire.ts'

interface Fixture { readonly name: string; readonly wire: readonly (string | Buffer)[]; readonly types: readonly string[] }

const REQUESTS: readonly Fixture[] = [
  { name: 'a pipeline', wire: [command('SET', 'k', 'v'), command('get', 'k'), command('PING')], types: ['Command', 'Command', 'Command'] },
  { name: 'an argument with line breaks, and an empty one', wire: [command('SET', 'a\r\nb', ''), command('PING')], types: ['Command', 'Command'] },
  { name: 'inline commands', wire: ['PING\r\n', 'set k "a b"\n', '|x\r\n'], types: ['InlineCommand', 'InlineCommand', 'InlineCommand'] },
  { name: 'what asks for nothing', wire: ['\r\n', '\n', ' \t \r\n', '*0\r\n', '*-1\r\n', '*-7\r\n', 'PING\r\n'], types: ['Nothing', 'Nothing', 'Nothing', 'Nothing', 'Nothing', 'Nothing', 'InlineCommand'] },
  { name: 'inline between arrays', wire: [command('GET', 'k'), 'PING\r\n', command('GET', 'k')], types: ['Command', 'InlineCommand', 'Command'] },
  { name: 'HTTP, which the server refuses itself', wire: ['POST / HTTP/1.1\r\n', 'Host: x\r\n', '\r\n'], types: ['InlineCommand', 'InlineCommand', 'Nothing'] },
  { name: 'an argument that is no bulk string', wire: [command('PING'), '*1\r\n:1\r\n'], types: ['Command', 'Opaque'] },
  { name: 'a negative length', wire: ['*1\r\n$-1\r\n'], types: ['Opaque'] },
  { name: 'a length without digits', wire: ['*\r\n'], types: ['Opaque'] },
  { name: 'a length past the bound', wire: ['*1\r\n$4294967297\r\nx'], types: ['Opaque'] },
  { name: 'more arguments than can be', wire: ['*2147483648\r\n$1\r\nx\r\n'], types: ['Opaque'] },
  { name: 'a bulk string longer than it said', wire: [command('PING'), '*1\r\n$4\r\nPINGX\r\n'], types: ['Command', 'Opaque'] },
  { name: 'an end inside a request', wire: [command('PING'), '*2\r\n$3\r\nGE'], types: ['Command', 'Opaque'] },
  { name: 'TLS', wire: ['\x16\x03\x01\x02\0\x01\n*1\r\n'], types: ['Opaque'] },
]

const nested = (levels: number): string => `${'*1\r\n'.repeat(levels)}:1\r\n`

const REPLIES: readonly Fixture[] = [
  { name: 'RESP2', wire: ['+OK\r\n', '-ERR no\r\n', ':-1\r\n', '$3\r\nabc\r\n', '$0\r\n\r\n', '$-1\r\n', '*-1\r\n', '*0\r\n', '*2\r\n$1\r\na\r\n:1\r\n'], types: ['SimpleString', 'SimpleError', 'Integer', 'BulkString', 'BulkString', 'BulkString', 'Array', 'Array', 'Array'] },
  { name: 'RESP3', wire: ['_\r\n', '#t\r\n', ',1.5e3\r\n', ',inf\r\n', '(123456789012345678901234567890\r\n', '!9\r\nERR no\r\nx\r\n', '=7\r\ntxt:abc\r\n', '%1\r\n+a\r\n:1\r\n', '%0\r\n', '~2\r\n:1\r\n:2\r\n', '>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n'], types: ['Null', 'Boolean', 'Double', 'Double', 'BigNumber', 'BulkError', 'VerbatimString', 'Map', 'Map', 'Set', 'Push'] },
  { name: 'a bare CR and a bare LF within a line', wire: ['+a\rb\nc\r\n', '+OK\r\n'], types: ['SimpleString', 'SimpleString'] },
  { name: 'nested aggregates, empty ones among them', wire: [array(array(), array(bulk('a'), '*-1\r\n'), '%1\r\n+k\r\n~0\r\n', '%0\r\n'), '+OK\r\n'], types: ['Array', 'SimpleString'] },
  { name: 'attributes before a reply and inside one', wire: ['|1\r\n+ttl\r\n:10\r\n$1\r\na\r\n', '|0\r\n:1\r\n', array('|1\r\n+a\r\n|1\r\n+b\r\n:1\r\n+c\r\n:1\r\n', ':2\r\n'), '+OK\r\n'], types: ['BulkString', 'Integer', 'Array', 'SimpleString'] },
  { name: 'streamed values', wire: ['$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n', '*?\r\n:1\r\n*?\r\n.\r\n.\r\n', '%?\r\n+a\r\n:1\r\n.\r\n', '~?\r\n.\r\n', array('$?\r\n;0\r\n', ':1\r\n'), '+OK\r\n'], types: ['BulkString', 'Array', 'Map', 'Set', 'Array', 'SimpleString'] },
  { name: 'a push within a reply, as EXEC has it', wire: [array(push(bulk('subscribe'), bulk('a'), ':1\r\n')), '+OK\r\n'], types: ['Array', 'SimpleString'] },
  { name: 'as deep as can be', wire: [nested(DEPTH_MAX), '+OK\r\n'], types: ['Array', 'SimpleString'] },
  { name: 'deeper', wire: ['+OK\r\n', nested(DEPTH_MAX + 1), '+OK\r\n'], types: ['SimpleString', 'Opaque'] },
  { name: 'an unknown type', wire: ['+OK\r\n', '?x\r\n', '+OK\r\n'], types: ['SimpleString', 'Opaque'] },
  { name: 'an end mark where nothing is streamed', wire: ['.\r\n'], types: ['Opaque'] },
  { name: 'a chunk where nothing is streamed', wire: [';1\r\na\r\n'], types: ['Opaque'] },
  { name: 'another type among chunks', wire: ['$?\r\n+a\r\n'], types: ['Opaque'] },
  { name: 'a negative length', wire: ['%-1\r\n'], types: ['Opaque'] },
  { name: 'a length of -2', wire: ['$-2\r\n'], types: ['Opaque'] },
  { name: 'a length with letters', wire: ['$1a\r\n'], types: ['Opaque'] },
  { name: 'a streamed push', wire: ['>?\r\n'], types: ['Opaque'] },
  { name: 'a replication stream', wire: ['+FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 0\r\n', '$5\r\nREDIS0011'], types: ['SimpleString', 'Opaque'] },
  { name: 'an end inside a reply', wire: [':1\r\n', '$1000\r\npart'], types: ['Integer', 'Opaque'] },
]

const wireOf = ({ wire }: Fixture): Buffer => Buffer.concat(wire.map((one) => Buffer.from(one)))

/** Either direction's bytes: mostly sense, some noise. */
const noise = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('*', '$', '+', '-', ':', '%', '~', '>', '|', '_', '#', ',', '(', '!', '=', ';', '.', '?', '\r\n', '\r', '\n', '0', '1', '2', '-1', 'a', '*1\r\n', '$1\r\n', '$?\r\n', '*?\r\n', '|1\r\n', '.\r\n').map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.constantFrom(...REQUESTS, ...REPLIES).map(wireOf) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
)
const stream = fc.array(noise, { maxLength: 30 }).map((parts) => Buffer.concat(parts))
const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
const directions = ['to-server', 'to-client'] as const satisfies readonly Direction[]

describe('redis decoder', () => {
  for (const [direction, fixtures] of [['to-server', REQUESTS], ['to-client', REPLIES]] as const) {
    for (const fixture of fixtures) {
      it(`${direction}: ${fixture.name}, whole, at every cut and byte by byte`, () => {
        const messages = decodeEveryCut(codecOf(direction), wireOf(fixture))
        assert.deepEqual(messages.map(({ label }) => label), fixture.types)
        const understood = fixture.types.filter((type) => type !== 'Opaque').length
        assert.deepEqual(messages.slice(0, understood).map(({ raw }) => raw), fixture.wire.slice(0, understood).map((one) => one.toString('latin1')))
      })
    }
  }

  it('says where the value begins behind its attributes', () => {
    const [message] = new RedisDecoder('to-client').feed(Buffer.from('|1\r\n+ttl\r\n:10\r\n$1\r\na\r\n'))
    assert.equal(message?.raw.toString('latin1', message.valueAt), '$1\r\na\r\n')
  })

  it('gives out views of what it was fed, and copies only what spans chunks', () => {
    const chunk = Buffer.concat([command('GET', 'a'), command('GET', 'b')])
    const messages = new RedisDecoder('to-server').feed(chunk)
    assert.deepEqual(messages.map(({ raw }) => [raw.buffer === chunk.buffer, raw.byteOffset - chunk.byteOffset]), [[true, 0], [true, chunk.length / 2]])
  })

  for (const size of [HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1, 3 * HEAD_MAX]) {
    it(`a reply of ${size} bytes comes ${size > HEAD_MAX ? 'as its head and parts' : 'whole'}, however it is cut`, () => {
      const body = size - `$${size}\r\n\r\n`.length
      const wire = Buffer.from(`$${body}\r\n${'x'.repeat(body)}\r\n`)
      assert.equal(wire.length, size)
      const input = Buffer.concat([wire, Buffer.from('+OK\r\n')])
      const cuts = [1, 5, 8, HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1, size - 2, size - 1, size, size + 1].filter((cut) => cut < input.length)
      assert.deepEqual(decodeEveryCut(codecOf('to-client'), input, cuts).map(({ label, raw, complete }) => [label, raw.length, complete]), [['BulkString', size, true], ['SimpleString', 5, true]])
      const parts = new RedisDecoder('to-client').feed(input).map(({ part, raw }) => [part, raw.length])
      assert.deepEqual(parts, size > HEAD_MAX ? [['first', HEAD_MAX], ['last', size - HEAD_MAX], ['whole', 5]] : [['whole', size], ['whole', 5]])
    })
  }

  it('an array of many small elements comes in parts as well', () => {
    const wire = Buffer.from(array(...Array.from({ length: 20_000 }, (_, n) => bulk(String(n)))))
    const joined = decode(codecOf('to-client'), inPieces(wire, [1000, 7, 65_536]))
    assert.deepEqual(joined.map(({ label, raw, complete }) => [label, raw.length, complete]), [['Array', wire.length, true]])
  })

  it(`a line of ${LINE_MAX} bytes is read, one more is not`, () => {
    const read = (bytes: number): string[] => decodeEveryCut(codecOf('to-client'), Buffer.from(`+${'x'.repeat(bytes)}\r\n:1\r\n`), [1, LINE_MAX, LINE_MAX + 1, LINE_MAX + 2]).map(({ label }) => label)
    assert.deepEqual(read(LINE_MAX), ['SimpleString', 'Integer'])
    assert.deepEqual(read(LINE_MAX + 1), ['SimpleString', 'Opaque'])
  })

  it('an inline command with no end in sight is given up', () => {
    const decoder = new RedisDecoder('to-server')
    decoder.feed(Buffer.alloc(LINE_MAX - 1, 'x'))
    assert.equal(decoder.broken, undefined)
    decoder.feed(Buffer.from('x'))
    assert.match(decoder.broken ?? '', /line of more than/)
  })

  it('attributes that fill a head are given up, all of them untouched', () => {
    const input = Buffer.from(`|1\r\n+k\r\n$70000\r\n${'x'.repeat(70_000)}\r\n:1\r\n`)
    const joined = decodeEveryCut(codecOf('to-client'), input, [4, HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1, 70_020])
    assert.deepEqual(joined.map(({ label }) => label), ['Opaque'])
  })

  it('makes no room for what was only declared', () => {
    for (const declared of ['$4294967296\r\n', '*2147483647\r\n', '%2147483647\r\n', '*2147483647\r\n'.repeat(DEPTH_MAX)]) {
      const decoder = new RedisDecoder('to-client')
      decoder.feed(Buffer.from(declared))
      assert.equal(decoder.broken, undefined)
      assert.ok(decoder.rest.buffer.byteLength <= 1024, `${decoder.rest.buffer.byteLength} bytes held`)
    }
  })

  it('holds no more than a head of a message that never ends', () => {
    const decoder = new RedisDecoder('to-server')
    decoder.feed(Buffer.from('*2\r\n$3\r\nSET\r\n$4000000000\r\n'))
    let most = 0
    for (let i = 0; i < 100; i++) {
      decoder.feed(Buffer.alloc(10_000, 'x'))
      most = Math.max(most, decoder.rest.buffer.byteLength)
    }
    assert.ok(most > 0 && most <= HEAD_MAX, `${most} bytes held`)
  })

  it('never writes into what it was fed', () => {
    const input = Buffer.concat([...REPLIES.map(wireOf)])
    const copy = Buffer.from(input)
    decode(codecOf('to-client'), inPieces(input, [3, 11]))
    assert.deepEqual(input, copy)
  })

  for (const direction of directions) {
    it(`${direction}: any bytes, however cut, are given back, and mean the same`, () => {
      fc.assert(fc.property(stream, pieces, (input, lengths) => {
        assert.deepEqual(decode(codecOf(direction), inPieces(input, lengths)), decode(codecOf(direction), [input]))
      }), { numRuns: 1500 })
    })
  }
})
