/** Bytes that are written one behind the other, gathered: neighbours in one chunk go out as one piece. */

export class Run {
  readonly #write: (raw: Buffer) => void
  #raw: Buffer | undefined

  constructor(write: (raw: Buffer) => void) { this.#write = write }

  add(raw: Buffer): void {
    const before = this.#raw
    if (before && before.buffer === raw.buffer && before.byteOffset + before.length === raw.byteOffset) {
      this.#raw = Buffer.from(before.buffer, before.byteOffset, before.length + raw.length)
    } else {
      this.flush()
      this.#raw = raw
    }
  }

  flush(): void {
    const raw = this.#raw
    this.#raw = undefined
    if (raw) this.#write(raw)
  }
}
