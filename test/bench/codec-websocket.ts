/** `node codec-websocket.js [SECONDS]`: what the WebSocket codec costs a frame, in processor time: a machine that is shared gives the same. */

import { constants, deflateRawSync } from 'node:zlib'
import { frameOf } from '../../src/protocols/websocket/build.ts'
import { WebSocketConversation } from '../../src/protocols/websocket/conversation.ts'
import type { WebSocketFrame } from '../../src/protocols/websocket/frame.ts'
import { DEFLATE } from '../protocols/websocket/wire.ts'

const SECONDS = Number(process.argv[2] ?? 1)
const CHUNK = 65_536
const TEXT = Buffer.from('{"order":1234,"status":"paid"}')
const SMALL = { 'to-server': frameOf({ opcode: 'text', payload: TEXT, key: 0x37fa213d }), 'to-client': frameOf({ opcode: 'text', payload: TEXT }) }

/** Runs `once` until SECONDS of processor time are gone, and prints what a frame took. */
function measure(name: string, once: () => number): void {
  for (let warm = 0; warm < 20; warm++) once()
  const before = process.cpuUsage()
  let [frames, us] = [0, 0]
  while (us < SECONDS * 1e6) {
    frames += once()
    const { user, system } = process.cpuUsage(before)
    us = user + system
  }
  console.log(`${name.padEnd(60)} ${((1000 * us) / frames).toFixed(0).padStart(8)} ns a frame ${(frames / us).toFixed(2).padStart(7)} M frames/s`)
}

/** Echoes, each frame in a chunk of its own as from a client that waits; `read` is given both. */
function echo(name: string, conversation: WebSocketConversation, [asked, answered]: readonly [Buffer, Buffer], read: (frame: WebSocketFrame) => void = () => undefined): void {
  measure(name, () => {
    for (let n = 0; n < 1000; n++) {
      for (const frame of conversation.toServer.feed(asked)) {
        const { exchange, operation } = conversation.asked(frame)
        conversation.sent(frame, exchange, operation)
        read(frame)
      }
      for (const frame of conversation.toClient.feed(answered)) {
        conversation.received(frame)
        conversation.delivered(frame)
        read(frame)
      }
    }
    return 2000
  })
}

/** A stream of one frame over and over, cut without regard to it. */
function stream(name: string, frame: Buffer): void {
  const whole = Buffer.alloc(Math.ceil((16 * CHUNK) / frame.length) * frame.length, frame)
  const chunks = Array.from({ length: Math.ceil(whole.length / CHUNK) }, (_, n) => whole.subarray(n * CHUNK, (n + 1) * CHUNK))
  const conversation = new WebSocketConversation()
  measure(name, () => chunks.reduce((frames, chunk) => frames + conversation.toClient.feed(chunk).length, 0))
}

echo('echo of a small text', new WebSocketConversation(), [SMALL['to-server'], SMALL['to-client']])
const matching = new WebSocketConversation()
let matched = 0
echo('  with its text matched', matching, [SMALL['to-server'], SMALL['to-client']], (frame) => { if (matching.facets(frame).text?.includes('paid')) matched++ })
const reading = new WebSocketConversation()
reading.readTexts()
echo('  with texts read along and matched', reading, [SMALL['to-server'], SMALL['to-client']], (frame) => { if (reading.facets(frame).text?.includes('paid')) matched++ })
const payload = deflateRawSync(TEXT, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
const compressed = [frameOf({ opcode: 'text', payload, reserved: 4, key: 0x37fa213d }), frameOf({ opcode: 'text', payload, reserved: 4 })] as const
echo('echo of a compressed text, passed', new WebSocketConversation(DEFLATE), compressed)
const inflating = new WebSocketConversation(DEFLATE)
inflating.readTexts()
echo('  with context kept, inflated and matched', inflating, compressed, (frame) => { if (inflating.facets(frame).text?.includes('paid')) matched++ })
echo('ping and pong, paired', new WebSocketConversation(), [frameOf({ opcode: 'ping', key: 1 }), frameOf({ opcode: 'pong' })])
stream('stream of small texts in chunks of 64 KiB', SMALL['to-client'])
stream('stream of frames of 1 MiB in chunks of 64 KiB', frameOf({ opcode: 'binary', payload: Buffer.alloc(2 ** 20) }))
if (matched === 0) process.exitCode = 1
