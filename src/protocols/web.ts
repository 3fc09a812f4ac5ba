/** What is said over a connection that begins as HTTP/1.1: requests and answers, and the frames of a WebSocket once it has become one. */

import type { Answered, Asked, Conversation, Decoder, ExchangeId, OperationId } from './codec.ts'
import { HttpConversation } from './http/conversation.ts'
import { facetsOf, type HttpFacets } from './http/facets.ts'
import { fieldValue } from './http/fields.ts'
import { SWITCHING } from './http/head.ts'
import type { HttpMessage } from './http/message.ts'
import { Routes } from './http/routes.ts'
import { WebSocketConversation } from './websocket/conversation.ts'
import { parseExtensions } from './websocket/extensions.ts'
import { isFrame, type WebSocketFrame } from './websocket/frame.ts'

export type WebMessage = HttpMessage | WebSocketFrame

export class WebConversation implements Conversation<WebMessage> {
  readonly protocol = 'http'
  readonly http: HttpConversation
  readonly toServer: Decoder<WebMessage>
  readonly toClient: Decoder<WebMessage>
  readonly #routes: Routes
  #websocket: WebSocketConversation | undefined
  /** Of the request that it was made by. */
  #handshake: HttpFacets | undefined
  #heeded = false
  /** Exchanges before the first frame. */
  #before: ExchangeId = 0

  /** `routes` name the paths of a target; its sessions share them. */
  constructor(routes: Routes = new Routes([])) {
    this.#routes = routes
    this.http = new HttpConversation(routes)
    this.toServer = new WebDecoder(this, 'toServer')
    this.toClient = new WebDecoder(this, 'toClient')
  }

  /** Undefined while requests are answered. */
  get websocket(): WebSocketConversation | undefined { return this.#websocket }
  get unanswered(): number { return this.#said.unanswered }
  get latest(): ExchangeId | undefined { return this.#said.latest }
  get opaque(): string | undefined { return this.#said.opaque }
  /** Of a WebSocket: what was asked for when it was opened. */
  get session(): object { return this.#handshake ?? {} }

  asked(message: WebMessage): Asked {
    if (!isFrame(message)) return this.http.asked(message)
    const { exchange, first, last } = this.#frames.asked(message)
    return { exchange: this.#before + exchange, operation: this.#before + exchange, first, last }
  }

  sent(message: WebMessage, exchange: ExchangeId, operation: OperationId | null): void {
    if (isFrame(message)) this.#frames.sent(message, this.#before + message.message, this.#before + message.message)
    else this.http.sent(message, exchange, operation)
  }

  received(message: WebMessage): Answered | null { return isFrame(message) ? this.#frames.received(message) : this.http.received(message) }

  delivered(message: WebMessage): void { if (isFrame(message)) this.#frames.delivered(message) }

  facets(message: WebMessage): object {
    return isFrame(message) ? new FrameFacets(this.#frames.facets(message), this.#handshake) : this.http.facets(message)
  }

  reread(raw: Buffer, like: WebMessage): WebMessage[] { return isFrame(like) ? this.#frames.reread(raw, like) : this.http.reread(raw, like) }

  /** What is compressed with context can be read from its first frame on, or never. */
  heed(): void {
    this.#heeded = true
    this.#websocket?.readTexts()
  }

  lose(why: string): void { this.#said.lose(why) }

  /** The answer `head` has made a WebSocket of it; messages from here on are frames. */
  switched(head: HttpMessage): WebSocketConversation {
    const { raw = head.raw, fieldsAt = 0 } = head.head ?? {}
    const extensions = fieldValue(raw, fieldsAt, 'sec-websocket-extensions')
    const websocket = new WebSocketConversation(parseExtensions(...(extensions === undefined ? [] : [extensions])))
    if (this.#heeded) websocket.readTexts()
    this.#websocket = websocket
    const request = head.answers?.request.detached()
    this.#before = head.answers?.exchange ?? 0
    this.http.toServer.forget()
    this.http.toClient.forget()
    if (request) this.#handshake = facetsOf({ type: 'RequestHead', direction: 'to-server', raw: request.raw, part: 'whole', dataAt: 0, dataEnd: 0, head: request, answers: undefined }, this.#routes)
    return websocket
  }

  get #said(): Conversation<HttpMessage> | Conversation<WebSocketFrame> { return this.#websocket ?? this.http }
  /** Frames come only once there is one. */
  get #frames(): WebSocketConversation {
    this.#websocket ??= new WebSocketConversation()
    return this.#websocket
  }
}

class WebDecoder implements Decoder<WebMessage> {
  readonly #web: WebConversation
  readonly #side: 'toServer' | 'toClient'

  constructor(web: WebConversation, side: 'toServer' | 'toClient') {
    this.#web = web
    this.#side = side
  }

  get rest(): Buffer { return this.#decoder.rest }
  get broken(): string | undefined { return this.#decoder.broken }

  feed(chunk: Buffer): WebMessage[] {
    const web = this.#web
    if (web.websocket) return web.websocket[this.#side].feed(chunk)
    const messages = web.http[this.#side].feed(chunk)
    if (this.#side === 'toServer' || web.http.upgraded !== 'websocket') return messages
    const head = messages.find((message) => message.head?.status === SWITCHING)
    if (!head) return messages
    const { rest } = web.http.toClient
    const websocket = web.switched(head)
    return rest.length === 0 ? messages : [...messages, ...websocket.toClient.feed(rest)]
  }

  end(): WebMessage[] { return this.#decoder.end() }

  get #decoder(): Decoder<WebMessage> { return (this.#web.websocket ?? this.#web.http)[this.#side] }
}

type Frame = ReturnType<WebSocketConversation['facets']>

/** Of a frame, and of the request that its connection was opened with. */
class FrameFacets {
  readonly #frame: Frame
  readonly #handshake: HttpFacets | undefined

  constructor(frame: Frame, handshake: HttpFacets | undefined) {
    this.#frame = frame
    this.#handshake = handshake
  }

  get opcode(): Frame['opcode'] { return this.#frame.opcode }
  get text(): Frame['text'] { return this.#frame.text }
  get size(): Frame['size'] { return this.#frame.size }
  get close_code(): Frame['close_code'] { return this.#frame.close_code }
  get compressed(): Frame['compressed'] { return this.#frame.compressed }
  get path(): string | undefined { return this.#handshake?.path }
  get query(): string | undefined { return this.#handshake?.query }
  get route(): string | undefined { return this.#handshake?.route }
  get host(): string | undefined { return this.#handshake?.host }
  header(name: string): string | undefined { return this.#handshake?.header(name) }
}
