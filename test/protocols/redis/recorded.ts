/** A pipe to a real Redis that decodes behind the bytes, and a bare client. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Direction } from '../../../src/protocols/codec.ts'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import type { RedisFacets } from '../../../src/protocols/redis/facets.ts'
import { begins, type RedisMessage } from '../../../src/protocols/redis/message.ts'
import { decode } from '../cuts.ts'
import { codecOf } from './wire.ts'

interface Asked { readonly message: RedisMessage; readonly exchange: number; readonly facets: RedisFacets; readonly keys: readonly string[] }
interface Answered { readonly message: RedisMessage; readonly exchange: number | undefined; readonly last: boolean; readonly facets: RedisFacets }

/** What a session said, and what we made of it. */
export class Recorded {
  readonly conversation = new RedisConversation()
  readonly bytes: Readonly<Record<Direction, Buffer[]>> = { 'to-server': [], 'to-client': [] }
  readonly asked: Asked[] = []
  readonly answers: Answered[] = []

  toServer(chunk: Buffer): void {
    this.bytes['to-server'].push(chunk)
    for (const message of this.conversation.toServer.feed(chunk)) {
      const { exchange } = this.conversation.asked(message)
      const facets = this.conversation.facets(message)
      this.asked.push({ message, exchange, facets, keys: facets.keys() })
      this.conversation.sent(message, exchange, exchange)
    }
  }

  toClient(chunk: Buffer): void {
    this.bytes['to-client'].push(chunk)
    for (const message of this.conversation.toClient.feed(chunk)) {
      const paired = this.conversation.received(message)
      this.answers.push({ message, exchange: paired?.exchange, last: paired?.last ?? false, facets: this.conversation.facets(message) })
    }
  }

  get commands(): (string | undefined)[] { return this.asked.filter(({ message }) => begins(message)).map(({ facets }) => facets.command) }

  /** Everything was understood; what was answered was answered in order, and nothing is owed. Cut otherwise, it reads the same. */
  check(): void {
    for (const decoder of [this.conversation.toServer, this.conversation.toClient]) assert.deepEqual([decoder.broken, decoder.rest.length], [undefined, 0])
    const ended = this.answers.filter(({ last }) => last).map(({ exchange }) => exchange ?? 0)
    assert.deepEqual(ended, [...new Set(ended)].sort((a, b) => a - b), 'each exchange ends once, in order')
    assert.equal(this.conversation.unanswered, 0)
    for (const direction of ['to-server', 'to-client'] as const) {
      const whole = Buffer.concat(this.bytes[direction])
      if (whole.length < 100_000) assert.deepEqual(decode(codecOf(direction), Array.from(whole, (byte) => Buffer.from([byte]))), decode(codecOf(direction), [whole]))
    }
  }
}

export interface Pipe { readonly port: number; readonly sessions: readonly Recorded[]; close(): void }

/** Bytes go as they come; each session is recorded. */
export async function openPipe(serverPort: number): Promise<Pipe> {
  const sessions: Recorded[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (client) => {
    const recorded = new Recorded()
    sessions.push(recorded)
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true })
    for (const [source, target] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(source)
      source.on('data', (chunk) => {
        if (source === client) recorded.toServer(chunk)
        else recorded.toClient(chunk)
        target.write(chunk)
      })
      source.on('end', () => target.end())
      source.on('error', () => target.destroy())
      source.on('close', () => { sockets.delete(source); target.destroy() })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Sends bytes and waits until `enough` of what came back. */
export class Wire {
  readonly #socket: Socket
  #received = ''
  #wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => { this.#received += chunk.toString('latin1'); this.#wake() })
    socket.on('close', () => this.#wake())
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Wire(socket)
  }

  /** What came since the last time, once it ends with `until`, or matches it. */
  async say(bytes: Buffer | string, until: string | RegExp): Promise<string> {
    this.#socket.write(bytes)
    while (typeof until === 'string' ? !this.#received.endsWith(until) : !until.test(this.#received)) {
      assert.ok(!this.#socket.destroyed, `closed after ${JSON.stringify(this.#received)}`)
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
    const said = this.#received
    this.#received = ''
    return said
  }

  close(): void { this.#socket.destroy() }
}
