/** Leases: who made an injection must go on saying that it is there. */

import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Lease } from './contract.ts'

/** Bounds of how long a lease lasts without being renewed. */
export const TTL_MIN: Ms = ms(500)
export const TTL_MAX: Ms = ms(300_000)
const LEASES_MAX = 1000

interface Held extends Lease { timer: Timer }

export class Leases {
  readonly #clock: Clock
  readonly #lost: (lease: Lease) => void
  readonly #held = new Map<string, Held>()

  /** `lost` is called when one was not renewed in time. */
  constructor(clock: Clock, lost: (lease: Lease) => void) {
    this.#clock = clock
    this.#lost = lost
  }

  get size(): number { return this.#held.size }

  has(lease: string): boolean { return this.#held.has(lease) }

  /** VALUE_INVALID. */
  grant(who: string, ttl: number): Lease {
    if (!(ttl >= TTL_MIN && ttl <= TTL_MAX)) throw new BrownoutError('VALUE_INVALID', { message: 'ttl: a lease lasts from 500ms to 5m', hint: 'it is renewed while its holder is there' })
    if (this.#held.size >= LEASES_MAX) throw new BrownoutError('VALUE_INVALID', { message: `there are ${LEASES_MAX} leases already`, hint: 'release those that are not needed' })
    const lease = randomUUID()
    this.#held.set(lease, { lease, who, ttl, timer: this.#wait(lease, ttl) })
    return { lease, who, ttl }
  }

  /** LEASE_LOST. */
  renew(lease: string): Lease {
    const held = this.#held.get(lease)
    if (!held) throw new BrownoutError('LEASE_LOST', { message: 'there is no such lease (any more)' })
    held.timer.cancel()
    held.timer = this.#wait(lease, held.ttl)
    return { lease, who: held.who, ttl: held.ttl }
  }

  /** What it was; undefined where there is none. */
  release(lease: string): Lease | undefined {
    const held = this.#held.get(lease)
    held?.timer.cancel()
    this.#held.delete(lease)
    return held
  }

  close(): void { for (const lease of [...this.#held.keys()]) this.release(lease) }

  #wait(lease: string, ttl: number): Timer {
    return this.#clock.at(ms(this.#clock.now() + ttl), () => {
      const lost = this.release(lease)
      if (lost) this.#lost(lost)
    })
  }
}
