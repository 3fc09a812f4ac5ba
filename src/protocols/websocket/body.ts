/** What a message says: its payload without masks, joined and inflated. Made when somebody asks for it. (RFC 7692, 7.2.2) */

import { constants, inflateRawSync } from 'node:zlib'
import { Held } from '../held.ts'
import { endsMessage, payloadOf, type Coding, type WebSocketFrame } from './frame.ts'

/** Payload kept of a message, and bytes of its text, at the most: what a rule is matched against. */
export const TEXT_MAX = 2 ** 20
/** What one message is inflated to at the most. */
export const INFLATED_MAX = 2 ** 24

export class Body {
  readonly #coding: Coding
  readonly #window: Buffer | undefined
  readonly #payload = new Held()
  /** The message is this frame and nothing else: there is nothing to join. */
  #only: WebSocketFrame | undefined
  #complete = false
  #whole = true
  #read = false
  #said: Buffer | undefined
  #text: string | undefined

  /** `window`: what was inflated before it, where it may refer to that. */
  constructor(coding: Coding, window?: Buffer) {
    this.#coding = coding
    this.#window = window
  }

  /** Every byte of the payload was kept. */
  get whole(): boolean { return this.#whole }

  /** The next frame of the message, or part of one, in order. */
  add(frame: WebSocketFrame): void {
    const room = TEXT_MAX - this.#payload.length
    const length = frame.raw.length - frame.payloadAt
    this.#complete = endsMessage(frame)
    if (length > room) this.#whole = false
    if (this.#complete && frame.place === 'first' && frame.part === 'whole') this.#only = frame
    else if (room > 0) this.#payload.add(payloadOf(frame), 0, Math.min(length, room), TEXT_MAX)
    if (this.#complete) this.#read = false
  }

  /** The first TEXT_MAX bytes of `said`. */
  get text(): string | undefined {
    const { said } = this
    this.#text ??= said?.toString('utf8', 0, TEXT_MAX)
    return this.#text
  }

  /** Inflated where it was compressed. As far as it had come when it was first asked for; once the message is complete, all of it, or what TEXT_MAX bytes of payload make. Undefined where it cannot be read, or would be inflated to more than INFLATED_MAX. */
  get said(): Buffer | undefined {
    if (!this.#read) {
      this.#read = true
      this.#text = undefined
      this.#said = this.#coding === 'none' ? this.#bytes : this.#coding === 'deflate' ? this.#inflated() : undefined
    }
    return this.#said
  }

  /** What a sender cuts off the end, and a receiver is to put there, adds nothing: what is here is inflated to its last byte all the same. */
  #inflated(): Buffer | undefined {
    try {
      return inflateRawSync(this.#bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: INFLATED_MAX, ...(this.#window?.length ? { dictionary: this.#window } : {}) })
    } catch {
      return undefined
    }
  }

  get #bytes(): Buffer { return this.#only ? payloadOf(this.#only) : this.#payload.bytes }
}
