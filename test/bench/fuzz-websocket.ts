/** `node fuzz-websocket.js [COUNT] [SEED]`: COUNT mutated streams, cut at random, through a whole conversation with and without compression. Ends with 1 at the first that throws, loses a byte or reads differently when cut. */

import { deflateRawSync } from 'node:zlib'
import { randomStream } from '../../src/core/random.ts'
import { begins, DIRECTIONS, ends, type Direction } from '../../src/protocols/codec.ts'
import { closeFrame, fragmented, frameOf, maskKey, messageWith } from '../../src/protocols/websocket/build.ts'
import { WebSocketConversation } from '../../src/protocols/websocket/conversation.ts'
import { NO_EXTENSIONS, parseExtensions, type Extensions } from '../../src/protocols/websocket/extensions.ts'
import { endsMessage, type Opcode } from '../../src/protocols/websocket/frame.ts'
import { decode, inPieces } from '../protocols/cuts.ts'
import { codecOf, DEFLATE, DEFLATE_ALONE, framesOf } from '../protocols/websocket/wire.ts'

const COUNT = Number(process.argv[2] ?? 20_000)
const SEED = Number(process.argv[3] ?? 1)
const EXTENSIONS: readonly Extensions[] = [NO_EXTENSIONS, DEFLATE, DEFLATE_ALONE, parseExtensions('x-fec')]
const random = randomStream(SEED, 'fuzz-websocket')
const below = (most: number): number => Math.floor(random() * most)
const pick = <T>(among: readonly [T, ...T[]]): T => among[below(among.length)] ?? among[0]

function frame(direction: Direction): Buffer {
  const key = direction === 'to-server' ? maskKey(random) : undefined
  const opcode = pick<Opcode>(['continuation', 'text', 'text', 'binary', 'ping', 'pong', 'close'])
  const text = Buffer.from('fuzz '.repeat(below(60)))
  if (opcode === 'close') return closeFrame(pick([1000, 1013, 4000, undefined]), 'so long', key)
  if (opcode === 'ping' || opcode === 'pong') return frameOf({ opcode, payload: text.subarray(0, 100), key })
  const compressed = random() < 0.5
  const payload = compressed ? deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4) : text
  const whole = frameOf({ opcode, payload, reserved: compressed && opcode !== 'continuation' ? 4 : 0, key })
  return Buffer.concat(framesOf(direction, whole, DEFLATE).flatMap((one) => fragmented(one, 1 + below(3))))
}

function stream(direction: Direction): Buffer {
  const bytes = Buffer.concat(Array.from({ length: 1 + below(10) }, () => frame(direction)))
  for (let flips = below(4); flips > 0 && bytes.length > 0; flips--) {
    const at = below(bytes.length)
    bytes[at] = random() < 0.5 ? below(256) : (bytes[below(bytes.length)] ?? 0)
  }
  return random() < 0.2 ? bytes.subarray(below(bytes.length), bytes.length) : bytes
}

const same = (direction: Direction, extensions: Extensions, input: Buffer): boolean => {
  const lengths = Array.from({ length: 1 + below(5) }, () => 1 + below(60))
  return JSON.stringify(decode(codecOf(direction, extensions), inPieces(input, lengths))) === JSON.stringify(decode(codecOf(direction, extensions), [input]))
}

let texts = 0
let paired = 0
for (let n = 0; n < COUNT; n++) {
  const streams = { 'to-server': stream('to-server'), 'to-client': stream('to-client') }
  const extensions = EXTENSIONS[n % EXTENSIONS.length] ?? NO_EXTENSIONS
  try {
    if (!DIRECTIONS.every((direction) => same(direction, extensions, streams[direction]))) throw new Error('it reads differently when it is cut')
    const conversation = new WebSocketConversation(extensions)
    if (random() < 0.8) conversation.readTexts()
    for (const direction of DIRECTIONS) {
      for (const one of (direction === 'to-server' ? conversation.toServer : conversation.toClient).feed(streams[direction])) {
        if (direction === 'to-server') conversation.sent(one, conversation.asked(one).exchange, null)
        else if (conversation.received(one)) paired++
        if (direction === 'to-client') conversation.delivered(one)
        if (begins(one) && ends(one) && one.type !== 'Opaque' && conversation.reread(one.raw, one)[0]?.message !== one.message) throw new Error('it reads differently in its own place')
        const { text, close_code } = conversation.facets(one)
        if (text !== undefined && endsMessage(one)) texts++
        if (close_code !== undefined && one.type !== 'close') throw new Error('a code of what is no close')
        fragmented(one, 3)
        messageWith(one, one.raw)
      }
    }
  } catch (error) {
    console.error(`stream ${n} of seed ${SEED}: ${String(error)}\n${JSON.stringify([streams['to-server'].toString('hex'), streams['to-client'].toString('hex')])}`)
    process.exitCode = 1
    break
  }
}
console.log(`fuzz-websocket: ${COUNT} streams of seed ${SEED}, ${texts} texts read, ${paired} answers paired`)
