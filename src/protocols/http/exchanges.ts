/** What both directions of a session must know of each other: what is unanswered, and what became of the connection. */

import type { Answered, ExchangeId, OperationId } from '../codec.ts'
import { Fifo } from '../fifo.ts'
import type { Head, Upgrade } from './head.ts'

/** Bytes of heads unanswered at the most: past it nothing more of the session is read. */
export const UNANSWERED_MAX = 4 * 2 ** 20

/** A request that was sent. It is itself what its answer is paired with, but for the last part. */
export interface Expected extends Answered {
  readonly last: false
  readonly request: Head
}

export class Exchanges {
  readonly #unanswered = new Fifo<Expected>()
  #bytes = 0
  /** Requests whose head has come from the client. */
  requests = 0
  /** The client is between two requests, and what it said was understood. */
  between = true
  /** What the connection has become; `other` is a tunnel too. */
  upgraded: Upgrade | undefined
  /** Why a direction has given up; the first reason stays. */
  broken: string | undefined
  /** Nobody knows any more where an answer begins. */
  answersLost = false

  get unanswered(): number { return this.#unanswered.size }
  /** The request whose answer is due. */
  get due(): Expected | undefined { return this.#unanswered.head }
  /** The latest request may turn the connection into something else, and the server has not answered yet. */
  get switching(): boolean { return this.#unanswered.tail?.request.switches ?? false }

  get latest(): ExchangeId | undefined { return this.#unanswered.tail?.exchange }

  sent(request: Head, exchange: ExchangeId, operation: OperationId | null): void {
    // Behind another one it may wait long, and its chunk with it.
    this.expect({ exchange, operation, last: false, request: this.#unanswered.size === 0 ? request : request.detached() })
    if (this.#bytes > UNANSWERED_MAX) this.loseAnswers(`more than ${UNANSWERED_MAX} bytes of heads unanswered`)
  }

  expect(expected: Expected): void {
    this.#unanswered.push(expected)
    this.#bytes += expected.request.raw.length
  }

  answered(): void { this.#bytes -= this.#unanswered.pop()?.request.raw.length ?? 0 }

  /** Both directions are given up: the client's at its next byte. */
  loseAnswers(why: string): void {
    this.broken ??= why
    this.answersLost = true
    this.#unanswered.clear()
    this.#bytes = 0
  }
}
