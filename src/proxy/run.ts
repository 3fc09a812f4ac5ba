/** Bytes that are written one behind the other, gathered: they go out as one piece, neighbours in memory without being copied. */

/** What is joined at the most: past it a copy costs more than the write that it spares. */
const JOINED_MAX = 16_384

export class Run {
  readonly #write: (raw: Buffer) => void
  /** What stands before the latest neighbours. */
  #ahead: Buffer[] = []
  /** The first of the latest neighbours, and how many bytes they are together. */
  #first: Buffer | undefined
  #length = 0
  #total = 0

  constructor(write: (raw: Buffer) => void) { this.#write = write }

  add(raw: Buffer): void {
    const first = this.#first
    if (first && first.buffer === raw.buffer && first.byteOffset + this.#length === raw.byteOffset) {
      this.#length += raw.length
      this.#total += raw.length
      return
    }
    if (this.#total + raw.length > JOINED_MAX) this.flush()
    else if (first) this.#ahead.push(this.#neighbours(first))
    this.#first = raw
    this.#length = raw.length
    this.#total += raw.length
  }

  flush(): void {
    const first = this.#first
    if (!first) return
    const last = this.#neighbours(first)
    const ahead = this.#ahead
    this.#first = undefined
    this.#total = 0
    if (ahead.length === 0) return this.#write(last)
    this.#ahead = []
    ahead.push(last)
    this.#write(Buffer.concat(ahead))
  }

  #neighbours(first: Buffer): Buffer { return this.#length === first.length ? first : Buffer.from(first.buffer, first.byteOffset, this.#length) }
}
