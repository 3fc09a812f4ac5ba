/** What a rule may match of a WebSocket frame. Nothing is read before it is asked for. */

import { Body } from './body.ts'
import { opensMessage, payloadOf, type Opcode, type WebSocketFrame } from './frame.ts'

export interface WebSocketFacets {
  /** Of its message: `text`, `binary`, `ping`, `pong`, `close`; `continuation` only where nothing was begun. */
  readonly opcode: Opcode | undefined
  /** Of a text message, as far as it has come: all of it with its last frame, TEXT_MAX bytes at the most. Of a close its reason. */
  readonly text: string | undefined
  /** Payload of the message on the wire, in bytes, up to the end of this frame. */
  readonly size: number
  /** Of a close: its code; 1005 where it has none, as a peer reports it. */
  readonly close_code: number | undefined
  readonly compressed: boolean
}

/** No code was given. (RFC 6455, 7.1.5) */
const NO_CODE = 1005

export class Facets implements WebSocketFacets {
  readonly #frame: WebSocketFrame
  readonly #bound: boolean

  /** `bound`: what is compressed can be read only by who reads all of it. */
  constructor(frame: WebSocketFrame, bound: boolean) {
    this.#frame = frame
    this.#bound = bound
  }

  get opcode(): Opcode | undefined { return this.#frame.kind === 'Opaque' ? undefined : this.#frame.kind }
  get size(): number { return this.#frame.messageBytes }
  get compressed(): boolean { return this.#frame.coding === 'deflate' }

  get close_code(): number | undefined {
    if (this.#frame.type !== 'close') return undefined
    const payload = payloadOf(this.#frame)
    return payload.length < 2 ? NO_CODE : payload.readUInt16BE(0)
  }

  get text(): string | undefined {
    const frame = this.#frame
    if (frame.type === 'close') return payloadOf(frame).toString('utf8', 2)
    if (frame.kind !== 'text') return undefined
    if (!frame.body && opensMessage(frame) && !(this.#bound && frame.coding === 'deflate')) {
      const body = new Body(frame.coding)
      body.add(frame)
      frame.body = body
    }
    return frame.body?.text
  }
}
