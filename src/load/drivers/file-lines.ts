/** The lines of a file that another program goes on writing to. */

import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { realClock, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'

const POLL: Ms = ms(50)
const CHUNK = 64 * 1024
/** A longer line is none of ours. */
const LINE_MAX = 1024 * 1024

export class FileLines {
  readonly #descriptor: number
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder()
  readonly #chunk = Buffer.alloc(CHUNK)
  #rest = ''
  #timer: Timer | undefined
  #closed = false

  constructor(path: string, onLine: (line: string) => void) {
    this.#descriptor = openSync(path, 'r')
    this.#onLine = onLine
    this.#wait()
  }

  /** Reads what is there and stops. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.cancel()
    this.#take()
    closeSync(this.#descriptor)
  }

  #wait(): void {
    this.#timer = realClock.at(ms(realClock.now() + POLL), () => {
      this.#take()
      if (!this.#closed) this.#wait()
    })
  }

  #take(): void {
    for (let length = readSync(this.#descriptor, this.#chunk); length > 0; length = readSync(this.#descriptor, this.#chunk)) {
      const lines = (this.#rest + this.#decoder.write(this.#chunk.subarray(0, length))).split('\n')
      const last = lines.pop() ?? ''
      this.#rest = last.length > LINE_MAX ? '' : last
      for (const line of lines) this.#onLine(line)
    }
  }
}
