import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BrownoutError } from '../../../src/core/errors.ts'
import { randomStream } from '../../../src/core/random.ts'
import { HEAD_MAX } from '../../../src/protocols/codec.ts'
import { closeFrame, fragmented, frameOf, maskKey, messageWith, withPayload } from '../../../src/protocols/websocket/build.ts'
import { parseExtensions, whyBound } from '../../../src/protocols/websocket/extensions.ts'
import { isCloseCode, payloadOf } from '../../../src/protocols/websocket/frame.ts'
import { acceptOf, withoutExtensions } from '../../../src/protocols/websocket/handshake.ts'
import { DEFLATE, framesOf, hex, one, shown } from './wire.ts'

const KEY = 0x37fa213d
const HELLO = Buffer.from('Hello')

describe('websocket frames, built', () => {
  const BUILT: readonly (readonly [name: string, built: Buffer, wire: string])[] = [
    ['5.7: an unmasked text', frameOf({ opcode: 'text', payload: HELLO }), '8105 (Hello)'],
    ['5.7: a masked text', frameOf({ opcode: 'text', payload: HELLO, key: KEY }), '8185 37fa213d 7f9f4d5158'],
    ['5.7: 256 bytes', frameOf({ opcode: 'binary', payload: hex('[256]') }), '827e0100 [256]'],
    ['5.7: 64 KiB', frameOf({ opcode: 'binary', payload: hex('[65536]') }), '827f0000000000010000 [65536]'],
    ['125 and 126 bytes', Buffer.concat([frameOf({ opcode: 'binary', payload: hex('[125]') }), frameOf({ opcode: 'binary', payload: hex('[126]') })]), '827d [125] 827e007e [126]'],
    ['a first and a last fragment', Buffer.concat([frameOf({ opcode: 'text', payload: HELLO, fin: false, reserved: 4 }), frameOf({ opcode: 'continuation' })]), '4105 (Hello) 8000'],
    ['an opcode that nobody knows', frameOf({ opcode: 11, payload: HELLO }), '8b05 (Hello)'],
    ['reserved bits', frameOf({ opcode: 'ping', reserved: 3 }), 'b900'],
    ['more than it has', frameOf({ opcode: 'binary', states: 2 ** 40, key: 0 }), '82ff0000010000000000 00000000'],
    ['a close', closeFrame(1001, 'bye'), '8805 03e9 (bye)'],
    ['a masked close', closeFrame(1000, '', KEY), '8882 37fa213d 3412'],
    ['a close that says nothing', closeFrame(undefined, ''), '8800'],
    ['a reason of 123 bytes', closeFrame(4000, 'x'.repeat(123)), '887d 0fa0 [123]'],
  ]
  for (const [name, built, wire] of BUILT) it(name, () => assert.equal(built.toString('hex'), hex(wire).toString('hex')))

  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536, 1000.5]) {
    it(`refuses a close with ${code}`, () => {
      assert.equal(isCloseCode(code), false)
      assert.throws(() => closeFrame(code, ''), (error) => error instanceof BrownoutError && error.code === 'PARAM_INVALID' && error.message.includes(String(code)))
    })
  }

  it('refuses a reason that does not fit, by its bytes', () => {
    assert.throws(() => closeFrame(1000, 'é'.repeat(62)), /a reason of 124 bytes/)
    assert.equal(closeFrame(1000, 'é'.repeat(61)).length, 126)
  })

  it('keys come from the stream that is handed in, and use all their bits', () => {
    const [one, same] = [randomStream(7, 'mask'), randomStream(7, 'mask')]
    const keys = Array.from({ length: 200 }, () => maskKey(one))
    assert.deepEqual(keys, keys.map(() => maskKey(same)))
    assert.ok(keys.every((key) => Number.isInteger(key) && key >= 0 && key < 2 ** 32))
    for (let bit = 0; bit < 32; bit++) assert.ok(keys.some((key) => (key >>> bit) & 1) && keys.some((key) => !((key >>> bit) & 1)))
  })
})

describe('websocket frames, changed', () => {
  it('a text in three frames', () => {
    assert.deepEqual(fragmented(one('to-client', hex('8105 (Hello)')), 3).map((raw) => raw.toString('hex')), ['0101(H)', '0002 (el)', '8002 (lo)'].map((wire) => hex(wire).toString('hex')))
  })

  it('RFC 7692, 6.1: RSV1 on the first only', () => {
    const pieces = fragmented(one('to-client', hex('c107 f248cdc9c90700'), DEFLATE), 2)
    assert.deepEqual(framesOf('to-client', Buffer.concat(pieces), DEFLATE).map(shown), ['text#1… rsv1 3', 'continuation#1+ 4'])
  })

  it('of a fragmented message each frame by itself: it opens once, and ends once', () => {
    const wire = framesOf('to-client', hex('0103 (Hel) 8901(p) 8002 (lo)')).flatMap((frame) => fragmented(frame, 2))
    assert.deepEqual(framesOf('to-client', Buffer.concat(wire)).map(shown), ['text#1… 1', 'continuation#1+… 2', 'ping#2 1', 'continuation#1+… 1', 'continuation#1+ 1'])
  })

  it('more frames than bytes, one frame, and none', () => {
    assert.deepEqual(framesOf('to-client', Buffer.concat(fragmented(one('to-client', hex('8101(a)')), 3))).map(shown), ['text#1… 0', 'continuation#1+… 0', 'continuation#1+ 1'])
    for (const count of [1, 0, -1]) assert.deepEqual(fragmented(one('to-client', hex('8101(a)')), count), [hex('8101(a)')])
  })

  for (const wire of ['8905 (Hello)', '8802 03e8', '8a00', '8300']) {
    it(`leaves ${wire} whole`, () => assert.deepEqual(fragmented(one('to-client', hex(wire)), 3), [hex(wire)]))
  }

  it('any message, in any number of frames, says the same, masked as before', () => {
    const payload = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 200, maxLength: 400 })).map((bytes) => Buffer.from(bytes))
    fc.assert(fc.property(payload, fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (bytes, key, count, again) => {
      const frame = one('to-server', frameOf({ opcode: 'binary', payload: bytes, key }))
      const wire = fragmented(frame, count).flatMap((raw) => framesOf('to-server', raw)).flatMap((piece) => fragmented(piece, again))
      const frames = framesOf('to-server', Buffer.concat(wire))
      assert.equal(frames.length, count * again)
      assert.deepEqual(new Set(frames.map(({ message, kind }) => `${message} ${kind}`)), new Set(['1 binary']))
      assert.deepEqual(frames.map(({ fin }) => fin), frames.map((_, n) => n === frames.length - 1))
      assert.ok(frames.every(({ masked }) => masked === (key !== undefined)))
      assert.deepEqual(Buffer.concat(frames.map(payloadOf)), bytes)
      assert.deepEqual(Buffer.concat(frames.map(({ raw, payloadAt }) => raw.subarray(payloadAt))), frame.raw.subarray(frame.payloadAt), 'no byte of the payload changed on the wire')
    }), { numRuns: 300 })
  })

  it('a large frame is taken apart as it comes, part by part', () => {
    const payload = Buffer.from(Array.from({ length: 3 * HEAD_MAX }, (_, n) => n % 251))
    const parts = framesOf('to-server', frameOf({ opcode: 'binary', payload, key: KEY }))
    assert.deepEqual(parts.map(({ part }) => part), ['first', 'last'])
    const frames = framesOf('to-server', Buffer.concat(parts.flatMap((part) => fragmented(part, 4))))
    assert.deepEqual(frames.map(({ fin, place, message, wrong }) => [fin, place, message, wrong]), frames.map((_, n) => [n === 7, n === 0 ? 'first' : 'continuation', 1, undefined]))
    assert.deepEqual(Buffer.concat(frames.map(payloadOf)), payload)
  })

  it('another payload under the same mask, all else as it was', () => {
    const [first, last] = framesOf('to-server', Buffer.concat([frameOf({ opcode: 'text', payload: HELLO, fin: false, reserved: 4, key: KEY }), frameOf({ opcode: 'continuation', payload: HELLO, key: 5 })]), DEFLATE)
    assert.ok(first && last)
    const edited = framesOf('to-server', Buffer.concat([withPayload(first, Buffer.from('Bonjour')), withPayload(last, hex('[300]'))]), DEFLATE)
    assert.deepEqual(edited.map((frame) => [shown(frame), frame.key, payloadOf(frame).toString().slice(0, 7)]), [['text#1… rsv1 7', KEY, 'Bonjour'], ['continuation#1+ 300', 5, 'xxxxxxx']])
    assert.deepEqual(withPayload(first, HELLO), first.raw)
    assert.deepEqual(withPayload(one('to-client', hex('8105 (Hello)')), Buffer.from('Bye')), hex('8103 (Bye)'))
  })

  it('a whole message with another payload, in one frame that is not compressed', () => {
    const frames = framesOf('to-server', Buffer.concat([frameOf({ opcode: 'text', payload: HELLO, fin: false, reserved: 4, key: KEY }), frameOf({ opcode: 'continuation', payload: HELLO, key: 5 })]), DEFLATE)
    assert.deepEqual(frames.map((frame) => shown(one('to-server', messageWith(frame, Buffer.from('Bye')), DEFLATE))), ['text#1 3', 'text#1 3'])
    assert.deepEqual(messageWith(one('to-client', hex('8205 (Hello)')), Buffer.from('Bye')), hex('8203 (Bye)'))
  })
})

describe('websocket extensions', () => {
  const both = (takeover: boolean): unknown => ({ takeover: { 'to-server': takeover, 'to-client': takeover } })
  const PARSED: readonly (readonly [values: readonly string[], deflate: unknown, others: readonly string[]])[] = [
    [[], undefined, []], [[''], undefined, []],
    [['permessage-deflate'], both(true), []],
    [['permessage-deflate; server_no_context_takeover; client_no_context_takeover'], both(false), []],
    [['permessage-deflate;server_no_context_takeover ;\tclient_max_window_bits=12'], { takeover: { 'to-server': true, 'to-client': false } }, []],
    [['permessage-deflate; client_no_context_takeover; server_max_window_bits="10"'], { takeover: { 'to-server': false, 'to-client': true } }, []],
    [['x-fec; level=2, permessage-deflate'], both(true), ['x-fec']],
    [['x-fec', 'permessage-deflate'], both(true), ['x-fec']],
    [['x-webkit-deflate-frame'], undefined, ['x-webkit-deflate-frame']],
    [['permessage-deflate; unheard_of'], undefined, ['permessage-deflate']],
    [['permessage-deflate; server_max_window_bits=7'], undefined, ['permessage-deflate']],
    [['permessage-deflate; server_max_window_bits'], undefined, ['permessage-deflate']],
    [['permessage-deflate; client_max_window_bits=16'], undefined, ['permessage-deflate']],
    [['permessage-deflate; server_no_context_takeover=1'], undefined, ['permessage-deflate']],
    [['permessage-deflate; server_no_context_takeover; server_no_context_takeover'], undefined, ['permessage-deflate']],
    [['permessage-deflate, permessage-deflate'], both(true), ['permessage-deflate']],
    [['permessage-deflate; ='], undefined, ['permessage-deflate; =']],
    [['a b'], undefined, ['a b']], [[',,'], undefined, [',,']], [['"'], undefined, ['"']],
  ]
  for (const [values, deflate, others] of PARSED) it(JSON.stringify(values), () => assert.deepEqual(parseExtensions(...values), { deflate, others }))

  it('any header gives extensions, soon', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a;,= "\t\\') }))), (values) => { parseExtensions(...values) }))
    for (const value of ['a'.repeat(60_000), ' '.repeat(60_000), 'a;'.repeat(30_000), `a${' ;'.repeat(30_000)}`, `a; b=${'"'.repeat(60_000)}`, 'a,'.repeat(30_000), `a${' '.repeat(60_000)}x`]) {
      const before = process.cpuUsage()
      parseExtensions(value)
      assert.ok(process.cpuUsage(before).user < 1e6, value.slice(0, 5))
    }
  })

  it('with context takeover compressed messages are bound to each other; without it, and uncompressed, they are free', () => {
    const bound = (...values: readonly string[]): boolean[] => (['to-server', 'to-client'] as const).map((direction) => whyBound(parseExtensions(...values), direction) !== undefined)
    assert.deepEqual(bound(), [false, false])
    assert.deepEqual(bound('permessage-deflate'), [true, true])
    assert.deepEqual(bound('permessage-deflate; server_no_context_takeover'), [true, false])
    assert.deepEqual(bound('permessage-deflate; client_no_context_takeover'), [false, true])
    assert.deepEqual(bound('permessage-deflate; client_no_context_takeover; server_no_context_takeover'), [false, false])
    assert.deepEqual(bound('x-fec'), [true, true])
    assert.equal(whyBound(DEFLATE, 'to-client'), 'permessage-deflate carries its context from message to message')
    assert.equal(whyBound(parseExtensions('x-fec'), 'to-client'), 'x-fec may tie messages together')
  })
})

describe('websocket handshake', () => {
  it('1.3: the accept of a key', () => assert.equal(acceptOf(' dGhlIHNhbXBsZSBub25jZQ== '), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='))

  const HEAD = 'GET /chat HTTP/1.1\r\nHost: x\r\nupgrade: websocket\r\n'
  const STRIPPED: readonly (readonly [name: string, offers: string])[] = [
    ['as it is mostly written', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n'],
    ['in other letters', 'sec-websocket-EXTENSIONS:permessage-deflate\r\n'],
    ['more than once', 'Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b\r\n'],
    ['on several lines', 'Sec-WebSocket-Extensions: a,\r\n b\r\n\tc\r\n'],
    ['with a space before the colon', 'Sec-WebSocket-Extensions : a\r\n'],
    ['with a bare line feed', 'Sec-WebSocket-Extensions: a\n'],
  ]
  for (const [name, offers] of STRIPPED) {
    it(`takes out what is offered ${name}, and no other byte`, () => {
      for (const rest of ['Sec-WebSocket-Key: k\r\n\r\n', '\r\n', 'X-\xff: \x80\r\n\r\nSec-WebSocket-Extensions: in the body\r\n']) {
        assert.equal(withoutExtensions(Buffer.from(HEAD + offers + rest, 'latin1')).toString('latin1'), HEAD + rest)
      }
    })
  }

  for (const line of ['', 'X-Sec-WebSocket-Extensions: a\r\n', 'X: Sec-WebSocket-Extensions: a\r\n', 'X: a\rSec-WebSocket-Extensions: a\r\n', 'X: a\r\n Sec-WebSocket-Extensions: a\r\n', 'Sec-WebSocket-Extensions\r\n']) {
    it(`leaves a head with ${JSON.stringify(line)} as it is`, () => {
      const head = Buffer.from(`${HEAD}${line}\r\n`)
      assert.equal(withoutExtensions(head), head)
    })
  }
})
