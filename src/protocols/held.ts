/** The bytes of a message that is not complete. Room is made for what has come, never for what was declared. */

const NOTHING = Buffer.alloc(0)
/** First room; it doubles as bytes really come. */
const ROOM = 512

export class Held {
  #room: Buffer = NOTHING
  #length = 0

  get length(): number { return this.#length }
  /** A view of all of it: whole and final once taken, overwritten never. */
  get bytes(): Buffer { return this.#room.subarray(0, this.#length) }

  /** Copies `chunk` from `start` to `end` behind what is held. `most`: what it will come to, where that is known; it bounds the room, not the bytes. */
  add(chunk: Buffer, start: number, end: number, most: number): void {
    const length = this.#length + end - start
    if (length > this.#room.length) {
      const roomier = Buffer.allocUnsafeSlow(Math.max(length, Math.min(most, Math.max(ROOM, 2 * this.#room.length))))
      this.#room.copy(roomier, 0, 0, this.#length)
      this.#room = roomier
    }
    chunk.copy(this.#room, this.#length, start, end)
    this.#length = length
  }

  /** Gives out what is held, and begins anew. */
  take(): Buffer {
    const { bytes } = this
    this.#room = NOTHING
    this.#length = 0
    return bytes
  }
}
