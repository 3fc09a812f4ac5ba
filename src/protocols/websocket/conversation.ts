/** Both directions of a WebSocket: each message is an exchange of its own, but a pong answers a ping and a close a close. */

import { opposite, perDirection, type Answered, type Asked, type Conversation, type Direction, type ExchangeId, type OperationId } from '../codec.ts'
import { WebSocketDecoder } from './decoder.ts'
import { NO_EXTENSIONS, type Extensions } from './extensions.ts'
import { Facets, type WebSocketFacets } from './facets.ts'
import { endsMessage, isControl, opensMessage, payloadOf, type WebSocketFrame } from './frame.ts'
import { Pings, type Ping } from './pings.ts'
import { Texts } from './texts.ts'

export class WebSocketConversation implements Conversation<WebSocketFrame> {
  readonly protocol = 'websocket'
  /** Nothing is answered in order: an answer of ours never waits for its turn. */
  readonly latest = undefined
  readonly extensions: Extensions
  readonly toServer: WebSocketDecoder
  readonly toClient: WebSocketDecoder
  readonly #texts: Readonly<Record<Direction, Texts>>
  readonly #pings = perDirection(() => new Pings())
  /** The close that went that way and was not answered yet. */
  readonly #closes: Record<Direction, Ping | undefined> = { 'to-server': undefined, 'to-client': undefined }
  /** The client's message whose last byte has not come. */
  #open: ExchangeId | undefined

  /** `extensions`: of the response to the handshake; the first bytes to be fed are those behind its head. */
  constructor(extensions: Extensions = NO_EXTENSIONS) {
    this.extensions = extensions
    this.toServer = new WebSocketDecoder('to-server', extensions)
    this.toClient = new WebSocketDecoder('to-client', extensions)
    this.#texts = { 'to-server': new Texts(this.#bound('to-server')), 'to-client': new Texts(this.#bound('to-client')) }
  }

  /** The client's pings that the server was sent and has not answered. */
  get unanswered(): number { return this.#pings['to-server'].size }
  get opaque(): string | undefined { return this.toServer.broken ?? this.toClient.broken }

  /** From now on fragmented messages and those compressed with context can be matched by text: each is joined and inflated as it comes. Before the first frame, or `blind` tells what cannot be read. */
  readTexts(): void {
    this.#texts['to-server'].begin()
    this.#texts['to-client'].begin()
  }

  /** Why compressed messages of a direction have no `text`; undefined where they have. */
  blind(direction: Direction): string | undefined { return this.#texts[direction].blind }

  /** The exchange, and the operation, that a client's frame belongs to: its message, by number. `last`: with it the message is complete. */
  asked(frame: WebSocketFrame): Asked {
    const last = endsMessage(frame)
    if (!isControl(frame.type)) this.#open = last ? undefined : frame.message
    this.#takes(frame)
    return { exchange: frame.message, operation: frame.message, first: opensMessage(frame), last }
  }

  sent(frame: WebSocketFrame, exchange: ExchangeId, operation: OperationId | null): void { this.#went(frame, exchange, operation) }

  /** What is really written to the client, after the faults: what its pongs and its close are paired with. */
  delivered(frame: WebSocketFrame): void { this.#went(frame, frame.message, frame.message) }

  /** The client's ping or close that a frame from the server answers; null of all else. Not the last where the client has begun a message before it and not ended it. */
  received(frame: WebSocketFrame): Answered | null {
    const answers = this.#takes(frame)
    return answers ? { exchange: answers.exchange, operation: answers.operation, last: this.#open === undefined || this.#open > answers.exchange } : null
  }

  /** What a rule may match. Of a frame once it was `asked` or `received`. */
  facets(frame: WebSocketFrame): WebSocketFacets { return new Facets(frame, this.#bound(frame.direction)) }

  /** All that stands in the place of a frame, or part of one, is of its message. */
  reread(raw: Buffer, like: WebSocketFrame): WebSocketFrame[] {
    const decoder = new WebSocketDecoder(like.direction, this.extensions, like)
    const frames = decoder.feed(raw)
    if (decoder.broken !== undefined || !decoder.between) return []
    return frames.map((frame) => ({ ...frame, message: like.message, answers: like.answers }))
  }

  lose(why: string): void {
    this.toServer.giveUp(why)
    this.toClient.giveUp(why)
    this.#pings['to-server'].clear()
    this.#pings['to-client'].clear()
  }

  #bound(direction: Direction): boolean { return this.extensions.deflate?.takeover[direction] ?? false }

  #went(frame: WebSocketFrame, exchange: ExchangeId, operation: OperationId | null): void {
    if (frame.type === 'ping') this.#pings[frame.direction].add({ payload: payloadOf(frame).toString('latin1'), exchange, operation })
    else if (frame.type === 'close') this.#closes[frame.direction] = { payload: '', exchange, operation }
  }

  /** What of the other direction it answers. */
  #takes(frame: WebSocketFrame): Ping | undefined {
    const { type, direction } = frame
    this.#texts[direction].take(frame)
    if (type !== 'pong' && type !== 'close') return undefined
    const asking = opposite(direction)
    const answers = type === 'pong' ? this.#pings[asking].answered(payloadOf(frame).toString('latin1')) : this.#closes[asking]
    if (type === 'close') this.#closes[asking] = undefined
    frame.answers = answers?.exchange
    return answers
  }
}
