/**
 * Many commands at once over a connection that a Redis client has made: written as one text, their replies counted and looked at no further than for
 * errors. The client's own pipeline costs 8 to 11 us a command, which is more than proxy and server take together; this costs about one.
 */

import type { Duplex } from 'node:stream'
import { Fifo } from '../protocols/fifo.ts'
import { RedisDecoder } from '../protocols/redis/decoder.ts'
import { errorOf } from '../protocols/redis/reply.ts'

/** `reason`: the first word of the first error reply, or undefined where all were good. */
type Answered = (reason: string | undefined) => void
interface Batch { left: number; reason: string | undefined; readonly answered: Answered }

export class Batches {
  readonly #stream: Duplex
  readonly #decoder = new RedisDecoder('to-client')
  readonly #waiting = new Fifo<Batch>()

  /** From now on all that comes is ours: nothing may be owed to whom `stream` had before. */
  constructor(stream: Duplex) {
    this.#stream = stream
    stream.removeAllListeners('data')
    stream.on('data', (chunk: Buffer) => this.#heard(chunk))
  }

  send(commands: readonly (readonly string[])[], answered: Answered): void {
    this.#waiting.push({ left: commands.length, reason: undefined, answered })
    this.#stream.write(commands.map(encoded).join(''))
  }

  /** The connection has broken: what waits has failed. */
  lost(): void {
    for (let batch = this.#waiting.pop(); batch; batch = this.#waiting.pop()) batch.answered('connection lost')
  }

  #heard(chunk: Buffer): void {
    for (const reply of this.#decoder.feed(chunk)) {
      const batch = this.#waiting.head
      if (!batch) continue
      // A large one comes in parts.
      if (reply.part === 'first' || reply.part === 'middle') continue
      batch.reason ??= errorOf(reply)?.split(' ', 1)[0]
      if (--batch.left > 0) continue
      this.#waiting.pop()
      batch.answered(batch.reason)
    }
    if (this.#decoder.broken !== undefined) this.#stream.destroy()
  }
}

const encoded = (words: readonly string[]): string => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
