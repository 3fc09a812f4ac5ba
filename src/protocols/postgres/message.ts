/** The messages of the Postgres protocol, 3.0 and 3.2: their names, their type bytes and how long each may be. (PostgreSQL 18, 54.7) */

import type { Direction, Framed } from '../codec.ts'
import type { Statement } from './statement.ts'

/** No server takes more, and none sends more. */
const LARGE = 2 ** 30
/** What is longer and of these types is not Postgres any more. (backend: PQ_SMALL_MESSAGE_LIMIT, PG_MAX_AUTH_TOKEN_LENGTH) */
const SMALL = 10_000
const TOKEN = 65_535
const SHORT = 65_536

/** By type byte: the name in the specification and the largest length field. `p` stands for all answers to an authentication request. */
const FRONTEND = {
  B: ['Bind', LARGE], C: ['Close', SMALL], D: ['Describe', SMALL], E: ['Execute', SMALL], F: ['FunctionCall', LARGE], H: ['Flush', SMALL],
  P: ['Parse', LARGE], Q: ['Query', LARGE], S: ['Sync', SMALL], X: ['Terminate', SMALL], d: ['CopyData', LARGE], c: ['CopyDone', SMALL],
  f: ['CopyFail', SMALL], p: ['PasswordMessage', TOKEN],
} as const

const BACKEND = {
  1: ['ParseComplete', SHORT], 2: ['BindComplete', SHORT], 3: ['CloseComplete', SHORT], A: ['NotificationResponse', LARGE],
  C: ['CommandComplete', SHORT], D: ['DataRow', LARGE], E: ['ErrorResponse', LARGE], G: ['CopyInResponse', SHORT], H: ['CopyOutResponse', SHORT],
  I: ['EmptyQueryResponse', SHORT], K: ['BackendKeyData', SHORT], N: ['NoticeResponse', LARGE], R: ['Authentication', SHORT],
  S: ['ParameterStatus', SHORT], T: ['RowDescription', LARGE], V: ['FunctionCallResponse', LARGE], W: ['CopyBothResponse', SHORT],
  Z: ['ReadyForQuery', SHORT], c: ['CopyDone', SHORT], d: ['CopyData', LARGE], n: ['NoData', SHORT], s: ['PortalSuspended', SHORT],
  t: ['ParameterDescription', LARGE], v: ['NegotiateProtocolVersion', SHORT],
} as const

type NamesOf<T extends Readonly<Record<string, readonly [string, number]>>> = T[keyof T][0]
export type FrontendType = NamesOf<typeof FRONTEND>
export type BackendType = NamesOf<typeof BACKEND>
/** What a client says before there are type bytes, and the one byte it is answered. */
export type StartupType = 'StartupMessage' | 'SSLRequest' | 'GSSENCRequest' | 'CancelRequest'
/** Opaque: TLS, GSS, what comes after a decoder gave up, or what was left of a stream that ended inside a message. */
export type MessageType = FrontendType | BackendType | StartupType | 'EncryptionResponse' | 'Opaque'

export interface PostgresMessage extends Framed {
  readonly type: MessageType
  readonly direction: Direction
  /** Of the whole message, as it declares itself; of an opaque one, what is here. */
  readonly sizeBytes: number
  /** The statement that it carries or names. Filled in by the conversation when it first needs it; null where there is none. */
  statement: Statement | null | undefined
  /** Of what a server says: the type of the client's message that it answers. Filled in as `statement` is. */
  answers: MessageType | undefined
}

/** Whole, or the first part of a large one. */
export const begins = ({ part }: Framed): boolean => part === 'whole' || part === 'first'
/** A client's message at which a statement runs. */
export const runs = (message: PostgresMessage): boolean => (message.type === 'Query' || message.type === 'Execute') && begins(message)

export interface Frame { readonly type: MessageType; readonly most: number }

/** Indexed by type byte. */
const indexed = (table: Readonly<Record<string, readonly [MessageType, number]>>): readonly (Frame | undefined)[] => {
  const frames: (Frame | undefined)[] = Array.from({ length: 256 }, () => undefined)
  for (const [letter, [type, most]] of Object.entries(table)) frames[letter.charCodeAt(0)] = { type, most }
  return frames
}
export const FRONTEND_FRAMES = indexed(FRONTEND)
export const BACKEND_FRAMES = indexed(BACKEND)

/** Before a server has let the client in, it says only this, and no more than this. (libpq: fe-connect.c) */
export const UNAUTHENTICATED_FRAMES = indexed({
  R: ['Authentication', 2000], v: ['NegotiateProtocolVersion', 2000], E: ['ErrorResponse', 30_000], N: ['NoticeResponse', 30_000],
})

/** What holds a password, a proof of one, or a key: its bytes belong on the wire and nowhere else. */
export const isSecret = ({ type }: PostgresMessage): boolean =>
  type === 'PasswordMessage' || type === 'Authentication' || type === 'BackendKeyData' || type === 'CancelRequest' || type === 'Opaque'
