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
/** It is the beginning of a message, or all of it. */
export const begins = ({ part }: Framed): boolean => part === 'whole' || part === 'first'
/** Its last byte is here. */
export const ends = ({ part }: Framed): boolean => part === 'whole' || part === 'last'

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

/**
 * Counts what a rule matches and draws for, one at a time: a command, a statement, a request. An exchange holds one or more of them;
 * null of what serves its exchange as a whole (a Sync, COPY data).
 */
export type OperationId = number

/** What a client's message belongs to. `last`: after it the server is to answer. */
export interface Asked { readonly exchange: ExchangeId; readonly operation: OperationId | null; readonly first: boolean; readonly last: boolean }
/** What a server's message answers. `last`: nothing more of this exchange will come, nor of any before it. */
export interface Answered { readonly exchange: ExchangeId; readonly operation: OperationId | null; readonly last: boolean }

/** One a session, shared by both directions: replies are paired with requests as the wire has them. */
export interface Conversation<M extends Framed> {
  readonly protocol: Protocol
  readonly toServer: Decoder<M>
  readonly toClient: Decoder<M>
  /** Requests that were sent and are not answered in full, and the exchange of the latest of them. */
  readonly unanswered: number
  readonly latest: ExchangeId | undefined
  /** Why messages are no longer read and paired: no protocol that is known, encrypted, a stream that a rule broke. */
  readonly opaque: string | undefined
  /** Once a message of the client's, in the order in which they came, before any fault. */
  asked(message: M): Asked
  /** What is really written to the server, after the faults, in that order. */
  sent(message: M, exchange: ExchangeId, operation: OperationId | null): void
  /** Once a message of the server's, in order; null of what answers nothing (a push, a notice). */
  received(message: M): Answered | null
  /** What a rule may match. Of a request before it is `sent`, of an answer once it was `received`. Read lazily. */
  facets(message: M): object
  /** What a rule may match of the session as a whole; absent where nothing is known of it. */
  readonly session?: object
  /** `raw`, which stands in the place of `like`, as messages of the same direction and pairing; empty where it is no whole number of messages. */
  reread(raw: Buffer, like: M): M[]
  /** What is really written to the client, after the faults, in that order; absent where nothing is paired with it. */
  delivered?(message: M): void
  /** Rules begin to read what is said: from now on it is kept what that needs. */
  heed?(): void
  /** The stream is no longer what the codec saw: nothing is paired from here on, and both directions pass untouched. */
  lose(why: string): void
}
