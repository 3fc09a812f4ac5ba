/** What a session asks of its proxy. */

import type { Clock } from '../core/clock.ts'
import type { Ms } from '../core/units.ts'
import type { Direction } from '../protocols/codec.ts'
import type { ArmedRule } from './armed.ts'
import type { Outcome } from './judge.ts'
import type { Meter } from './meter.ts'

/** Sessions are named by their number. */
export interface SessionHost {
  readonly clock: Clock
  readonly meter: Meter
  readonly dialTimeout: Ms
  expire(now: Ms): void
  /** For the ledger. */
  judged(session: number, direction: Direction, judgement: Outcome): void
  /** Nothing more of the session is read, and why. */
  opaque(session: number, why: string): void
  drained(armed: ArmedRule): void
  /** Both of its sockets are gone. */
  closed(session: number): void
}
