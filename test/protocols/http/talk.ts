/** A session told line by line: which request each answer belongs to, as text that a test can show. */

import assert from 'node:assert/strict'
import { HttpConversation } from '../../../src/protocols/http/conversation.ts'
import type { HttpMessage } from '../../../src/protocols/http/message.ts'

export class Talk {
  readonly conversation: HttpConversation
  /** `> GET /a 1`, `< 200 GET /a 1!`; `!` ends an exchange, `-` belongs to none, `…` was not sent. */
  lines: string[] = []

  constructor(conversation = new HttpConversation()) {
    this.conversation = conversation
  }

  /** The client says it, and it reaches the server. */
  ask(...texts: readonly string[]): this { return this.#ask(texts, true) }
  /** The client says it, and a fault keeps it back. */
  askInVain(...texts: readonly string[]): this { return this.#ask(texts, false) }

  answer(...texts: readonly string[]): this {
    for (const message of this.conversation.toClient.feed(Buffer.from(texts.join(''), 'latin1'))) this.#answered(message)
    return this
  }

  /** The server's FIN. */
  end(): this {
    for (const message of this.conversation.toClient.end()) this.#answered(message)
    return this
  }

  /** What was said since the last time. */
  says(...lines: readonly string[]): this {
    assert.deepEqual(this.lines, lines)
    this.lines = []
    return this
  }

  #ask(texts: readonly string[], sends: boolean): this {
    for (const message of this.conversation.toServer.feed(Buffer.from(texts.join(''), 'latin1'))) {
      const { exchange, operation, last } = this.conversation.asked(message)
      if (sends) this.conversation.sent(message, exchange, operation)
      this.lines.push(`> ${this.#named(message)} ${exchange}${last ? '!' : ''}${sends ? '' : '…'}`)
    }
    return this
  }

  #answered(message: HttpMessage): void {
    const paired = this.conversation.received(message)
    this.lines.push(`< ${this.#named(message)} ${paired ? `${paired.exchange}${paired.last ? '!' : ''}` : '-'}`)
  }

  #named(message: HttpMessage): string {
    const { method, path, status } = this.conversation.facets(message)
    if (message.type === 'Opaque') return message.raw.toString('latin1')
    const body = message.type === 'BodyData' ? message.raw.toString('latin1', message.dataAt, message.dataEnd) : message.type === 'LastChunk' ? 'end' : undefined
    return [status, method, path, body].filter((word) => word !== undefined).join(' ')
  }
}
