/** A session of real HTTP, decoded behind the bytes. */

import assert from 'node:assert/strict'
import { ends, type Direction } from '../../../src/protocols/codec.ts'
import { HttpConversation } from '../../../src/protocols/http/conversation.ts'
import type { Head } from '../../../src/protocols/http/head.ts'
import type { HttpMessage } from '../../../src/protocols/http/message.ts'
import type { Listener } from '../pipe.ts'

/** A request or an answer as it was read. Fields are name, value, name, value …, as node:http gives them. */
export interface Read { readonly start: string; readonly fields: readonly string[]; body: string; trailers: string[]; ended: boolean }
export interface Exchange { readonly request: Read; readonly interim: Read[]; answer: Read | undefined; over: boolean }

const listed = (lines: string): string[] => lines.split('\r\n').filter((line) => line !== '').flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
const begun = ({ raw, fieldsAt }: Head, start: string): Read => ({ start, fields: listed(raw.toString('latin1', fieldsAt)), body: '', trailers: [], ended: false })

export class Recorded implements Listener {
  readonly conversation = new HttpConversation()
  readonly exchanges = new Map<number, Exchange>()
  readonly bytes: Readonly<Record<Direction, Buffer[]>> = { 'to-server': [], 'to-client': [] }
  readonly given: Readonly<Record<Direction, Buffer[]>> = { 'to-server': [], 'to-client': [] }

  toServer(chunk: Buffer): void {
    this.bytes['to-server'].push(chunk)
    for (const message of this.conversation.toServer.feed(chunk)) {
      this.given['to-server'].push(message.raw)
      const { exchange, operation } = this.conversation.asked(message)
      const { method, path, query } = this.conversation.facets(message)
      if (message.type === 'RequestHead' && message.head) this.exchanges.set(exchange, { request: begun(message.head, `${method} ${path}${query === undefined ? '' : `?${query}`}`), interim: [], answer: undefined, over: false })
      this.#more(this.exchanges.get(exchange)?.request, message)
      this.conversation.sent(message, exchange, operation)
    }
  }

  toClient(chunk: Buffer): void {
    this.bytes['to-client'].push(chunk)
    for (const message of this.conversation.toClient.feed(chunk)) this.#answered(message)
  }

  ended(direction: Direction): void {
    if (direction === 'to-server') for (const { raw } of this.conversation.toServer.end()) this.given[direction].push(raw)
    else for (const message of this.conversation.toClient.end()) this.#answered(message)
  }

  /** Everything was understood, nothing is owed, and all bytes were given back. */
  check(): void {
    assert.equal(this.conversation.broken, undefined)
    assert.equal(this.conversation.unanswered, 0)
    for (const direction of ['to-server', 'to-client'] as const) assert.ok(Buffer.concat(this.bytes[direction]).equals(Buffer.concat(this.given[direction])), direction)
    for (const [, { request, answer, over }] of this.exchanges) assert.deepEqual([request.ended, answer?.ended, over], [true, true, true], request.start)
  }

  #answered(message: HttpMessage): void {
    this.given['to-client'].push(message.raw)
    const paired = this.conversation.received(message)
    const exchange = paired ? this.exchanges.get(paired.exchange) : undefined
    if (!exchange) return
    if (message.type === 'ResponseHead' && message.head) {
      const answer = begun(message.head, String(message.head.status))
      if (message.head.interim) exchange.interim.push(answer)
      else exchange.answer = answer
    }
    if (message.head && !message.head.interim) this.#more(exchange.answer, message)
    exchange.over ||= paired?.last ?? false
  }

  #more(read: Read | undefined, message: HttpMessage): void {
    const { type, raw, dataAt, dataEnd } = message
    if (!read) return
    if (type === 'BodyData') read.body += raw.toString('latin1', dataAt, dataEnd)
    if (type === 'LastChunk') read.trailers = listed(raw.toString('latin1', dataAt))
    read.ended ||= ends(message)
  }
}
