/** A client of bare messages, as libpq in pipeline mode: it sends without waiting. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { serialize } from 'pg-protocol'
import { Handshake, PostgresDecoder } from '../../../src/protocols/postgres/decoder.ts'
import { errorFields, statusOfReadyForQuery } from '../../../src/protocols/postgres/fields.ts'
import type { PostgresMessage } from '../../../src/protocols/postgres/message.ts'
import { later, until } from '../../proxy/stage.ts'

export class Line {
  readonly #decoder = new PostgresDecoder('to-client', new Handshake())
  readonly #socket
  readonly heard: PostgresMessage[] = []
  #readies = 0
  /** The connection has ended, one way or the other. */
  over = false

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('error', () => undefined).on('close', () => { this.over = true }).on('data', (chunk: Buffer) => {
      for (const message of this.#decoder.feed(chunk)) {
        if (message.type === 'ReadyForQuery') this.#readies++
        this.heard.push({ ...message, raw: Buffer.from(message.raw) })
      }
    })
    later(() => this.#socket.destroy())
  }

  async login(): Promise<this> {
    await once(this.#socket, 'connect')
    await this.say(1, serialize.startup({ user: 'postgres', database: 'postgres' }))
    return this
  }

  /** Sends all of it at once; what is heard from then on, whenever that is asked. */
  tell(...messages: readonly Buffer[]): () => string {
    const from = this.heard.length
    this.#socket.write(Buffer.concat(messages))
    return () => told(this.heard.slice(from))
  }

  /** The same, and waits for so many ReadyForQuery; returns what was heard. */
  async say(readies: number, ...messages: readonly Buffer[]): Promise<readonly PostgresMessage[]> {
    const [from, want] = [this.heard.length, this.#readies + readies]
    this.#socket.write(Buffer.concat(messages))
    await until(() => this.#readies >= want, `${readies} ReadyForQuery after ${this.heard.slice(from).map(({ type }) => type).join(' ')}`)
    assert.equal(this.#readies, want)
    return this.heard.slice(from)
  }
}

export const ask = (text: string, values: readonly string[] = [], name = ''): readonly Buffer[] =>
  [serialize.parse({ name, text, types: [] }), serialize.bind({ statement: name, values: [...values] }), serialize.execute()]
export const SYNC = serialize.sync()
/** `2 C:INSERT 0 1 E:40001 Z:T`: what matters of what was heard, in order. */
export const told = (messages: readonly PostgresMessage[]): string => messages.flatMap((message) => {
  const body = message.raw.toString('latin1', 5)
  switch (message.type) {
    case 'CommandComplete': return [`C:${body.slice(0, -1)}`]
    case 'DataRow': return [`D:${body.slice(6)}`]
    case 'ErrorResponse': return [`E:${errorFields(message).get('C') ?? ''}`]
    case 'ReadyForQuery': return [`Z:${statusOfReadyForQuery(message)}`]
    case 'ParseComplete': case 'BindComplete': case 'RowDescription': return []
    default: return [message.type]
  }
}).join(' ')
