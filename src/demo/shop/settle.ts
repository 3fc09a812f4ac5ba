/** Charges later what could not be charged at once: an order is written as unpaid, and stays so until its money is known to be taken. */

import type { Pool } from 'pg'
import { coarseClock, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import type { Payment } from './payment.ts'

const EVERY: Ms = ms(200)
const AT_ONCE = 20
/** Younger ones are still being sold; what is older is for people to look at. */
const UNPAID = `select request, total_cents as total from brownout_shop.orders
  where unpaid and at < now() - interval '2 seconds' and at > now() - interval '10 minutes' order by id limit ${AT_ONCE}`

export class Settler {
  readonly #pool: Pool
  readonly #payment: Payment
  readonly #log: (line: string) => void
  #timer: Timer | undefined
  #closed = false

  constructor(pool: Pool, payment: Payment, log: (line: string) => void) {
    this.#pool = pool
    this.#payment = payment
    this.#log = log
  }

  begin(): void {
    if (this.#closed) return
    this.#timer = coarseClock.at(ms(coarseClock.now() + EVERY), () => {
      this.#settle().catch((error: unknown) => this.#log(`not settled: ${String(error)}`)).finally(() => this.begin())
    })
  }

  /** Takes the money, and says so in the order: asked again for what is paid, the service gives the same charge. */
  async pay(request: string, totalCents: number): Promise<void> {
    await this.#payment.charge(request, totalCents)
    await this.#pool.query('update brownout_shop.orders set unpaid = false where request = $1', [request])
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  async #settle(): Promise<void> {
    const { rows } = await this.#pool.query<{ request: string; total: number }>(UNPAID)
    const outcomes = await Promise.allSettled(rows.map(({ request, total }) => this.pay(request, total)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }
}
