import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HEAD_MAX, type Direction } from '../../../src/protocols/codec.ts'
import { frameOf } from '../../../src/protocols/websocket/build.ts'
import { WebSocketDecoder } from '../../../src/protocols/websocket/decoder.ts'
import { NO_EXTENSIONS, parseExtensions, type Extensions } from '../../../src/protocols/websocket/extensions.ts'
import { payloadOf, type Opcode } from '../../../src/protocols/websocket/frame.ts'
import { decode, decodeEveryCut, inPieces } from '../cuts.ts'
import { codecOf, DEFLATE, framesOf, hex, shown } from './wire.ts'

/** What a fixture is of (RFC 6455 where it says no more), its wire, what is made of it, and why it is given up where it is. */
type Fixture = readonly [section: string, name: string, wire: string, frames: readonly string[], broken?: string]

const MASK = '37fa213d'
const HELLO = `8185 ${MASK} 7f9f4d5158`

const TO_CLIENT: readonly Fixture[] = [
  ['5.7', 'an unmasked text', '8105 (Hello)', ['text#1 5']],
  ['5.7', 'a fragmented text', '0103 (Hel) 8002 (lo)', ['text#1… 3', 'continuation#1+ 2']],
  ['5.7', 'a ping and its payload', '8905 (Hello)', ['ping#1 5']],
  ['5.7', '256 bytes of binary, a length of 16 bits', '827e0100 [256]', ['binary#1 256']],
  ['5.7', '64 KiB of binary, a length of 64 bits', '827f0000000000010000 [65536]', ['binary#1 65536']],
  ['5.2', 'an empty text', '8100', ['text#1 0']],
  ['5.2', 'an empty binary', '8200', ['binary#1 0']],
  ['5.2', '125 bytes, the most of a length of 7 bits', '827d [125]', ['binary#1 125']],
  ['5.2', '126 bytes, the least of a length of 16 bits', '827e007e [126]', ['binary#1 126']],
  ['5.2', '65,535 bytes, the most of it', '827effff [65535]', ['binary#1 65535']],
  ['5.2', '5 bytes in a length of 16 bits', '817e0005 (Hello)', ['text#1 5 !a length in more bytes than it needs']],
  ['5.2', '5 bytes in a length of 64 bits', '817f0000000000000005 (Hello)', ['text#1 5 !a length in more bytes than it needs']],
  ['5.2', '65,535 bytes in a length of 64 bits', '827f000000000000ffff [65535]', ['binary#1 65535 !a length in more bytes than it needs']],
  ['5.2', 'the highest bit of a length', '8100 817f8000000000000000 (Hello)', ['text#1 0', 'Opaque'], 'a length past 2^53'],
  ['5.2', 'all bits of a length', '827fffffffffffffffff', ['Opaque'], 'a length past 2^53'],
  ['5.2', 'a length of 2^53', '827f0020000000000000 (x)', ['Opaque'], 'a length past 2^53'],
  ['5.2', 'opcode 3', '8305 (Hello)', ['Opaque'], '3 is no opcode'],
  ['5.2', 'opcode 4', '8405 (Hello)', ['Opaque'], '4 is no opcode'],
  ['5.2', 'opcode 5', '8505 (Hello)', ['Opaque'], '5 is no opcode'],
  ['5.2', 'opcode 6', '8605 (Hello)', ['Opaque'], '6 is no opcode'],
  ['5.2', 'opcode 7', '8705 (Hello) 8100', ['Opaque'], '7 is no opcode'],
  ['5.2', 'opcode 11', '8100 8b05 (Hello)', ['text#1 0', 'Opaque'], '11 is no opcode'],
  ['5.2', 'opcode 12', '8c00', ['Opaque'], '12 is no opcode'],
  ['5.2', 'opcode 13', '8d00', ['Opaque'], '13 is no opcode'],
  ['5.2', 'opcode 14', '8e00', ['Opaque'], '14 is no opcode'],
  ['5.2', 'opcode 15', '8f00', ['Opaque'], '15 is no opcode'],
  ['5.2', 'RSV1 without an extension', 'c105 (Hello) 8100', ['text#1 rsv1 5 !a reserved bit that no extension explains', 'text#2 0']],
  ['5.2', 'RSV2', 'a105 (Hello)', ['text#1 5 !a reserved bit that no extension explains']],
  ['5.2', 'RSV3', '9105 (Hello)', ['text#1 5 !a reserved bit that no extension explains']],
  ['5.1', 'a server that masks', HELLO, ['text#1 masked 5 !a server that masks']],
  ['5.4', 'a fragment of one byte each', '0101(H) 0001(e) 0001(l) 0001(l) 8001(o)', ['text#1… 1', 'continuation#1+… 1', 'continuation#1+… 1', 'continuation#1+… 1', 'continuation#1+ 1']],
  ['5.4', 'empty fragments', '0100 0000 8000', ['text#1… 0', 'continuation#1+… 0', 'continuation#1+ 0']],
  ['5.4', 'a ping between the fragments', '0103 (Hel) 8901(p) 8002 (lo) 8100', ['text#1… 3', 'ping#2 1', 'continuation#1+ 2', 'text#3 0']],
  ['5.4', 'ping, pong and ping between the fragments', '0203 (Hel) 8900 8a00 0000 8900 8002 (lo)', ['binary#1… 3', 'ping#2 0', 'pong#3 0', 'continuation#1+… 0', 'ping#4 0', 'continuation#1+ 2']],
  ['5.4', 'a continuation of nothing', '8002 (lo) 8100', ['continuation#1 2 !a continuation of nothing', 'text#2 0']],
  ['5.4', 'a continuation of nothing that goes on', '0002 (lo) 8001(x)', ['continuation#1… 2 !a continuation of nothing', 'continuation#1+ 1']],
  ['5.4', 'a continuation after the last', '0101(a) 8001(b) 8001(c)', ['text#1… 1', 'continuation#1+ 1', 'continuation#2 1 !a continuation of nothing']],
  ['5.4', 'a text amid fragments', '0101(a) 8101(b) 8001(c)', ['text#1… 1', 'text#2 1 !a text amid the fragments of another message', 'continuation#3 1 !a continuation of nothing']],
  ['5.4', 'a fragmented binary amid fragments', '0101(a) 0201(b) 8001(c)', ['text#1… 1', 'binary#2… 1 !a binary amid the fragments of another message', 'continuation#2+ 1']],
  ['5.4', 'one message after another, of both types', '8101(a) 8201(b) 0101(c) 8001(d) 8201(e)', ['text#1 1', 'binary#2 1', 'text#3… 1', 'continuation#3+ 1', 'binary#4 1']],
  ['5.4', 'a message that never ends', '0103 (Hel) 0003 (Hel)', ['text#1… 3', 'continuation#1+… 3']],
  ['5.5', 'a fragmented ping', '0900', ['Opaque'], 'a ping that is fragmented'],
  ['5.5', 'a fragmented close', '8100 080203e8', ['text#1 0', 'Opaque'], 'a close that is fragmented'],
  ['5.5', 'a fragmented pong within fragments', '0101(a) 0a00 8001(b)', ['text#1… 1', 'Opaque'], 'a pong that is fragmented'],
  ['5.5', 'a ping of 125 bytes', '897d [125]', ['ping#1 125']],
  ['5.5', 'a ping of 126 bytes', '897e007e [126]', ['Opaque'], 'a ping of more than 125 bytes'],
  ['5.5', 'a close with a length of 64 bits', '887f0000000000000002 03e8', ['Opaque'], 'a close of more than 125 bytes'],
  ['5.5', 'a control frame with RSV1', 'c900', ['ping#1 rsv1 0 !a reserved bit that no extension explains']],
  ['5.5.1', 'a close that says nothing', '8800', ['close#1 0']],
  ['5.5.1', 'a close with a code', '8802 03e8', ['close#1 2']],
  ['5.5.1', 'a close with a reason', '8805 03e9 (bye)', ['close#1 5']],
  ['5.5.1', 'a close with half a code', '8801 03', ['close#1 1 !a close with half a code']],
  ['5.5.1', 'a reason that is not UTF-8', '8804 03e8 c328', ['close#1 4 !a reason that is not UTF-8']],
  ['5.5.1', 'a reason that ends inside a character', '8804 03e8 e282', ['close#1 4 !a reason that is not UTF-8']],
  ['5.5.1', 'a text after the close', '8802 03e8 8101(a)', ['close#1 2', 'text#2 1 !a text after the close']],
  ['5.5.1', 'a close between fragments, and more of them', '0101(a) 8800 8001(b)', ['text#1… 1', 'close#2 0', 'continuation#1+ 1 !a continuation after the close']],
  ['5.5.1', 'a second close', '8800 8800', ['close#1 0', 'close#2 0 !a close after the close']],
  ['5.5.3', 'a pong that nobody asked for', '8a03 (who)', ['pong#1 3']],
  ['7.4.1', 'a close with 1005', '8802 03ed', ['close#1 2 !a close with 1005, which is no code to send']],
  ['7.4.1', 'a close with 1006', '8802 03ee', ['close#1 2 !a close with 1006, which is no code to send']],
  ['7.4.1', 'a close with 1015', '8802 03f7', ['close#1 2 !a close with 1015, which is no code to send']],
  ['7.4.2', 'a close with 999', '8802 03e7', ['close#1 2 !a close with 999, which is no code to send']],
  ['7.4.2', 'a close with 4999', '8802 1387', ['close#1 2']],
  ['7.4.2', 'a close with 5000', '8802 1388', ['close#1 2 !a close with 5000, which is no code to send']],
  ['8.1', 'a text that is not UTF-8 is framed like any other', '8102 c328', ['text#1 2']],
  ['7.1.1', 'an end inside a head', '8100 827e01', ['text#1 0', 'Opaque']],
  ['7.1.1', 'an end inside a payload', '8105 (Hel)', ['Opaque']],
  ['5.2', 'HTTP where frames should be', '(HTTP/1.1 400 Bad Request)', ['Opaque'], 'a close that is fragmented'],
]

const TO_SERVER: readonly Fixture[] = [
  ['5.7', 'a masked text', HELLO, ['text#1 5']],
  ['5.7', 'a masked pong', `8a85 ${MASK} 7f9f4d5158`, ['pong#1 5']],
  ['5.3', 'a mask of zeros', '8185 00000000 (Hello)', ['text#1 5']],
  ['5.3', 'a mask and no payload', `8180 ${MASK}`, ['text#1 0']],
  ['5.3', 'a mask behind a length of 16 bits', `82fe007e ${MASK} [126]`, ['binary#1 126']],
  ['5.3', 'a mask behind a length of 64 bits', `82ff0000000000010000 ${MASK} [65536]`, ['binary#1 65536']],
  ['5.1', 'a client that does not mask', '8105 (Hello)', ['text#1 bare 5 !a client that does not mask']],
  ['5.1', 'masked and bare in turn', `8180 ${MASK} 8100 8180 ${MASK}`, ['text#1 0', 'text#2 bare 0 !a client that does not mask', 'text#3 0']],
  ['5.4', 'masked fragments around a ping', `0183 ${MASK} 7f9f4d 8980 ${MASK} 8082 ${MASK} 5b95`, ['text#1… 3', 'ping#2 0', 'continuation#1+ 2']],
  ['5.5.1', 'a masked close', `8882 ${MASK} 3412`, ['close#1 2']],
  ['5.5.1', 'a masked close with 1006', `8882 ${MASK} 3414`, ['close#1 2 !a close with 1006, which is no code to send']],
  ['5.2', 'the highest bit of a length', `82ff8000000000000000 ${MASK} (x)`, ['Opaque'], 'a length past 2^53'],
  ['5.2', 'an end inside a mask', '8185 37fa', ['Opaque']],
]

/** RFC 7692; the wires of 7.2.3 among them. */
const COMPRESSED: readonly Fixture[] = [
  ['7.2.3.1', 'a compressed text', 'c107 f248cdc9c90700', ['text#1 rsv1 7']],
  ['7.2.3.1', 'a compressed text in fragments', '4103 f248cd 8004 c9c90700', ['text#1… rsv1 3', 'continuation#1+ 4']],
  ['7.2.3.2', 'a second one that refers to the first', 'c107 f248cdc9c90700 c105 f200110000', ['text#1 rsv1 7', 'text#2 rsv1 5']],
  ['7.2.3.3', 'a block that is not compressed', 'c10b 000500faff (Hello) 00', ['text#1 rsv1 11']],
  ['7.2.3.4', 'a block with BFINAL', 'c108 f348cdc9c9070000', ['text#1 rsv1 8']],
  ['7.2.3.5', 'two blocks in one message', 'c10d f248050000 00ffff cac9c90700', ['text#1 rsv1 13']],
  ['6', 'compressed and not, in turn', 'c107 f248cdc9c90700 8105 (Hello)', ['text#1 rsv1 7', 'text#2 5']],
  ['6.1', 'RSV1 on a continuation', '4103 f248cd c004 c9c90700', ['text#1… rsv1 3', 'continuation#1+ rsv1 4 !a reserved bit that no extension explains']],
  ['6.1', 'RSV1 on a ping', 'c900 8100', ['ping#1 rsv1 0 !a reserved bit that no extension explains', 'text#2 0']],
  ['6.1', 'a ping between compressed fragments', '4103 f248cd 8901(p) 8004 c9c90700', ['text#1… rsv1 3', 'ping#2 1', 'continuation#1+ 4']],
  ['6', 'RSV2 beside RSV1', 'e107 f248cdc9c90700', ['text#1 rsv1 7 !a reserved bit that no extension explains']],
  ['7.2.3.6', 'an empty message, compressed', 'c101 00', ['text#1 rsv1 1']],
]

const OTHERS: readonly Fixture[] = [
  ['9', 'reserved bits that an unknown extension may explain', 'f105 (Hello) 9900', ['text#1 rsv1 5', 'ping#2 0']],
]

const SUITES: readonly (readonly [name: string, direction: Direction, extensions: Extensions, fixtures: readonly Fixture[]])[] = [
  ['to-client', 'to-client', NO_EXTENSIONS, TO_CLIENT], ['to-server', 'to-server', NO_EXTENSIONS, TO_SERVER],
  ['permessage-deflate', 'to-client', DEFLATE, COMPRESSED], ['an unknown extension', 'to-client', parseExtensions('x-fec'), OTHERS],
]

/** Where an input is cut: everywhere, but of a large payload only around its ends. */
const cutsOf = (input: Buffer): number[] => [...input.keys()].filter((at) => at < 40 || at > input.length - 40 || Math.abs(at - HEAD_MAX) < 3)

const directions = ['to-server', 'to-client'] as const satisfies readonly Direction[]
const key = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const payload = fc.oneof({ weight: 6, arbitrary: fc.uint8Array({ maxLength: 12 }) }, { weight: 1, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 300 }) }).map((bytes) => Buffer.from(bytes))
const opcode = fc.constantFrom<Opcode>('continuation', 'text', 'binary', 'close', 'ping', 'pong')
const frame = fc.record({ opcode, payload, fin: fc.boolean(), reserved: fc.constantFrom(0, 0, 0, 4, 1), key: fc.option(key, { nil: undefined }) })
/** Either direction's bytes: mostly sense, some noise. */
const noise = fc.oneof(
  { weight: 5, arbitrary: frame.map(frameOf) },
  { weight: 2, arbitrary: fc.constantFrom(...TO_CLIENT, ...TO_SERVER, ...COMPRESSED).map(([, , wire]) => hex(wire)).filter(({ length }) => length < 400) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes)) },
)
const stream = fc.array(noise, { maxLength: 12 }).map((parts) => Buffer.concat(parts))
const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

describe('websocket decoder', () => {
  for (const [suite, direction, extensions, fixtures] of SUITES) {
    for (const [section, name, wire, frames, broken] of fixtures) {
      it(`${suite}, ${section}: ${name}, whole, at every cut and byte by byte`, () => {
        const input = hex(wire)
        const joined = decodeEveryCut(codecOf(direction, extensions), input, cutsOf(input))
        assert.deepEqual(joined.map(({ complete }) => complete), frames.map(() => true))
        const decoder = new WebSocketDecoder(direction, extensions)
        const seen = [...decoder.feed(input), ...decoder.end()].filter(({ part }) => part === 'whole' || part === 'first')
        assert.deepEqual([seen.map(shown), decoder.broken], [frames, broken])
      })
    }
  }

  it('has at least 60 cases', () => assert.ok(SUITES.flatMap(([, , , fixtures]) => fixtures).length >= 60))

  it('gives out views of what it was fed, and copies only what spans chunks', () => {
    const chunk = hex('8105 (Hello) 8905 (Hello)')
    assert.deepEqual(framesOf('to-client', chunk).map(({ raw }) => [raw.buffer === chunk.buffer, raw.byteOffset - chunk.byteOffset]), [[true, 0], [true, 7]])
  })

  for (const size of [HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1, 3 * HEAD_MAX]) {
    it(`a frame of ${size} bytes comes ${size > HEAD_MAX ? 'as its head and parts' : 'whole'}, however it is cut`, () => {
      const length = size - 8 > 65_535 ? size - 14 : size - 8
      const wire = frameOf({ opcode: 'text', payload: Buffer.alloc(length, 'payload'), key: 0x37fa213d })
      assert.equal(wire.length, size)
      const input = Buffer.concat([wire, hex(HELLO)])
      const cuts = [1, 2, 5, 9, 13, HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1, size - 1, size, size + 1].filter((cut) => cut < input.length)
      assert.deepEqual(decodeEveryCut(codecOf('to-server'), input, cuts).map(({ raw, complete }) => [raw.length, complete]), [[size, true], [11, true]])
      const frames = framesOf('to-server', input)
      assert.deepEqual(frames.map(({ part, raw }) => [part, raw.length]), size > HEAD_MAX ? [['first', HEAD_MAX], ['last', size - HEAD_MAX], ['whole', 11]] : [['whole', size], ['whole', 11]])
      const parts = inPieces(input, [7, 30_001]).flatMap((() => { const decoder = new WebSocketDecoder('to-server'); return (piece: Buffer) => decoder.feed(piece) })())
      assert.deepEqual(Buffer.concat(parts.filter(({ message }) => message === 1).map(payloadOf)), Buffer.alloc(length, 'payload'), 'each part is unmasked by itself')
    })
  }

  it('a length of 2^53 - 1 is believed: its bytes pass in parts, and nothing is held', () => {
    const decoder = new WebSocketDecoder('to-client')
    assert.deepEqual(decoder.feed(hex('827f001fffffffffffff')), [])
    const parts = Array.from({ length: 20 }, () => decoder.feed(Buffer.alloc(10_000))).flat()
    assert.deepEqual(parts.slice(0, 2).map(({ part, raw, sizeBytes }) => [part, raw.length, sizeBytes]), [['first', HEAD_MAX, 2 ** 53 - 1], ['middle', 70_000 + 10 - HEAD_MAX, 2 ** 53 - 1]])
    assert.deepEqual([decoder.broken, decoder.rest.length], [undefined, 0])
  })

  it('makes no room for what was only declared', () => {
    for (const declared of ['827f001fffffffffffff', '81fe ffff', '827f0000010000000000']) {
      const decoder = new WebSocketDecoder('to-client')
      decoder.feed(hex(declared))
      assert.equal(decoder.broken, undefined)
      assert.ok(decoder.rest.buffer.byteLength <= 1024, `${decoder.rest.buffer.byteLength} bytes held`)
    }
  })

  it('says once why it gave up, and lets everything pass from there on', () => {
    const decoder = new WebSocketDecoder('to-client')
    assert.deepEqual(decoder.feed(hex('8100 83')).map(shown), ['text#1 0'])
    assert.equal(decoder.broken, undefined)
    assert.deepEqual(decoder.feed(hex('00 8100')).map(({ type, raw }) => [type, raw.toString('hex')]), [['Opaque', '8300'], ['Opaque', '8100']])
    assert.equal(decoder.broken, '3 is no opcode')
    assert.deepEqual(decoder.feed(hex('8900')).map(({ type, raw }) => [type, raw.toString('hex')]), [['Opaque', '8900']])
    assert.equal(decoder.broken, '3 is no opcode')
  })

  it('never writes into what it was fed', () => {
    const input = Buffer.concat(TO_SERVER.map(([, , wire]) => hex(wire)))
    const copy = Buffer.from(input)
    for (const piece of framesOf('to-server', input)) payloadOf(piece)
    decode(codecOf('to-server'), inPieces(input, [3, 11]))
    assert.deepEqual(input, copy)
  })

  for (const direction of directions) {
    it(`${direction}: any bytes, however cut, are given back, and mean the same`, () => {
      fc.assert(fc.property(stream, pieces, fc.constantFrom(NO_EXTENSIONS, DEFLATE), (input, lengths, extensions) => {
        assert.deepEqual(decode(codecOf(direction, extensions), inPieces(input, lengths)), decode(codecOf(direction, extensions), [input]))
      }), { numRuns: 2000 })
    })
  }

  it('reads back what was built, frame by frame', () => {
    const control = new Set<Opcode>(['close', 'ping', 'pong'])
    const legal = frame.filter(({ opcode: type, payload: { length }, fin }) => !control.has(type) || (fin && length <= 125))
    fc.assert(fc.property(fc.array(legal, { maxLength: 10 }), pieces, (fields, lengths) => {
      const decoder = new WebSocketDecoder('to-server')
      const frames = inPieces(Buffer.concat(fields.map(frameOf)), lengths).flatMap((piece) => decoder.feed(piece))
      assert.deepEqual(frames.map(({ type, fin, rsv1, key: mask, masked, ...one }) => ({ opcode: type, fin, rsv1, key: masked ? mask : undefined, payload: payloadOf({ type, fin, rsv1, key: mask, masked, ...one }) })),
        fields.map(({ opcode: type, fin, reserved, key: mask, payload: bytes }) => ({ opcode: type, fin, rsv1: reserved === 4, key: mask, payload: bytes })))
    }), { numRuns: 1000 })
  })

  it('counts messages: fragments share a number, whatever comes between', () => {
    const message = fc.record({ type: fc.constantFrom<'text' | 'binary'>('text', 'binary'), fragments: fc.array(fc.record({ payload, pings: fc.nat(2) }), { minLength: 1, maxLength: 5 }) })
    fc.assert(fc.property(fc.array(message, { maxLength: 6 }), (messages) => {
      const wire = messages.flatMap(({ type, fragments }) => fragments.flatMap(({ payload: bytes, pings }, n) => [
        frameOf({ opcode: n === 0 ? type : 'continuation', fin: n === fragments.length - 1, payload: bytes }), ...Array.from({ length: pings }, () => frameOf({ opcode: 'ping' })),
      ]))
      const frames = framesOf('to-client', Buffer.concat(wire))
      assert.ok(frames.every(({ wrong }) => wrong === undefined))
      const data = new Map<number, { kind: string; payload: Buffer; size: number }>()
      for (const one of frames) if (one.kind !== 'ping') data.set(one.message, { kind: one.kind, payload: Buffer.concat([data.get(one.message)?.payload ?? Buffer.alloc(0), payloadOf(one)]), size: one.messageBytes })
      assert.deepEqual([...data.values()], messages.map(({ type, fragments }) => {
        const joined = Buffer.concat(fragments.map(({ payload: bytes }) => bytes))
        return { kind: type, payload: joined, size: joined.length }
      }))
      assert.equal(new Set(frames.map(({ message: number }) => number)).size, messages.length + frames.filter(({ kind }) => kind === 'ping').length)
    }), { numRuns: 500 })
  })
})
