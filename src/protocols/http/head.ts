/** What was found out about a head when it was framed; all else of it is read when it is asked for. */

/** How a body is framed where no length is declared. */
export const [CHUNKED, UNSAID] = [-1, -2] as const
export type Upgrade = 'websocket' | 'other'

/** Positions count from the first byte of `raw`. */
export class Head {
  readonly raw: Buffer
  /** Counts the requests of a session from 1; of a response 0. */
  readonly nth: number
  /** Where the start line begins: empty lines may stand before a request. */
  readonly startAt: number
  /** Of a request: where its method and its target end. */
  readonly methodEnd: number
  readonly targetEnd: number
  readonly fieldsAt: number
  /** Of a response; of a request 0. */
  readonly status: number
  /** HTTP/1.0 or HTTP/1.1. */
  readonly minor: number
  /** The methods that change how an answer is framed. */
  readonly method: 'HEAD' | 'CONNECT' | 'other'
  /** Bytes of the body, CHUNKED or UNSAID, as the head declares it. */
  readonly length: number
  /** Nothing comes behind this message: it says so, or is of HTTP/1.0 and does not say otherwise. */
  readonly close: boolean
  /** It offers, or accepts, to go on in another protocol. */
  readonly upgrade: Upgrade | undefined

  constructor(raw: Buffer, framing: Framing, nth: number) {
    this.raw = raw
    this.nth = nth
    this.startAt = framing.startAt
    this.methodEnd = framing.methodEnd
    this.targetEnd = framing.targetEnd
    this.fieldsAt = framing.fieldsAt
    this.status = framing.status
    this.minor = framing.minor
    this.method = framing.method
    this.length = framing.length
    this.close = framing.close
    this.upgrade = framing.upgrade
  }

  /** A 1xx that is followed by another answer. */
  get interim(): boolean { return this.status >= 100 && this.status < 200 && this.status !== SWITCHING }
  /** Of a request: its answer may turn the connection into something else. */
  get switches(): boolean { return this.method === 'CONNECT' || this.upgrade !== undefined }

  /** A copy that keeps nothing else alive: small buffers of Node's share a piece of memory, this one has its own. */
  detached(): Head {
    const raw = Buffer.allocUnsafeSlow(this.raw.length)
    this.raw.copy(raw)
    return new Head(raw, this, this.nth)
  }
}

/** What a scanner finds out. */
export type Framing = Pick<Head, 'startAt' | 'methodEnd' | 'targetEnd' | 'fieldsAt' | 'status' | 'minor' | 'method' | 'length' | 'close' | 'upgrade'>

export const SWITCHING = 101
