/** Pairs what a server says with what it was sent, through pipelines, errors and COPY. (PostgreSQL 18, 54.2) */

import type { Asked, Conversation, ExchangeId, OperationId } from '../codec.ts'
import { Fifo } from '../fifo.ts'
import { Handshake, PostgresDecoder } from './decoder.ts'
import { Exchanges } from './exchanges.ts'
import { takeOut, type Expected, type Paired } from './expected.ts'
import { facetsOf, type PostgresFacets, type SessionFacets } from './facets.ts'
import { isFatal, parameterOf, startupParameters, statusOfReadyForQuery, type TransactionStatus } from './fields.ts'
import type { MessageType, PostgresMessage } from './message.ts'
import { cancelRequest } from './request.ts'
import { Listens } from './listens.ts'
import { Statements } from './statements.ts'

/** Requests unanswered at the most: past it pairing is given up for the session. */
export const UNANSWERED_MAX = 2 ** 20

/** After an error in one of these the server passes over everything up to the next Sync. */
const EXTENDED: ReadonlySet<MessageType> = new Set(['Parse', 'Bind', 'Describe', 'Execute', 'Close'])
/** These are answered with a ReadyForQuery. */
const ENDED_BY_READY: ReadonlySet<MessageType> = new Set(['StartupMessage', 'Query', 'FunctionCall', 'Sync'])
/** A server that takes COPY data passes over these. */
const IGNORED_IN_COPY: ReadonlySet<MessageType> = new Set(['Sync'])
const KEY_AT = 5
const APPLICATION = 'application_name'

export class PostgresConversation implements Conversation<PostgresMessage> {
  readonly protocol = 'postgres'
  readonly #handshake = new Handshake()
  readonly toServer = new PostgresDecoder('to-server', this.#handshake)
  readonly toClient = new PostgresDecoder('to-client', this.#handshake)
  readonly #exchanges = new Exchanges()
  readonly #statements = new Statements()
  readonly #expected = new Fifo<Expected>()
  readonly #listens = new Listens()
  readonly #session: SessionFacets = { status: 'I', user: undefined, database: undefined, application: undefined }
  /** The server passes over what it is sent until a Sync, and none was sent yet. */
  #skipping = false
  /** The server takes COPY data; the client has not said yet that it is done. */
  #copyIn = false
  #lost = false
  #loggedIn = false
  /** What a CancelRequest names of this session: process and key. */
  #key: Buffer | undefined
  /** What the message in hand was paired with, for the parts of a large one. */
  #paired: Paired | null = null
  #answers: MessageType | undefined

  /** TLS or GSS: nothing can be read, and only TCP faults reach this session. */
  get encrypted(): boolean { return this.#handshake.encrypted }
  /** As the latest ReadyForQuery had it. */
  get status(): TransactionStatus { return this.#session.status }
  /** The first ReadyForQuery has come. */
  get loggedIn(): boolean { return this.#loggedIn }
  /** It has LISTENed, and not UNLISTENed to all of it. */
  get listening(): boolean { return this.#listens.any }
  /** What asks a server, on another connection, to give up what this session waits for; undefined before the login is done. A secret. */
  get cancelRequest(): Buffer | undefined { return this.#key && cancelRequest(this.#key) }
  /** Requests that were sent and are not answered in full. */
  get unanswered(): number { return this.#expected.size }
  get latest(): ExchangeId | undefined { return this.#expected.tail?.exchange }
  /** Too much was unanswered, or a rule broke the stream: no message is paired any more. */
  get lost(): boolean { return this.#lost }
  get opaque(): string | undefined { return this.encrypted ? 'encrypted' : this.toServer.broken ?? this.toClient.broken ?? (this.#lost ? 'too much is unanswered' : undefined) }

  /** The exchange that a client's message belongs to. Once a message, in the order in which they came, before any fault. */
  asked(message: PostgresMessage): Asked {
    if (message.type === 'StartupMessage') this.#introduced(message)
    return this.#exchanges.asked(message, this.#statements.of(message))
  }

  sent(message: PostgresMessage, exchange: ExchangeId, operation: OperationId | null): void {
    if (message.part === 'middle' || message.part === 'last') return
    const { type } = message
    switch (type) {
      case 'SSLRequest': case 'GSSENCRequest':
        this.#handshake.unanswered++
        return this.#expect(message, exchange, operation)
      case 'CopyDone': case 'CopyFail':
        if (this.#copyIn) this.#copyIn = false
        else if (this.#expected.size > 0) this.#expected.push({ type: 'CopyDone', exchange, operation: null, last: false, statement: null })
        return
      case 'Sync':
        if (this.#copyIn) return
        this.#skipping = false
        return this.#expect(message, exchange, operation)
      case 'StartupMessage': return this.#expect(message, exchange, operation)
      case 'Query': case 'FunctionCall': case 'Parse': case 'Bind': case 'Describe': case 'Execute': case 'Close':
        return this.#skipping ? this.#passedOver(message) : this.#expect(message, exchange, operation)
    }
  }

  received(message: PostgresMessage): Paired | null {
    if (message.part === 'whole' || message.part === 'first') this.#paired = this.#lost ? null : this.#pair(message)
    message.statement = this.#paired?.statement ?? null
    message.answers = this.#paired ? this.#answers : undefined
    return this.#paired
  }

  /** What a rule may match. Of a server's message once it was `received`. */
  facets(message: PostgresMessage): PostgresFacets {
    if (message.direction === 'to-server') this.#statements.of(message)
    return facetsOf(message, this.#session)
  }

  get session(): Omit<SessionFacets, 'status'> & { readonly in_transaction: boolean } {
    const { status, ...session } = this.#session
    return { ...session, in_transaction: status !== 'I' }
  }

  reread(raw: Buffer, { direction, statement, answers }: PostgresMessage): PostgresMessage[] {
    const handshake = new Handshake()
    handshake.authenticated = this.#handshake.authenticated
    const decoder = new PostgresDecoder(direction, handshake, direction === 'to-client' || this.toServer.started)
    const messages = decoder.feed(raw)
    if (decoder.broken !== undefined || decoder.rest.length > 0) return []
    if (direction === 'to-client') for (const message of messages) { message.statement = statement; message.answers = answers }
    return messages
  }

  lose(why: string): void {
    this.#lost = true
    this.#expected.clear()
    this.toServer.giveUp(why)
    this.toClient.giveUp(why)
  }

  #expect(message: PostgresMessage, exchange: ExchangeId, operation: OperationId | null): void {
    if (this.#expected.size >= UNANSWERED_MAX) {
      this.#lost = true
      this.#expected.clear()
    }
    if (!this.#lost) this.#expected.push({ type: message.type, exchange, operation, last: false, statement: this.#statements.of(message) })
  }

  #passedOver(message: PostgresMessage): void {
    const statement = this.#statements.of(message)
    if (message.type === 'Parse' && statement) this.#statements.refused(statement)
  }

  #pair(message: PostgresMessage): Paired | null {
    const head = this.#head()
    this.#answers = head?.type
    switch (message.type) {
      case 'Opaque': case 'NotificationResponse': return null
      case 'ParameterStatus':
        this.#told(message)
        return head?.type === 'StartupMessage' ? head : null
      case 'BackendKeyData':
        this.#key = Buffer.from(message.raw.subarray(KEY_AT))
        return head?.type === 'StartupMessage' ? head : null
      case 'NoticeResponse': case 'NegotiateProtocolVersion': return head?.type === 'StartupMessage' ? head : null
      case 'EncryptionResponse': return this.#closes(head)
      case 'ParseComplete': {
        if (head?.type === 'Parse' && head.statement) this.#statements.accepted(head.statement)
        return this.#answered('Parse')
      }
      case 'BindComplete': return this.#answered('Bind')
      case 'CloseComplete': {
        if (head?.type === 'Close' && head.statement && head.statement.name !== '') this.#statements.closed(head.statement)
        return this.#answered('Close')
      }
      case 'RowDescription': case 'NoData': return this.#answered('Describe')
      case 'CommandComplete': this.#listens.done(message, head?.statement ?? null); return this.#answered('Execute')
      case 'EmptyQueryResponse': case 'PortalSuspended': return this.#answered('Execute')
      case 'CopyInResponse':
        this.#copyIn = !takeOut(this.#expected, IGNORED_IN_COPY, 'CopyDone')
        return head ?? null
      case 'ErrorResponse': return this.#failed(message)
      case 'ReadyForQuery': return this.#ready(message)
      default: return head ?? null
    }
  }

  /** The request that is being answered. */
  #head(): Paired & { readonly type: MessageType } | undefined {
    // Left over where a COPY failed, or was none: never answered.
    while (this.#expected.head?.type === 'CopyDone') this.#expected.pop()
    return this.#expected.head
  }

  /** The head has its answer, if it is of `type`; of a simple query, and of a server that surprises, it goes on. */
  #answered(type: MessageType): Paired | null {
    const head = this.#expected.head
    if (head?.type === type) this.#expected.pop()
    return head ?? null
  }

  #closes(head: Paired | undefined): Paired | null {
    if (!head) return null
    this.#expected.pop()
    return ended(head, null)
  }

  #failed(message: PostgresMessage): Paired | null {
    const head = this.#expected.head
    this.#copyIn = false
    if (!head) return null
    if (head.type === 'SSLRequest' || head.type === 'GSSENCRequest' || isFatal(message)) {
      this.#expected.clear()
      return ended(head, head.statement)
    }
    if (EXTENDED.has(head.type)) this.#skip()
    return head
  }

  /** Drops what the server passes over: up to the next Sync, or all and what is sent until then. */
  #skip(): void {
    for (let entry = this.#expected.head; entry && entry.type !== 'Sync'; entry = this.#expected.head) {
      if (entry.type === 'Parse' && entry.statement) this.#statements.refused(entry.statement)
      this.#expected.pop()
    }
    this.#skipping = this.#expected.size === 0
  }

  #ready(message: PostgresMessage): Paired | null {
    this.#session.status = statusOfReadyForQuery(message)
    this.#loggedIn = true
    this.#copyIn = false
    if (this.#session.status === 'I') this.#statements.transactionEnded()
    let entry = this.#expected.pop()
    while (entry && !ENDED_BY_READY.has(entry.type)) entry = this.#expected.pop()
    this.#answers = entry?.type
    return entry ? ended(entry, entry.statement) : null
  }

  #introduced({ raw }: PostgresMessage): void {
    const parameters = startupParameters(raw)
    this.#session.user = parameters.get('user')
    this.#session.database = parameters.get('database') ?? this.#session.user
    this.#session.application = parameters.get(APPLICATION)
  }

  #told(message: PostgresMessage): void {
    const [name, value] = parameterOf(message)
    if (name === APPLICATION) this.#session.application = value
  }
}

const ended = ({ exchange, operation }: Paired, statement: Paired['statement']): Paired => ({ exchange, operation, last: true, statement })
