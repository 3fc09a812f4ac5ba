/** The words that every protocol shares. */

/** Which way a byte goes. Rules, events and faults speak of nothing else: no upstream, no downstream. */
export type Direction = 'to-server' | 'to-client'
export const DIRECTIONS = ['to-server', 'to-client'] as const satisfies readonly Direction[]
export const opposite = (direction: Direction): Direction => (direction === 'to-server' ? 'to-client' : 'to-server')
/** One of each, made apart: what is kept a direction is never shared by accident. */
export const perDirection = <T>(make: () => T): Readonly<Record<Direction, T>> => ({ 'to-server': make(), 'to-client': make() })

/** What a target speaks. `tcp` stands for anything that brownout does not read. */
export const PROTOCOLS = ['tcp', 'redis', 'postgres', 'http', 'websocket'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** A message, or a part of a large one: small ones come whole; of one past HEAD_MAX only the head is held, the rest comes in parts as it arrives. `raw` are views into what was fed, joined only when a message spans chunks. */
export interface Framed { readonly raw: Buffer; readonly part: 'whole' | 'first' | 'middle' | 'last' }

/** Bytes held of one message at the most. */
export const HEAD_MAX = 65_536

/** Cuts one direction of a stream into messages. No socket, no timer; never throws. The raws of all messages and `rest`, joined, are the input. */
export interface Decoder<M extends Framed> {
  feed(chunk: Buffer): M[]
  /** The stream has ended: what was held comes as it is. */
  end(): M[]
  readonly rest: Buffer
  /** It has given up: what comes is no longer understood and passes untouched. */
  readonly broken: string | undefined
}

/** Counts the exchanges of a session, in the order in which they were opened. */
export type ExchangeId = number

/** One a session, shared by both directions: replies are paired with requests as the wire has them. */
export interface Conversation<M extends Framed> {
  readonly toServer: Decoder<M>
  readonly toClient: Decoder<M>
  /** What was really written to the server, after the faults. */
  sent(message: M, exchange: ExchangeId): void
  /** The exchange that a message from the server belongs to; null for none (a push, a notice). */
  received(message: M): { readonly exchange: ExchangeId; readonly last: boolean } | null
}
