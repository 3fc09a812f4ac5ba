/** What can be matched by text: fragments joined, masks taken off, compression undone. */

import assert from 'node:assert/strict'
import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib'
import { HEAD_MAX, type Direction } from '../../../src/protocols/codec.ts'
import { INFLATED_MAX, TEXT_MAX } from '../../../src/protocols/websocket/body.ts'
import { frameOf } from '../../../src/protocols/websocket/build.ts'
import { WebSocketConversation } from '../../../src/protocols/websocket/conversation.ts'
import { parseExtensions, type Extensions } from '../../../src/protocols/websocket/extensions.ts'
import { endsMessage } from '../../../src/protocols/websocket/frame.ts'
import { inPieces } from '../cuts.ts'
import { DEFLATE, DEFLATE_ALONE, hex } from './wire.ts'

interface Asked { readonly reads?: boolean; readonly extensions?: Extensions; readonly direction?: Direction; readonly pieces?: readonly number[] }

/** The text of each frame, or part, of `wire`, and why some could not be read. */
function textsOf(wire: Buffer, { reads = true, extensions, direction = 'to-client', pieces = [1 << 20] }: Asked = {}): { texts: (string | undefined)[]; ended: (string | undefined)[]; blind: string | undefined } {
  const conversation = new WebSocketConversation(extensions)
  if (reads) conversation.readTexts()
  const texts: (string | undefined)[] = []
  const ended: (string | undefined)[] = []
  for (const piece of inPieces(wire, pieces)) {
    for (const frame of direction === 'to-client' ? conversation.toClient.feed(piece) : conversation.toServer.feed(piece)) {
      if (direction === 'to-client') conversation.received(frame)
      else conversation.asked(frame)
      texts.push(conversation.facets(frame).text)
      if (endsMessage(frame)) ended.push(texts.at(-1))
    }
  }
  return { texts, ended, blind: conversation.blind(direction) }
}

/** As a sender with context compresses a list of messages. */
async function compressed(messages: readonly string[], windowBits = 15): Promise<Buffer[]> {
  const deflate = createDeflateRaw({ windowBits })
  const out: Buffer[] = []
  deflate.on('data', (chunk: Buffer) => out.push(chunk))
  const frames: Buffer[] = []
  for (const message of messages) {
    deflate.write(message)
    await new Promise<void>((resolve) => { deflate.flush(constants.Z_SYNC_FLUSH, resolve) })
    frames.push(Buffer.concat(out.splice(0)).subarray(0, -4))
  }
  return frames
}

const alone = (text: string): Buffer => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
const RSV1 = 4
const text = (payload: Buffer, reserved = 0): Buffer => frameOf({ opcode: 'text', payload, reserved })

describe('websocket texts', () => {
  it('a message in fragments: at first what is here, with its last frame all of it', () => {
    const wire = hex('0103 (Hel) 8901(p) 0002 (lo) 8006 ( world) 8103 (end)')
    assert.deepEqual(textsOf(wire).texts, ['Hel', undefined, 'Hel', 'Hello world', 'end'])
    assert.deepEqual(textsOf(wire, { reads: false }).texts, ['Hel', undefined, undefined, undefined, 'end'], 'unless it was asked for')
  })

  it('a character that spans fragments, and masks that span parts', () => {
    assert.deepEqual(textsOf(hex('0101 e2 0001 82 8001 ac')).ended, ['€'])
    const long = 'päyload '.repeat(20_000)
    const wire = frameOf({ opcode: 'text', payload: Buffer.from(long), key: 0x01020304 })
    assert.ok(wire.length > 2 * HEAD_MAX)
    for (const pieces of [[1 << 20], [7, 10_001], [65_535]]) assert.deepEqual(textsOf(wire, { direction: 'to-server', pieces }).ended, [long])
  })

  it(`past ${TEXT_MAX} bytes a text is its beginning`, () => {
    const { ended } = textsOf(Buffer.concat([text(Buffer.alloc(TEXT_MAX + 5, 'x')), hex('8101(a)')]))
    assert.deepEqual(ended.map((one) => one?.length), [TEXT_MAX, 1])
  })

  for (const [section, wire, expected] of [
    ['7.2.3.1', 'c107 f248cdc9c90700', ['Hello']], ['7.2.3.1, in fragments', '4103 f248cd 8004 c9c90700', ['Hello']], ['7.2.3.2', 'c107 f248cdc9c90700 c105 f200110000', ['Hello', 'Hello']],
    ['7.2.3.3', 'c10b 000500faff (Hello) 00', ['Hello']], ['7.2.3.4', 'c108 f348cdc9c9070000', ['Hello']], ['7.2.3.5', 'c10d f24805000000ffffcac9c90700', ['Hello']], ['7.2.3.6', 'c101 00', ['']],
  ] as const) {
    it(`RFC 7692, ${section}: ${wire}`, () => assert.deepEqual(textsOf(hex(wire), { extensions: DEFLATE }).ended, expected))
  }

  it('compressed without context: each by itself, also when nobody reads along', () => {
    const wire = Buffer.concat(['Hello', 'Hello', 'world'].map((message) => text(alone(message), RSV1)))
    for (const reads of [true, false]) assert.deepEqual(textsOf(wire, { reads, extensions: DEFLATE_ALONE }), { texts: ['Hello', 'Hello', 'world'], ended: ['Hello', 'Hello', 'world'], blind: undefined })
  })

  it('compressed with context: what goes before is kept, binaries and 32 KiB back', async () => {
    const messages = Array.from({ length: 60 }, (_, n) => `{"order":${n % 7},"note":"${'abcdefghij'.repeat(n * 3)}"}`)
    for (const windowBits of [9, 15]) {
      const payloads = await compressed(messages, windowBits)
      const wire = Buffer.concat(payloads.map((payload, n) => frameOf({ opcode: n % 5 === 4 ? 'binary' : 'text', payload, reserved: RSV1 })))
      const { ended, blind } = textsOf(wire, { extensions: DEFLATE, pieces: [1, 100, 3000] })
      assert.deepEqual([ended, blind], [messages.map((message, n) => (n % 5 === 4 ? undefined : message)), undefined])
    }
  })

  it('compressed with context in one direction only', () => {
    const extensions = parseExtensions('permessage-deflate; server_no_context_takeover')
    const wire = Buffer.concat(['a', 'b'].map((message) => text(alone(message), RSV1)))
    assert.deepEqual(textsOf(wire, { extensions, reads: false }).ended, ['a', 'b'])
    const masked = frameOf({ opcode: 'text', payload: alone('a'), reserved: RSV1, key: 1 })
    assert.deepEqual(textsOf(masked, { extensions, reads: false, direction: 'to-server' }).ended, [undefined])
    assert.deepEqual(textsOf(masked, { extensions, direction: 'to-server' }).ended, ['a'])
  })

  it('who begins to read in the middle reads what refers to nothing, and is told why no more', async () => {
    const [first, second] = await compressed(['Hello', 'Hello'])
    assert.ok(first && second)
    const conversation = new WebSocketConversation(DEFLATE)
    const textOf = (wire: Buffer): (string | undefined)[] => conversation.toClient.feed(wire).map((frame) => {
      conversation.received(frame)
      return conversation.facets(frame).text
    })
    assert.deepEqual(textOf(text(first, RSV1)), [undefined])
    conversation.readTexts()
    assert.deepEqual(textOf(Buffer.concat([text(second, RSV1), hex('8102 (hi)')])), [undefined, 'hi'])
    assert.deepEqual([conversation.blind('to-client'), conversation.blind('to-server')], ['they were not read from the first on', undefined])
  })

  it('what cannot be inflated has no text; with context nothing compressed behind it has', () => {
    const wire = Buffer.concat([text(hex('ffffffff'), RSV1), text(alone('b'), RSV1), hex('8101(c)')])
    assert.deepEqual(textsOf(wire, { extensions: DEFLATE_ALONE }), { texts: [undefined, 'b', 'c'], ended: [undefined, 'b', 'c'], blind: undefined })
    assert.deepEqual(textsOf(wire, { extensions: DEFLATE }), { texts: [undefined, undefined, 'c'], ended: [undefined, undefined, 'c'], blind: 'one of them could not be inflated, or was too large' })
  })

  it('a bomb is not set off', () => {
    const bomb = alone('x'.repeat(INFLATED_MAX + 1))
    assert.ok(bomb.length < TEXT_MAX / 16)
    const wire = Buffer.concat([text(bomb, RSV1), text(alone('b'), RSV1)])
    assert.deepEqual(textsOf(wire, { extensions: DEFLATE_ALONE }).ended, [undefined, 'b'])
    const { ended, blind } = textsOf(wire, { extensions: DEFLATE })
    assert.deepEqual([ended, blind], [[undefined, undefined], 'one of them could not be inflated, or was too large'])
    const large = text(alone('y'.repeat(2 * TEXT_MAX)), RSV1)
    assert.deepEqual(textsOf(large, { extensions: DEFLATE }).ended.map((one) => one?.length), [TEXT_MAX])
  })

  it('of a compressed payload past the bound the beginning is read; with context nothing behind it', () => {
    const stored = deflateRawSync('x'.repeat(2 * TEXT_MAX), { level: 0, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
    const wire = Buffer.concat([text(stored, RSV1), text(alone('b'), RSV1)])
    const [beginning, next] = textsOf(wire, { extensions: DEFLATE_ALONE, pieces: [65_536] }).ended
    assert.ok(beginning && beginning.length > TEXT_MAX - 1000 && beginning.length < TEXT_MAX, `${beginning?.length}`)
    assert.equal(next, 'b')
    const { ended, blind } = textsOf(wire, { extensions: DEFLATE, pieces: [65_536] })
    assert.deepEqual([ended, blind], [[beginning, undefined], 'one of them could not be inflated, or was too large'])
  })
})
