/** What a rule may match of a Postgres message. Nothing is read before it is asked for. */

import { channelOf, codeOf, commandOf, tagOfCommandComplete, type TransactionStatus } from './fields.ts'
import type { MessageType, PostgresMessage } from './message.ts'

/** `push`: what nobody asked for. `commit`: the execution of a COMMIT or END. */
export type Phase = 'startup' | 'parse' | 'bind' | 'describe' | 'execute' | 'commit' | 'copy' | 'close' | 'sync' | 'cancel' | 'terminate' | 'push'

export interface PostgresFacets {
  /** The statement's text; of one past HEAD_MAX its head. */
  readonly sql: string | undefined
  readonly fingerprint: string | undefined
  /** `INSERT`, `CREATE TABLE`: of a CommandComplete what it says without counts, of anything else the statement's first word in capitals. */
  readonly tag: string | undefined
  readonly table: string | undefined
  readonly phase: Phase
  /** By the latest ReadyForQuery: a BEGIN sent ahead of its answer is not seen. */
  readonly in_transaction: boolean
  readonly application: string | undefined
  readonly database: string | undefined
  readonly user: string | undefined
  /** The SQLSTATE of an ErrorResponse or a NoticeResponse. */
  readonly code: string | undefined
  /** Of a NotificationResponse. */
  readonly channel: string | undefined
}

/** What is known of a session; the conversation keeps it up. */
export interface SessionFacets {
  status: TransactionStatus
  user: string | undefined
  database: string | undefined
  application: string | undefined
}

export const facetsOf = (message: PostgresMessage, session: SessionFacets): PostgresFacets => new Facets(message, session)

class Facets implements PostgresFacets {
  readonly #message: PostgresMessage
  readonly #session: SessionFacets
  readonly in_transaction: boolean

  constructor(message: PostgresMessage, session: SessionFacets) {
    this.#message = message
    this.#session = session
    this.in_transaction = session.status !== 'I'
  }

  get sql(): string | undefined { return this.#message.statement?.sql }
  get fingerprint(): string | undefined { return this.#message.statement?.fingerprint }
  get table(): string | undefined { return this.#message.statement?.table || undefined }
  get application(): string | undefined { return this.#session.application }
  get database(): string | undefined { return this.#session.database }
  get user(): string | undefined { return this.#session.user }

  get tag(): string | undefined {
    const { type, statement } = this.#message
    return (type === 'CommandComplete' ? commandOf(tagOfCommandComplete(this.#message)) : statement?.keyword) || undefined
  }

  get code(): string | undefined {
    const { type, part } = this.#message
    const carries = (type === 'ErrorResponse' || type === 'NoticeResponse') && (part === 'whole' || part === 'first')
    return carries ? codeOf(this.#message) : undefined
  }

  get channel(): string | undefined { return this.#message.type === 'NotificationResponse' ? channelOf(this.#message) : undefined }

  get phase(): Phase {
    const { direction, type, answers, statement } = this.#message
    const phase = direction === 'to-server' ? phaseOf(type) : answers === undefined ? 'push' : type === 'CopyData' ? 'copy' : phaseOf(answers)
    return phase === 'execute' && (statement?.keyword === 'COMMIT' || statement?.keyword === 'END') ? 'commit' : phase
  }
}

function phaseOf(type: MessageType): Phase {
  switch (type) {
    case 'Parse': return 'parse'
    case 'Bind': return 'bind'
    case 'Describe': return 'describe'
    case 'Query': case 'Execute': case 'FunctionCall': return 'execute'
    case 'CopyData': case 'CopyDone': case 'CopyFail': return 'copy'
    case 'Close': return 'close'
    case 'Sync': case 'Flush': return 'sync'
    case 'CancelRequest': return 'cancel'
    case 'Terminate': return 'terminate'
    case 'StartupMessage': case 'SSLRequest': case 'GSSENCRequest': case 'PasswordMessage': return 'startup'
    default: return 'push'
  }
}
