/** What a session between a real client and a real server said, its handshake taken off. */

import assert from 'node:assert/strict'
import type { Direction } from '../../../src/protocols/codec.ts'
import { WebSocketConversation } from '../../../src/protocols/websocket/conversation.ts'
import { NO_EXTENSIONS, parseExtensions, type Extensions } from '../../../src/protocols/websocket/extensions.ts'
import type { WebSocketFacets } from '../../../src/protocols/websocket/facets.ts'
import { endsMessage, isControl, type WebSocketFrame } from '../../../src/protocols/websocket/frame.ts'
import { decode, inPieces } from '../cuts.ts'
import type { Listener } from '../pipe.ts'
import { codecOf } from './wire.ts'

interface Seen { readonly frame: WebSocketFrame; readonly facets: WebSocketFacets; readonly text: string | undefined; readonly pairs: number | undefined }

const END = Buffer.from('\r\n\r\n')

export class Recorded implements Listener {
  /** The head of the request, and of the response. */
  readonly heads: Record<Direction, string> = { 'to-server': '', 'to-client': '' }
  /** What came behind them. */
  readonly bytes: Readonly<Record<Direction, Buffer[]>> = { 'to-server': [], 'to-client': [] }
  readonly seen: Readonly<Record<Direction, Seen[]>> = { 'to-server': [], 'to-client': [] }
  extensions: Extensions = NO_EXTENSIONS
  #conversation: WebSocketConversation | undefined

  get conversation(): WebSocketConversation { return this.#conversation ?? assert.fail('no upgrade') }

  toServer(chunk: Buffer): void {
    const frames = this.#behindHead(chunk, 'to-server')
    // A client says nothing before the response.
    if (frames.length === 0) return
    for (const frame of this.conversation.toServer.feed(frames)) {
      const { exchange, operation } = this.conversation.asked(frame)
      this.#sees(frame, frame.answers)
      this.conversation.sent(frame, exchange, operation)
    }
  }

  toClient(chunk: Buffer): void {
    for (const frame of this.#conversationAfter(this.#behindHead(chunk, 'to-client'))) {
      this.#sees(frame, this.conversation.received(frame)?.exchange)
      this.conversation.delivered(frame)
    }
  }

  frames(direction: Direction, type: WebSocketFrame['type']): Seen[] { return this.seen[direction].filter(({ frame }) => frame.type === type) }

  /** The texts of whole messages. */
  texts(direction: Direction): (string | undefined)[] { return this.seen[direction].filter(({ frame }) => endsMessage(frame) && frame.kind === 'text').map(({ text }) => text) }

  /** All of it was understood, nothing in it is wrong, and cut otherwise it reads the same. */
  check(): void {
    for (const decoder of [this.conversation.toServer, this.conversation.toClient]) assert.deepEqual([decoder.broken, decoder.rest.length], [undefined, 0])
    for (const direction of ['to-server', 'to-client'] as const) {
      assert.deepEqual(this.seen[direction].map(({ frame }) => frame.wrong).filter((wrong) => wrong !== undefined), [])
      assert.equal(this.conversation.blind(direction), undefined)
      const input = Buffer.concat(this.bytes[direction])
      const codec = codecOf(direction, this.extensions)
      const whole = decode(codec, [input])
      for (const lengths of [[1], [3, 1000], [65_537]]) if (input.length < 20_000 || lengths[0] !== 1) assert.deepEqual(decode(codec, inPieces(input, lengths)), whole)
    }
  }

  #sees(frame: WebSocketFrame, pairs: number | undefined): void {
    const facets = this.conversation.facets(frame)
    this.seen[frame.direction].push({ frame, facets, text: isControl(frame.type) || endsMessage(frame) ? facets.text : undefined, pairs })
  }

  #conversationAfter(frames: Buffer): WebSocketFrame[] {
    if (!this.#conversation && this.heads['to-client'].startsWith('HTTP/1.1 101')) {
      this.extensions = parseExtensions(...[...this.heads['to-client'].matchAll(/^sec-websocket-extensions: *(.*)\r$/gim)].map(([, value]) => value ?? ''))
      this.#conversation = new WebSocketConversation(this.extensions)
      this.#conversation.readTexts()
    }
    return frames.length > 0 ? this.conversation.toClient.feed(frames) : []
  }

  /** Takes the head off; heads of these clients and servers come in one piece. */
  #behindHead(chunk: Buffer, direction: Direction): Buffer {
    if (this.heads[direction] !== '') {
      this.bytes[direction].push(chunk)
      return chunk
    }
    const end = chunk.indexOf(END)
    assert.ok(end >= 0, 'a head in pieces')
    this.heads[direction] = chunk.toString('latin1', 0, end + END.length)
    const rest = chunk.subarray(end + END.length)
    if (rest.length > 0) this.bytes[direction].push(rest)
    return rest
  }
}
