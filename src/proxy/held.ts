/** What is held back, and the bounds on it, for a link and for the process: past them a source is no longer read. */

import { bytes, type Bytes, type Ms } from '../core/units.ts'
import type { Spoken } from '../protocols/spoken.ts'
import type { Hold } from './judge.ts'

/** One thing in the queue of a link. */
export interface Entry {
  readonly at: Ms
  due: number
  readonly size: number
  holds: readonly Hold[]
  /** Bytes to write, or what to do in their turn. */
  readonly act: Buffer | ((held: Ms) => void)
  /** The message that goes on with it. */
  readonly carries: Spoken | undefined
}

/** When it would go, had it nothing ahead of it. */
export function dueOf({ at, holds }: Entry): number {
  let due: number = at
  for (const { time } of holds) due += time
  return due
}

/** One link: 8 MiB carry 80 MiB/s over 100 ms of injected latency. */
export const HELD_MAX: Bytes = bytes(8 * 1024 ** 2)
export const HELD_COUNT_MAX = 65_536
/** What a socket may keep that the kernel does not take, before its source is paused. Below a chunk every chunk would pause it. */
export const UNSENT_MAX: Bytes = bytes(256 * 1024)
/** All links together; past it each keeps to its share. */
export const HELD_TOTAL_MAX: Bytes = bytes(256 * 1024 ** 2)
export const HELD_SHARE: Bytes = bytes(64 * 1024)

/** What all links of the process hold. */
export const heldTotal = {
  bytes: 0,
  add(size: number): void { this.bytes += size },
}

/** Whether a link that holds so much, in so many pieces, must not read on; `first` is what goes next. */
export const isFull = (size: number, count: number, first: Entry | undefined): boolean =>
  size > HELD_MAX || count > HELD_COUNT_MAX || (size > HELD_SHARE && (heldTotal.bytes > HELD_TOTAL_MAX || first?.holds.some(({ narrow }) => narrow) === true))
