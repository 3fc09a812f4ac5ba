/** A session told line by line: which command each reply belongs to, as text that a test can show. */

import assert from 'node:assert/strict'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import { command } from './wire.ts'

export class Talk {
  readonly conversation = new RedisConversation()
  /** `> GET 1`, `< BulkString GET 1!`; `!` ends an exchange, `-` belongs to none. */
  lines: string[] = []

  /** The client says it, word by word, and it reaches the server. */
  ask(...requests: readonly string[]): this { return this.askRaw(...requests.map((request) => command(...request.split(' ')))) }

  askRaw(...bytes: readonly Buffer[]): this {
    for (const message of this.conversation.toServer.feed(Buffer.concat(bytes))) {
      const { exchange } = this.conversation.asked(message)
      const { command: name } = this.conversation.facets(message)
      this.conversation.sent(message, exchange, exchange)
      this.lines.push(`> ${name ?? message.type} ${exchange}`)
    }
    return this
  }

  answer(...replies: readonly string[]): this {
    for (const message of this.conversation.toClient.feed(Buffer.from(replies.join('')))) {
      const paired = this.conversation.received(message)
      this.lines.push(`< ${message.type} ${paired ? `${paired.command.name} ${paired.exchange}${paired.last ? '!' : ''}` : '-'}`)
    }
    return this
  }

  /** What was said since the last time. */
  says(...lines: readonly string[]): this {
    assert.deepEqual(this.lines, lines)
    this.lines = []
    return this
  }
}
