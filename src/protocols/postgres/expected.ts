/** What the server has still to answer, oldest first. */

import type { Answered } from '../codec.ts'
import type { MessageType } from './message.ts'
import type { Statement } from './statement.ts'

/** What a message from the server is paired with. */
export interface Paired extends Answered { readonly statement: Statement | null }

/** One message of the client's that is answered. It is itself what its answers are paired with, but for the last: a row costs no object. */
export interface Expected extends Paired { readonly type: MessageType; readonly last: false }

/** A queue that gives its room back. */
export class ExpectedQueue {
  #entries: (Expected | undefined)[] = []
  #head = 0

  get size(): number { return this.#entries.length - this.#head }
  get head(): Expected | undefined { return this.#entries[this.#head] }
  get tail(): Expected | undefined { return this.#entries[this.#entries.length - 1] }

  push(expected: Expected): void { this.#entries.push(expected) }

  pop(): Expected | undefined {
    const expected = this.#entries[this.#head]
    if (!expected) return undefined
    this.#entries[this.#head++] = undefined
    if (this.#head === this.#entries.length) this.clear()
    else if (this.#head >= COMPACT_AT && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return expected
  }

  /** Takes out what lies behind the head up to the first `until`, that one included; only those of `types` go. True where `until` was there. */
  takeOut(types: ReadonlySet<MessageType>, until: MessageType): boolean {
    const kept: (Expected | undefined)[] = []
    let found = false
    for (let at = this.#head; at < this.#entries.length; at++) {
      const entry = this.#entries[at]
      if (!found && at > this.#head && entry?.type === until) found = true
      else if (found || at === this.#head || !entry || !types.has(entry.type)) kept.push(entry)
    }
    this.#entries = kept
    this.#head = 0
    return found
  }

  clear(): void {
    this.#entries = []
    this.#head = 0
  }
}

const COMPACT_AT = 1024
