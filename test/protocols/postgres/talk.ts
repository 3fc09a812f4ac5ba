/** A session told line by line: what each message belongs to, as text that a test can show. */

import { PostgresConversation } from '../../../src/protocols/postgres/conversation.ts'
import type { PostgresFacets } from '../../../src/protocols/postgres/facets.ts'
import { AUTHENTICATION_OK, READY, STARTUP } from './wire.ts'

export class Talk {
  readonly conversation = new PostgresConversation()
  /** `> Query 1`, `< CommandComplete 1`; `!` ends an exchange, `-` belongs to none. A server's line ends with the statement. */
  readonly lines: string[] = []
  readonly facets: PostgresFacets[] = []

  /** The client says it and it reaches the server. */
  ask(...bytes: readonly Buffer[]): this {
    for (const message of this.conversation.toServer.feed(Buffer.concat(bytes))) {
      const { exchange, operation } = this.conversation.asked(message)
      this.conversation.sent(message, exchange, operation)
      this.facets.push(this.conversation.facets(message))
      this.lines.push(`> ${message.type} ${exchange}`)
    }
    return this
  }

  answer(...bytes: readonly Buffer[]): this {
    for (const message of this.conversation.toClient.feed(Buffer.concat(bytes))) {
      const paired = this.conversation.received(message)
      this.facets.push(this.conversation.facets(message))
      const of = paired ? `${paired.exchange}${paired.last ? '!' : ''}` : '-'
      this.lines.push(`< ${message.type} ${of}${paired?.statement ? ` ${paired.statement.sql}` : ''}`)
    }
    return this
  }

  /** Lets the client in as exchange 1, and forgets the lines. */
  login(): this {
    this.ask(STARTUP).answer(AUTHENTICATION_OK, READY())
    return this.forget()
  }

  forget(): this {
    this.lines.length = 0
    this.facets.length = 0
    return this
  }
}
