/** The short way of what is overheard of a Redis session, past the decoder: nothing is made for a message. */

import type { Ms } from '../../core/units.ts'
import type { Direction, ExchangeId } from '../../protocols/codec.ts'
import type { RedisConversation } from '../../protocols/redis/conversation.ts'
import type { RedisMessage } from '../../protocols/redis/message.ts'
import { PlainReply, PlainRequest } from '../../protocols/redis/plain.ts'
import type { Sieve } from '../sieve.ts'
import type { RedisAccounts } from './redis.ts'

/** One message is read at a time, in whatever session. */
const request = new PlainRequest()
const reply = new PlainReply()

export class RedisLane {
  readonly #conversation: RedisConversation
  readonly #accounts: RedisAccounts
  /** The latest exchange that was answered on this way. */
  answered: ExchangeId = 0

  constructor(conversation: RedisConversation, accounts: RedisAccounts) {
    this.#conversation = conversation
    this.#accounts = accounts
  }

  /** Reads from `at` on as far as messages are plain and slip through the sieve. Returns where one begins that the decoder must read; `chunk.length` where there is none. */
  skim(direction: Direction, chunk: Buffer, at: number, now: Ms, sieve?: Sieve): number {
    return direction === 'to-server' ? this.#requests(chunk, at, now, sieve) : this.#replies(chunk, at, now, sieve)
  }

  /** Has the decoder read on from `at`, one message at the most. Returns where the next begins. */
  step(direction: Direction, chunk: Buffer, at: number): readonly [number, RedisMessage[]] {
    const messages: RedisMessage[] = []
    return [this.#conversation[direction === 'to-server' ? 'toServer' : 'toClient'].step(chunk, at, messages), messages]
  }

  #requests(chunk: Buffer, start: number, now: Ms, sieve: Sieve | undefined): number {
    if (!this.#conversation.toServer.between) return start
    let at = start
    while (at < chunk.length && request.read(chunk, at)) {
      if (sieve?.catches(request, chunk)) break
      const exchange = this.#conversation.askedPlain(request.command)
      if (exchange === 0) break
      this.#accounts.openedPlain(exchange, request, chunk, now)
      at = request.end
    }
    return at
  }

  #replies(chunk: Buffer, start: number, now: Ms, sieve: Sieve | undefined): number {
    if (!this.#conversation.toClient.between) return start
    let at = start
    while (at < chunk.length && reply.read(chunk, at)) {
      if (sieve?.catchesAnswer(this.#conversation.due)) break
      const exchange = this.#conversation.answeredPlain()
      if (exchange === 0) break
      this.#accounts.answeredPlain(exchange, reply, now)
      this.answered = exchange
      at = reply.end
    }
    return at
  }
}
