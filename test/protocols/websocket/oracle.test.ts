/** The same bytes through the receiver of ws: it stands what we find nothing wrong with, and reads the same of it. */

import assert from 'node:assert/strict'
import type { Writable } from 'node:stream'
import { constants, createDeflateRaw } from 'node:zlib'
import fc from 'fast-check'
import * as ws from 'ws'
import type { Direction } from '../../../src/protocols/codec.ts'
import { closeFrame, fragmented, frameOf, messageWith, type FrameFields } from '../../../src/protocols/websocket/build.ts'
import { WebSocketDecoder } from '../../../src/protocols/websocket/decoder.ts'
import { NO_EXTENSIONS, whyBound } from '../../../src/protocols/websocket/extensions.ts'
import { endsMessage, isControl, payloadOf, type Opcode } from '../../../src/protocols/websocket/frame.ts'
import { inPieces } from '../cuts.ts'
import { DEFLATE, DEFLATE_ALONE, framesOf, hex, shown } from './wire.ts'

/** ws exports them, its types do not say so. */
const Receiver = Reflect.get(ws, 'Receiver') as new (options: { isServer: boolean; skipUTF8Validation: boolean; extensions?: Readonly<Record<string, unknown>> }) => Writable
const PerMessageDeflate = Reflect.get(ws, 'PerMessageDeflate') as new () => { accept(response: readonly unknown[]): void; cleanup(): void }

interface Read { readonly events: readonly string[]; readonly error: string | undefined }

/** Without compression it is synchronous. UTF-8 is none of framing. */
function asked(direction: Direction, chunks: readonly Buffer[], skipUTF8Validation = true): Read {
  const events: string[] = []
  let error: string | undefined
  const receiver = new Receiver({ isServer: direction === 'to-server', skipUTF8Validation })
  receiver.on('message', (data: Buffer, binary: boolean) => events.push(`${binary ? 'binary' : 'text'} ${data.toString('hex')}`))
  receiver.on('ping', (data: Buffer) => events.push(`ping ${data.toString('hex')}`))
  receiver.on('pong', (data: Buffer) => events.push(`pong ${data.toString('hex')}`))
  receiver.on('conclude', (code: number, reason: Buffer) => events.push(`close ${code} ${reason.toString('hex')}`))
  receiver.on('error', () => undefined)
  // It unmasks in place: it gets its own copy.
  for (const chunk of chunks) if (error === undefined && !receiver.writableEnded) receiver.write(Buffer.from(chunk), (problem) => { error ??= problem?.message })
  return { events, error: error ?? (receiver.errored?.message) }
}

/** What ours makes of it, up to the close or to what a receiver would not stand. */
function ours(direction: Direction, chunks: readonly Buffer[]): Read {
  const decoder = new WebSocketDecoder(direction, NO_EXTENSIONS)
  const events: string[] = []
  const bodies = new Map<number, Buffer[]>()
  for (const frame of chunks.flatMap((chunk) => decoder.feed(chunk))) {
    if (frame.type === 'Opaque') return { events, error: decoder.broken }
    // ws stands a length in more bytes than it needs.
    if (frame.wrong !== undefined && !frame.wrong.startsWith('a length in more')) return { events, error: frame.wrong }
    const body = [...(bodies.get(frame.message) ?? []), payloadOf(frame)]
    bodies.set(frame.message, body)
    if (!endsMessage(frame)) continue
    bodies.delete(frame.message)
    const payload = Buffer.concat(body)
    if (frame.type === 'close') return { events: [...events, `close ${payload.length === 0 ? 1005 : payload.readUInt16BE(0)} ${payload.subarray(2).toString('hex')}`], error: undefined }
    events.push(`${frame.kind} ${payload.toString('hex')}`)
  }
  return { events, error: decoder.broken }
}

/** Of a close that ws takes although its reason is not UTF-8: it was told not to look. */
const looksAtReasons = ({ error }: Read): boolean => error !== 'a reason that is not UTF-8'

const payload = fc.oneof({ weight: 8, arbitrary: fc.uint8Array({ maxLength: 10 }) }, { weight: 1, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 300 }) }).map((bytes) => Buffer.from(bytes))
const opcode = fc.oneof({ weight: 20, arbitrary: fc.constantFrom<Opcode>('continuation', 'text', 'binary', 'ping', 'pong') }, { weight: 1, arbitrary: fc.constant<Opcode>('close') }, { weight: 1, arbitrary: fc.integer({ min: 3, max: 15 }) })
const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 })
const mostly = <T>(value: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> => fc.oneof({ weight: 30, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other })
const odd = fc.record({ opcode, payload, fin: fc.boolean(), reserved: mostly(0, fc.nat(7)), bare: mostly(false, fc.constant(true)), key: fc.integer({ min: 0, max: 2 ** 32 - 1 }) })

/** A frame as its direction demands, or the wrong way round where it is `bare`. */
const wireOf = (direction: Direction, { key, bare, ...fields }: FrameFields & { readonly bare: boolean }): Buffer =>
  frameOf({ ...fields, key: (direction === 'to-server') !== bare ? key : undefined })

describe('websocket decoder beside the receiver of ws', () => {
  for (const direction of ['to-server', 'to-client'] as const) {
    it(`${direction}: takes and refuses the same streams of odd frames, and reads the same messages before`, () => {
      let refused = 0
      let read = 0
      fc.assert(fc.property(fc.array(odd, { maxLength: 14 }), pieces, (frames, lengths) => {
        const chunks = inPieces(Buffer.concat(frames.map((frame) => wireOf(direction, frame))), lengths)
        const [mine, theirs] = [ours(direction, chunks), asked(direction, chunks)]
        if (!looksAtReasons(mine)) return
        assert.deepEqual([mine.events, mine.error !== undefined], [theirs.events, theirs.error !== undefined], `${mine.error} / ${theirs.error}`)
        if (mine.error !== undefined) refused++
        read += mine.events.length
      }), { numRuns: 1500 })
      assert.ok(refused > 150 && read > 500, `${refused} refused, ${read} read`)
    })

    it(`${direction}: streams of whole conversations are taken by both, however they are fragmented`, () => {
      const whole = fc.record({ opcode: fc.constantFrom<Opcode>('text', 'binary', 'ping', 'pong'), payload: fc.uint8Array({ maxLength: 125 }).map((bytes) => Buffer.from(bytes)), count: fc.integer({ min: 1, max: 5 }), key: fc.integer({ min: 0, max: 2 ** 32 - 1 }) })
      fc.assert(fc.property(fc.array(whole, { maxLength: 10 }), pieces, (messages, lengths) => {
        const wire = messages.flatMap(({ count, key, ...fields }) => {
          const frames = new WebSocketDecoder(direction).feed(frameOf({ ...fields, key: direction === 'to-server' ? key : undefined }))
          return frames.flatMap((frame) => fragmented(frame, count))
        })
        const chunks = inPieces(Buffer.concat([...wire, closeFrame(1000, '', direction === 'to-server' ? 1 : undefined)]), lengths)
        const theirs = asked(direction, chunks)
        assert.deepEqual(theirs, { events: [...messages.map(({ opcode: type, payload: bytes }) => `${type} ${bytes.toString('hex')}`), 'close 1000 '], error: undefined })
        assert.deepEqual(ours(direction, chunks), theirs)
      }), { numRuns: 500 })
    })
  }

  it('every code of a close: the same are allowed', () => {
    for (let code = 0; code < 2 ** 16; code += (code > 980 && code < 1030) || code % 1000 < 10 || code % 1000 > 990 ? 1 : 89) {
      const wire = frameOf({ opcode: 'close', payload: Buffer.from([code >> 8, code & 255]) })
      const [frame] = new WebSocketDecoder('to-client').feed(wire)
      assert.ok(frame)
      assert.equal(frame.wrong === undefined, asked('to-client', [wire]).error === undefined, shown(frame))
    }
  })

  it('every first byte, and every second', () => {
    for (const direction of ['to-server', 'to-client'] as const) {
      for (let first = 0; first < 256; first++) {
        for (const second of [0x00, 0x02, 0x7d, 0x7e, 0x80, 0x82, 0xfd, 0xfe]) {
          const masked = second >= 128
          const length = second & 127
          const size = length === 126 ? 130 : length
          // Enough that a receiver gets to see the end of it: it judges a mask before it waits for one.
          const chunks = [Buffer.concat([Buffer.from([first, second]), length === 126 ? hex('0082') : hex(''), masked ? hex('00000000') : hex(''), Buffer.alloc(size, '\x03\xe8', 'latin1')])]
          const [mine, theirs] = [ours(direction, chunks), asked(direction, chunks)]
          if (!looksAtReasons(mine)) continue
          assert.deepEqual([mine.events, mine.error !== undefined], [theirs.events, theirs.error !== undefined], `${chunks[0]?.toString('hex', 0, 8)} ${mine.error} / ${theirs.error}`)
        }
      }
    }
  })

  /** The texts that a client makes of `wire`; ends with the error where there is one. */
  async function inflated(wire: readonly Buffer[], takeover: boolean): Promise<string[]> {
    const deflate = new PerMessageDeflate()
    deflate.accept([takeover ? {} : { server_no_context_takeover: [true] }])
    const receiver = new Receiver({ isServer: false, skipUTF8Validation: false, extensions: { 'permessage-deflate': deflate } })
    const texts: string[] = []
    receiver.on('message', (data: Buffer) => texts.push(data.toString()))
    await new Promise<void>((resolve) => {
      receiver.on('error', ({ message }) => { texts.push(`error: ${message}`); resolve() })
      receiver.end(Buffer.concat(wire), resolve)
    })
    deflate.cleanup()
    return texts
  }

  for (const takeover of [true, false]) {
    it(`compressed messages ${takeover ? 'with context cannot' : 'without context can'} be dropped, doubled, swapped and edited`, async () => {
      // Each is most like the one before the last: a reference reaches over one message.
      const messages = Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? `{"order":${n},"status":"paid","note":"lorem ipsum dolor ${n}"}` : `<price of="tea" was="${n}">sit amet consectetur</price>`))
      let deflate = createDeflateRaw()
      const wire: Buffer[] = []
      for (const message of messages) {
        if (!takeover) deflate = createDeflateRaw()
        const payload: Buffer[] = []
        deflate.removeAllListeners('data').on('data', (chunk: Buffer) => payload.push(chunk))
        deflate.write(message)
        await new Promise<void>((resolve) => { deflate.flush(constants.Z_SYNC_FLUSH, resolve) })
        wire.push(frameOf({ opcode: 'text', reserved: 4, payload: Buffer.concat(payload).subarray(0, -4) }))
      }
      const [first, second, ...others] = wire
      assert.ok(first && second)
      const [one = '', two = '', ...rest] = messages
      const edited = messageWith(framesOf('to-client', first, DEFLATE)[0] ?? assert.fail(), Buffer.from('edited'))
      const CHANGED: Readonly<Record<string, readonly [Buffer[], string[]]>> = {
        nothing: [wire, messages], dropped: [[second, ...others], [two, ...rest]], doubled: [[first, second, second, ...others], [one, two, two, ...rest]],
        swapped: [[second, first, ...others], [two, one, ...rest]], edited: [[edited, second, ...others], ['edited', two, ...rest]],
      }
      for (const [change, [frames, texts]] of Object.entries(CHANGED)) {
        const read = await inflated(frames, takeover)
        if (takeover && change !== 'nothing') assert.notDeepEqual(read, texts, change)
        else assert.deepEqual(read, texts, change)
      }
      const extensions = takeover ? DEFLATE : DEFLATE_ALONE
      assert.equal(whyBound(extensions, 'to-client') !== undefined, takeover)
      // What is always possible: other frames, and messages that are not compressed, among them.
      const among = [first, frameOf({ opcode: 'text', payload: Buffer.from('amid') }), ...[second, ...others].flatMap((frame) => framesOf('to-client', frame, extensions)).flatMap((frame) => fragmented(frame, 3))]
      assert.deepEqual(await inflated(among, takeover), [one, 'amid', two, ...rest])
    })
  }

  it('a reason that is not UTF-8 is refused by both', () => {
    for (const reason of ['c328', 'e282', 'f8a1a1a1', 'eda080', 'e282ac']) {
      const wire = hex(`88 ${(2 + reason.length / 2).toString(16).padStart(2, '0')} 03e8 ${reason}`)
      const [frame] = new WebSocketDecoder('to-client').feed(wire)
      assert.equal(frame?.wrong === undefined, asked('to-client', [wire], false).error === undefined, reason)
    }
  })

  it('control frames are told from the rest', () => {
    assert.deepEqual((['continuation', 'text', 'binary', 'close', 'ping', 'pong', 'Opaque'] as const).filter(isControl), ['close', 'ping', 'pong'])
  })
})
