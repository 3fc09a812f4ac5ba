/** A session's exchanges by its bytes alone: one is opened by the first to the server after some to the client (or at the start), and answered by the next to the client. */

import { ms, type Ms } from '../core/units.ts'
import type { Direction } from '../protocols/codec.ts'
import type { ArmedRule } from './armed.ts'
import type { SessionHost } from './session-host.ts'

export class ByteExchange {
  readonly #host: SessionHost
  #open = false
  #openedAt: Ms = ms(0)
  /** Rules that were disarmed while it was open. */
  #draining: ArmedRule[] = []

  constructor(host: SessionHost) { this.#host = host }

  /** Bytes have come from one side. The time, where they open an exchange. */
  arrived(direction: Direction, size: number): Ms | undefined {
    const { meter, clock } = this.#host
    meter.arrived(direction, size)
    if (direction === 'to-client' || this.#open) return undefined
    this.#open = true
    this.#openedAt = clock.now()
    meter.exchangeOpened(this.#openedAt)
    return this.#openedAt
  }

  /** Bytes have gone to the other. */
  passed(direction: Direction, size: number): void {
    const { meter, clock } = this.#host
    if (direction === 'to-server') { meter.bytesToServer += size; return }
    meter.bytesToClient += size
    if (!this.#open) return
    this.#open = false
    meter.exchangeAnswered(this.#openedAt, clock.now())
    if (this.#draining.length > 0) this.#drained()
  }

  /** `armed`, which had a hand in this session, is disarmed: it has drained once the exchange is over. */
  disarmed(armed: ArmedRule): void {
    if (!this.#open) return
    armed.draining++
    this.#draining.push(armed)
  }

  /** The session is over. */
  end(): void {
    if (this.#open) this.#host.meter.exchangeFailed(this.#host.clock.now())
    this.#open = false
    this.#drained()
  }

  #drained(): void {
    for (const armed of this.#draining.splice(0)) if (--armed.draining === 0) this.#host.drained(armed)
  }
}
