/**
 * Groups what a client says into exchanges: one for each ReadyForQuery that it will be answered.
 *
 *   Query                                    an exchange
 *   Parse Bind Describe Execute … Sync       an exchange, whatever number of statements
 *   StartupMessage PasswordMessage …         an exchange
 *   CopyData CopyDone Sync                   more of the one whose statement is the COPY
 *   SSLRequest, CancelRequest, Terminate     an exchange each
 */

import type { ExchangeId } from '../codec.ts'
import type { PostgresMessage } from './message.ts'

export interface Asked {
  readonly exchange: ExchangeId
  /** The message opens it. */
  readonly first: boolean
  /** After this one the server is to answer; it says no more of it but for COPY and passwords. */
  readonly last: boolean
}

export class Exchanges {
  #exchange: ExchangeId = 0
  #open = false
  /** Since the latest exchange was closed by a Sync nothing but COPY was said: another Sync may be due to it. */
  #copying = false

  asked({ type, part }: PostgresMessage): Asked {
    if (part === 'middle' || part === 'last') return { exchange: this.#exchange, first: false, last: !this.#open }
    switch (type) {
      case 'Parse': case 'Bind': case 'Describe': case 'Execute': case 'Close': case 'Flush':
        return this.#next(false)
      case 'Sync':
        if (!this.#copying) return this.#next(true)
        this.#copying = false
        return { exchange: this.#exchange, first: false, last: true }
      case 'CopyData': case 'CopyDone': case 'CopyFail':
        this.#copying = !this.#open
        return { exchange: this.#exchange, first: false, last: type !== 'CopyData' }
      case 'PasswordMessage':
        return { exchange: this.#exchange, first: false, last: true }
      case 'Opaque':
        return { exchange: this.#exchange, first: false, last: false }
      default: return this.#next(true)
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
