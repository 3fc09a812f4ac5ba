/** What HTTP/1.1 is cut into: heads, and what follows them as it comes. (RFC 9112) */

import type { Direction, Framed } from '../codec.ts'
import type { Expected } from './exchanges.ts'
import type { Head } from './head.ts'

/**
 * A request or an answer is one message in parts: its head, then what comes of its body, as it comes. Without a body it is its head.
 *
 * RequestHead, ResponseHead: from the start line to the empty line, never cut. Interim answers (1xx) are ResponseHeads, each whole in itself.
 * BodyData: bytes of a body, the framing of chunks included. Of a chunk the line before its data is never cut; the rest is, as the stream was.
 * LastChunk: the chunk of length 0 and the trailers, never cut: the last part of a chunked body, and no other part has bytes of it.
 * Opaque: what comes after a decoder gave up or the protocol was switched, or was left of a stream that ended inside a head.
 */
export type HttpType = 'RequestHead' | 'ResponseHead' | 'BodyData' | 'LastChunk' | 'Opaque'

export interface HttpMessage extends Framed {
  readonly type: HttpType
  readonly direction: Direction
  /** The data of a body are `raw` from `dataAt` to `dataEnd`: what stands before and behind them frames a chunk. Of a LastChunk both say where its trailers begin. */
  readonly dataAt: number
  readonly dataEnd: number
  /** The head that it is, or belongs to. */
  readonly head: Head | undefined
  /** Of what a server says: the request that it answers. */
  readonly answers: Expected | undefined
}
