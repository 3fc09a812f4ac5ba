/**
 * Groups what a client says into exchanges: one for each ReadyForQuery that it will be answered.
 *
 *   Query                                    an exchange
 *   Parse Bind Describe Execute … Sync       an exchange, whatever number of statements
 *   StartupMessage PasswordMessage …         an exchange
 *   CopyData CopyDone Flush Sync             more of the one whose statement is the COPY
 *   SSLRequest, CancelRequest, Terminate     an exchange each
 *
 * An operation is one statement on its way: a Query, or Parse, Bind, Describe and Execute of the same statement behind one another.
 * A Bind that follows an Execute begins the next. Sync, Flush, passwords and COPY data serve their exchange as a whole.
 */

import type { Asked, ExchangeId, OperationId } from '../codec.ts'
import type { PostgresMessage } from './message.ts'
import type { Statement } from './statement.ts'

export class Exchanges {
  #exchange: ExchangeId = 0
  #open = false
  #closedBySync = false
  /** Since a Sync closed the latest exchange nothing but COPY was said: the server may have passed over that Sync, and the next one is of the same exchange. */
  #copying = false
  #operation: OperationId = 0
  /** How far the operation in hand has come, and whose it is. */
  #stage: 'none' | 'parsed' | 'bound' | 'executed' = 'none'
  #statement: Statement | null = null
  /** Of the message in hand, for the parts of a large one. */
  #latest: OperationId | null = null

  /** `statement`: what the message carries or names. One that belongs to no exchange that is open, a Flush alone, is told with the latest. */
  asked({ type, part }: PostgresMessage, statement: Statement | null = null): Asked {
    if (part === 'middle' || part === 'last') return { exchange: this.#exchange, operation: this.#latest, first: false, last: !this.#open }
    switch (type) {
      case 'Parse': case 'Bind': case 'Describe': case 'Execute':
        return this.#next(false, this.#step(type, statement))
      case 'Close': return this.#next(false, null)
      case 'Sync':
        this.#closedBySync = true
        this.#stage = 'none'
        if (!this.#copying) return this.#next(true, null)
        this.#copying = false
        return this.#more(true)
      case 'CopyData': case 'CopyDone': case 'CopyFail':
        this.#copying = !this.#open && this.#closedBySync
        return this.#more(type !== 'CopyData')
      case 'PasswordMessage': case 'Flush': case 'Opaque': return this.#more(!this.#open)
      default:
        this.#closedBySync = false
        this.#stage = 'none'
        return this.#next(true, ++this.#operation)
    }
  }

  /** The operation that a message of an extended query belongs to. */
  #step(type: 'Parse' | 'Bind' | 'Describe' | 'Execute', statement: Statement | null): OperationId {
    const same = this.#stage !== 'none' && statement === this.#statement
    const goesOn = type === 'Describe' || type === 'Execute' ? same : type === 'Bind' && same && this.#stage === 'parsed'
    if (!goesOn) this.#operation++
    this.#statement = statement
    if (type === 'Parse') this.#stage = 'parsed'
    else if (type === 'Bind') this.#stage = 'bound'
    else if (type === 'Execute') this.#stage = 'executed'
    else if (this.#stage === 'none') this.#stage = 'parsed'
    return this.#operation
  }

  #next(last: boolean, operation: OperationId | null): Asked {
    const first = !this.#open
    if (first) this.#exchange++
    this.#open = !last
    this.#copying = false
    this.#latest = operation
    return { exchange: this.#exchange, operation, first, last }
  }

  #more(last: boolean): Asked {
    this.#latest = null
    return { exchange: this.#exchange, operation: null, first: false, last }
  }
}
