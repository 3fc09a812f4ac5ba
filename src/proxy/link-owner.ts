/** What a link asks of its session. */

import type { Ms } from '../core/units.ts'
import type { Unit } from '../fault.ts'
import type { Direction } from '../protocols/codec.ts'
import type { Closing, Outcome } from './judge.ts'

export interface LinkOwner {
  /** A chunk has come from the source. Bookkeeping comes behind the byte: on the fast path it has been written already. */
  arrived(direction: Direction, size: number): void
  /** Bytes were written to the target. */
  passed(direction: Direction, size: number): void
  /** A chunk that rules held back goes on, so long after its arrival. */
  held(duration: Ms): void
  /** Disarms what is overdue: called before a chunk is judged. */
  expire(now: Ms): void
  judged(direction: Direction, judgement: Outcome, unit: Unit): void
  closing(closing: Closing, direction: Direction): void
  /** In turn: the source has ended (FIN) or was reset. */
  ended(direction: Direction, how: 'end' | 'reset'): void
}
