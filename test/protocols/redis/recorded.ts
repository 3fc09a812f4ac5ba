/** A session with a real Redis, decoded behind the bytes. */

import assert from 'node:assert/strict'
import type { Direction } from '../../../src/protocols/codec.ts'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import type { RedisFacets } from '../../../src/protocols/redis/facets.ts'
import { begins, type RedisMessage } from '../../../src/protocols/redis/message.ts'
import { sameBothWays } from '../../proxy/accounts/ways.ts'
import { decode, inPieces } from '../cuts.ts'
import { codecOf } from './wire.ts'

interface Asked { readonly message: RedisMessage; readonly exchange: number; readonly facets: RedisFacets; readonly keys: readonly string[] }
interface Answered { readonly message: RedisMessage; readonly exchange: number | undefined; readonly last: boolean; readonly facets: RedisFacets }

/** What a session said, and what we made of it. */
export class Recorded {
  readonly conversation = new RedisConversation()
  readonly bytes: Readonly<Record<Direction, Buffer[]>> = { 'to-server': [], 'to-client': [] }
  readonly passed: [Direction, Buffer][] = []
  readonly asked: Asked[] = []
  readonly answers: Answered[] = []

  toServer(chunk: Buffer): void {
    this.bytes['to-server'].push(chunk)
    this.passed.push(['to-server', chunk])
    for (const message of this.conversation.toServer.feed(chunk)) {
      const { exchange } = this.conversation.asked(message)
      const facets = this.conversation.facets(message)
      this.asked.push({ message, exchange, facets, keys: facets.keys() })
      this.conversation.sent(message, exchange, exchange)
    }
  }

  toClient(chunk: Buffer): void {
    this.bytes['to-client'].push(chunk)
    this.passed.push(['to-client', chunk])
    for (const message of this.conversation.toClient.feed(chunk)) {
      const paired = this.conversation.received(message)
      this.answers.push({ message, exchange: paired?.exchange, last: paired?.last ?? false, facets: this.conversation.facets(message) })
    }
  }

  get commands(): (string | undefined)[] { return this.asked.filter(({ message }) => begins(message)).map(({ facets }) => facets.command) }

  /** Everything was understood; what was answered was answered in order, and nothing is owed. Cut otherwise, it reads the same; so it does on the short way. */
  check(): void {
    for (const decoder of [this.conversation.toServer, this.conversation.toClient]) assert.deepEqual([decoder.broken, decoder.rest.length], [undefined, 0])
    const ended = this.answers.filter(({ last }) => last).map(({ exchange }) => exchange ?? 0)
    assert.deepEqual(ended, [...new Set(ended)].sort((a, b) => a - b), 'each exchange ends once, in order')
    assert.equal(this.conversation.unanswered, 0)
    sameBothWays(this.passed)
    for (const lengths of [[1], [7, 3, 11], [100]]) sameBothWays(this.passed.flatMap(([direction, chunk]) => (chunk.length < 10_000 ? inPieces(chunk, lengths) : [chunk]).map((piece) => [direction, piece] as const)))
    for (const direction of ['to-server', 'to-client'] as const) {
      const whole = Buffer.concat(this.bytes[direction])
      if (whole.length < 100_000) assert.deepEqual(decode(codecOf(direction), Array.from(whole, (byte) => Buffer.from([byte]))), decode(codecOf(direction), [whole]))
    }
  }
}
