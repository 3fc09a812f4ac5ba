/**
 * Stands between a server that names nodes and the session: what it says of them is told otherwise before anything else sees it.
 *
 *   session ──▶ sink ──▶ server      overheard: what an answer says depends on what was asked
 *           ◀── source ◀──           rewritten; while a node is made known what comes behind waits, and nothing more is read
 */

import type { Socket } from 'node:net'
import { RedisConversation } from '../protocols/redis/conversation.ts'
import type { RedisMessage } from '../protocols/redis/message.ts'
import { NodeRewriter, type RewriterOptions } from '../protocols/redis/rewriter.ts'
import { Run } from './run.ts'

/** What is read of an endpoint, and what is written to it. A socket is both. */
export interface Source { on(event: 'data', action: (chunk: Buffer) => void): unknown; pause(): unknown; resume(): unknown }
export interface Sink { readonly writable: boolean; readonly writableNeedDrain: boolean; write(chunk: Buffer): boolean; on(event: 'drain', action: () => void): unknown }

type Said = Buffer | Promise<Buffer> | (() => void)

export class Interpreter {
  readonly source: Source
  readonly sink: Sink
  readonly #stream: Socket
  readonly #conversation = new RedisConversation()
  readonly #rewriter: NodeRewriter
  #onward: (chunk: Buffer) => void = () => undefined
  #paused = false
  /** The first is a promise, or is being said. */
  readonly #waiting: Said[] = []
  readonly #run = new Run((raw) => this.#say(raw))

  constructor(stream: Socket, options: RewriterOptions) {
    this.#stream = stream
    this.#rewriter = new NodeRewriter(options)
    this.source = {
      on: (_, action) => { this.#onward = action; stream.on('data', this.hear) },
      pause: () => this.#pause(true),
      resume: () => this.#pause(false),
    }
    this.sink = {
      get writable() { return stream.writable },
      get writableNeedDrain() { return stream.writableNeedDrain },
      write: (chunk) => { this.#overhear(chunk); return stream.write(chunk) },
      on: (event, action) => stream.on(event, action),
    }
  }

  /** Of the server, in order. */
  readonly hear = (chunk: Buffer): void => {
    for (const message of this.#conversation.toClient.feed(chunk)) this.#tell(message)
    this.#run.flush()
  }

  /** The server says nothing more: what is left of it, and behind all of it `action`. */
  finish(action: () => void): void {
    for (const message of this.#conversation.toClient.end()) this.#tell(message)
    this.#run.flush()
    this.#say(action)
  }

  #overhear(chunk: Buffer): void {
    const conversation = this.#conversation
    for (const message of conversation.toServer.feed(chunk)) {
      const { exchange, operation } = conversation.asked(message)
      conversation.sent(message, exchange, operation)
    }
  }

  #tell(message: RedisMessage): void {
    this.#conversation.received(message)
    const rewritten = this.#rewriter.rewrite(message)
    if (rewritten === undefined) return this.#run.add(message.raw)
    this.#run.flush()
    this.#say(rewritten)
  }

  #say(said: Said): void {
    if (this.#waiting.length === 0 && !(said instanceof Promise)) return this.#pass(said)
    this.#waiting.push(said)
    if (this.#waiting.length === 1) void this.#serve()
  }

  async #serve(): Promise<void> {
    this.#flow()
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      this.#pass(await next)
      this.#waiting.shift()
    }
    this.#flow()
  }

  #pass(said: Buffer | (() => void)): void {
    if (typeof said === 'function') said()
    else if (said.length > 0) this.#onward(said)
  }

  #pause(paused: boolean): void {
    this.#paused = paused
    this.#flow()
  }

  #flow(): void {
    if (this.#paused || this.#waiting.length > 0) this.#stream.pause()
    else this.#stream.resume()
  }
}
