/** A text that many are told, made into a frame once. Compressed it is the same for all, since nothing of one message is used in the next (server_no_context_takeover). */

import { constants, deflateRawSync } from 'node:zlib'

const TEXT = 0x81
const COMPRESSED = 0x40
/** What ends a flush and is not sent. (RFC 7692, 7.2.1) */
const TAIL_BYTES = 4

export class Prepared {
  readonly #text: Buffer
  readonly #threshold: number
  #plain: Buffer | undefined
  #compressed: Buffer | undefined

  /** Texts shorter than `threshold` are never compressed. */
  constructor(text: string, threshold: number) {
    this.#text = Buffer.from(text)
    this.#threshold = threshold
  }

  get length(): number { return this.#text.length }

  /** A server's frame; `deflate` where permessage-deflate was agreed on. */
  frame(deflate: boolean): Buffer {
    if (!deflate || this.#text.length < this.#threshold) {
      this.#plain ??= frameOf(TEXT, this.#text)
      return this.#plain
    }
    this.#compressed ??= frameOf(TEXT | COMPRESSED, deflateRawSync(this.#text, { level: 1, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL_BYTES))
    return this.#compressed
  }
}

/** Not masked, and whole. (RFC 6455, 5.2) */
function frameOf(first: number, payload: Buffer): Buffer {
  if (payload.length < 126) return Buffer.concat([Buffer.from([first, payload.length]), payload])
  const head = Buffer.alloc(payload.length < 65_536 ? 4 : 10)
  head[0] = first
  if (payload.length < 65_536) {
    head[1] = 126
    head.writeUInt16BE(payload.length, 2)
  } else {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  return Buffer.concat([head, payload])
}
