/**
 * Groups what a client says into exchanges: one for each ReadyForQuery that it will be answered.
 *
 *   Query                                    an exchange
 *   Parse Bind Describe Execute … Sync       an exchange, whatever number of statements
 *   StartupMessage PasswordMessage …         an exchange
 *   CopyData CopyDone Flush Sync             more of the one whose statement is the COPY
 *   SSLRequest, CancelRequest, Terminate     an exchange each
 */

import type { ExchangeId } from '../codec.ts'
import type { PostgresMessage } from './message.ts'

export interface Asked {
  readonly exchange: ExchangeId
  /** The message opens it. One that belongs to none that is open, a Flush alone, is told with the latest. */
  readonly first: boolean
  /** After this one the server is to answer; it says no more of it but for COPY and passwords. */
  readonly last: boolean
}

export class Exchanges {
  #exchange: ExchangeId = 0
  #open = false
  #closedBySync = false
  /** Since a Sync closed the latest exchange nothing but COPY was said: the server may have passed over that Sync, and the next one is of the same exchange. */
  #copying = false

  asked({ type, part }: PostgresMessage): Asked {
    if (part === 'middle' || part === 'last') return { exchange: this.#exchange, first: false, last: !this.#open }
    switch (type) {
      case 'Parse': case 'Bind': case 'Describe': case 'Execute': case 'Close':
        return this.#next(false)
      case 'Sync':
        this.#closedBySync = true
        if (!this.#copying) return this.#next(true)
        this.#copying = false
        return { exchange: this.#exchange, first: false, last: true }
      case 'CopyData': case 'CopyDone': case 'CopyFail':
        this.#copying = !this.#open && this.#closedBySync
        return { exchange: this.#exchange, first: false, last: type !== 'CopyData' }
      case 'PasswordMessage': case 'Flush': case 'Opaque':
        return { exchange: this.#exchange, first: false, last: !this.#open }
      default:
        this.#closedBySync = false
        return this.#next(true)
    }
  }

  #next(last: boolean): Asked {
    const first = !this.#open
    if (first) this.#exchange++
    this.#open = !last
    this.#copying = false
    return { exchange: this.#exchange, first, last }
  }
}
