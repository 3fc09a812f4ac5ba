/**
 * Numbers that processes of one machine hold in common: a file of them, in memory where the system has such, and a folder a slot as its
 * lock, for making one is something that only one can do. Sixteen numbers a rule; and how many connections each worker has of each target.
 */

import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monotonicNow } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { NUMBERS, type Common } from '../numbers.ts'

const SLOT_BYTES = NUMBERS * 8
/** Rules that are armed at once; and targets, with as many workers each. */
export const SLOTS = 4096
export const TARGETS = 4096
export const WORKERS = 64
/** Who holds a lock has died: nobody holds one for longer than some microseconds. */
const ABANDONED: Ms = ms(100)
const MEMORY = '/dev/shm'

export class Ledger {
  readonly folder: string
  readonly #file: number
  readonly #row = new Float64Array(WORKERS)

  /** That of others, by its folder; or a new one. */
  constructor(folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'brownout-'))) {
    this.folder = folder
    this.#file = openSync(join(folder, 'numbers'), existsSync(join(folder, 'numbers')) ? 'r+' : 'wx+', 0o600)
  }

  slot(slot: number): Common { return new Slot(this.#file, slot, join(this.folder, `lock-${slot}`)) }

  /** For a rule that counts anew. */
  clear(slot: number): void { writeSync(this.#file, new Float64Array(NUMBERS), 0, SLOT_BYTES, slot * SLOT_BYTES) }

  /** So many connections of that target has that worker. */
  count(target: number, worker: number, connections: number): void { writeSync(this.#file, Float64Array.of(connections), 0, 8, rowOf(target) + worker * 8) }

  /** Of all workers together. */
  total(target: number): number {
    this.#row.fill(0)
    readSync(this.#file, this.#row, 0, WORKERS * 8, rowOf(target))
    return this.#row.reduce((sum, one) => sum + one, 0)
  }

  close(): void { closeSync(this.#file) }

  /** For who has made it. */
  remove(): void {
    this.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const rowOf = (target: number): number => SLOTS * SLOT_BYTES + target * WORKERS * 8

class Slot implements Common {
  readonly shared = true
  readonly #file: number
  readonly #at: number
  readonly #lock: string
  readonly #numbers = new Float64Array(NUMBERS)

  constructor(file: number, slot: number, lock: string) {
    this.#file = file
    this.#at = slot * SLOT_BYTES
    this.#lock = lock
  }

  alone<T>(act: (numbers: Float64Array) => T): T {
    this.#take()
    try {
      // Behind what was written last the file has nothing: zeros.
      this.#numbers.fill(0)
      readSync(this.#file, this.#numbers, 0, SLOT_BYTES, this.#at)
      const result = act(this.#numbers)
      writeSync(this.#file, this.#numbers, 0, SLOT_BYTES, this.#at)
      return result
    } finally {
      release(this.#lock)
    }
  }

  #take(): void {
    if (locked(this.#lock)) return
    for (let until = monotonicNow() + ABANDONED; !locked(this.#lock);) {
      if (monotonicNow() < until) continue
      release(this.#lock)
      until = monotonicNow() + ABANDONED
    }
  }
}

function locked(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Somebody who took us for dead may have done so already. */
function release(lock: string): void {
  try {
    rmdirSync(lock)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
