/** Bytes that are written one behind the other, gathered: neighbours in one chunk go out as one piece. */

export class Run {
  readonly #write: (raw: Buffer) => void
  /** The first of the neighbours, and how many bytes they are together. */
  #first: Buffer | undefined
  #length = 0

  constructor(write: (raw: Buffer) => void) { this.#write = write }

  add(raw: Buffer): void {
    const first = this.#first
    if (first && first.buffer === raw.buffer && first.byteOffset + this.#length === raw.byteOffset) {
      this.#length += raw.length
      return
    }
    this.flush()
    this.#first = raw
    this.#length = raw.length
  }

  flush(): void {
    const first = this.#first
    this.#first = undefined
    if (first) this.#write(this.#length === first.length ? first : Buffer.from(first.buffer, first.byteOffset, this.#length))
  }
}
