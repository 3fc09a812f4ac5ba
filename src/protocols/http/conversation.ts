/** Pairs what a server says with what it was sent: one answer a request, in order, interim ones before it. (RFC 9112, 9.2 and 9.3) */

import { ends, type Answered, type Asked, type Conversation, type ExchangeId, type OperationId } from '../codec.ts'
import { HttpDecoder } from './decoder.ts'
import { Exchanges } from './exchanges.ts'
import { facetsOf, type HttpFacets } from './facets.ts'
import type { Upgrade } from './head.ts'
import type { HttpMessage } from './message.ts'
import { reread } from './reread.ts'
import { Routes } from './routes.ts'

export class HttpConversation implements Conversation<HttpMessage> {
  readonly protocol = 'http'
  readonly #exchanges = new Exchanges()
  readonly toServer = new HttpDecoder('to-server', this.#exchanges)
  readonly toClient = new HttpDecoder('to-client', this.#exchanges)
  readonly #routes: Routes
  #exchange: ExchangeId = 0
  /** A decoder is ahead of who hears it: what it has read of a chunk is answered when that was `received`. */
  #unanswered = 0

  /** `routes` name the paths of a target; its sessions share them. */
  constructor(routes: Routes = new Routes([])) {
    this.#routes = routes
  }

  /** What the connection has become, as soon as the answer that says so was read. Nothing is paired any more; to WebSocket, what came behind the head is in `toClient.rest` for the next codec, to anything else it is passed on as Opaque. */
  get upgraded(): Upgrade | undefined { return this.#exchanges.upgraded }
  /** Why a direction is not understood, of whichever it was first. */
  get broken(): string | undefined { return this.#exchanges.broken }
  /** What the server was sent before its client was not understood any more is still paired; nothing else is. A connection that has become WebSocket is for another codec to read. */
  get opaque(): string | undefined { return this.broken ?? (this.upgraded === 'other' ? 'a tunnel, or another protocol' : undefined) }
  get unanswered(): number { return this.#exchanges.answersLost ? 0 : this.#unanswered }
  /** Requests were made and answered, and nothing of another has come. */
  get idle(): boolean { return this.unanswered === 0 && this.#exchanges.requests > 0 && this.#exchanges.between }
  get latest(): ExchangeId | undefined { return this.#exchanges.latest }

  /** A request with its body is an exchange, and its one operation. */
  asked(message: HttpMessage): Asked {
    const { head, type } = message
    if (head === undefined) return { exchange: this.#exchange, operation: null, first: false, last: true }
    this.#exchange = head.nth
    return { exchange: head.nth, operation: head.nth, first: type === 'RequestHead', last: ends(message) }
  }

  sent({ type, head }: HttpMessage, exchange: ExchangeId, operation: OperationId | null): void {
    if (type !== 'RequestHead' || !head || this.toClient.broken !== undefined) return
    this.#exchanges.sent(head, exchange, operation)
    this.#unanswered++
  }

  /** Interim answers belong to the exchange of their request, and end nothing. */
  received(message: HttpMessage): Answered | null {
    const { answers, head } = message
    if (answers === undefined || head === undefined) return null
    if (!ends(message) || head.interim) return answers
    this.#unanswered--
    return { exchange: answers.exchange, operation: answers.operation, last: true }
  }

  facets(message: HttpMessage): HttpFacets { return facetsOf(message, this.#routes) }
  reread(raw: Buffer, like: HttpMessage): HttpMessage[] { return reread(raw, like) }

  lose(why: string): void {
    this.#exchanges.loseAnswers(why)
    this.toServer.giveUp(why)
    this.toClient.giveUp(why)
  }
}
