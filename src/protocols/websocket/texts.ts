/** Follows one direction so that its messages can be read: joins fragments, and keeps what compressed messages refer to. Costs nothing until it is asked to begin. */

import { Body } from './body.ts'
import { endsMessage, isControl, opensMessage, type WebSocketFrame } from './frame.ts'

/** No reference of Deflate's reaches further back. (RFC 1951, 2) */
const WINDOW = 32_768
const NOTHING = Buffer.alloc(0)

export class Texts {
  readonly #takeover: boolean
  #reading = false
  #open: Body | undefined
  #window: Buffer = NOTHING
  #blind: string | undefined

  /** `takeover`: what is compressed may refer to the messages before it. */
  constructor(takeover: boolean) { this.#takeover = takeover }

  /** Why compressed messages cannot be read any more; undefined while they can. */
  get blind(): string | undefined { return this.#blind }

  begin(): void { this.#reading = true }

  /** Once a frame, or part, in order: gives it the body of its message. */
  take(frame: WebSocketFrame): void {
    if (isControl(frame.type) || frame.type === 'Opaque') return
    const bound = this.#takeover && frame.coding === 'deflate'
    if (opensMessage(frame)) this.#opens(frame, bound)
    const body = this.#open
    if (!body) return
    frame.body = body
    body.add(frame)
    if (!endsMessage(frame)) return
    this.#open = undefined
    if (bound) this.#slides(body.whole ? body.said : undefined)
  }

  #opens(frame: WebSocketFrame, bound: boolean): void {
    if (bound && !this.#reading) this.#blind ??= 'they were not read from the first on'
    const wanted = this.#reading && (bound ? this.#blind === undefined : frame.kind === 'text')
    this.#open = wanted ? new Body(frame.coding, bound ? this.#window : undefined) : undefined
  }

  #slides(inflated: Buffer | undefined): void {
    if (!inflated) this.#blind ??= 'one of them could not be inflated, or was too large'
    else this.#window = Buffer.concat([this.#window, inflated.subarray(-WINDOW)]).subarray(-WINDOW)
  }
}
