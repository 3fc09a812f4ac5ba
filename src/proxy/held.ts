/** Bounds on what is held back, for a link and for the process: past them a source is no longer read. */

import { bytes, type Bytes } from '../core/units.ts'

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
