/** The orders that somebody has heard of, and how many of those just placed he has not. */

import type { Pool } from 'pg'
import type { Page } from '../pages.ts'

const KEPT_MAX = 20_000

/** 503 while something is missing. */
export const missingPage = (missing: number): Page => ({ status: missing === 0 ? 200 : 503, body: { missing } })

export class KnownOrders {
  readonly #pool: Pool
  readonly #known = new Set<string>()
  #since = ''

  constructor(pool: Pool) { this.#pool = pool }

  /** From now on; what was sold before is not missed. */
  async begin(): Promise<void> {
    const { rows: [row] } = await this.#pool.query<{ now: string }>('select now()::text as now')
    this.#since = row?.now ?? ''
  }

  add(order: string): void {
    this.#known.add(order)
    const [oldest] = this.#known
    if (this.#known.size > KEPT_MAX && oldest !== undefined) this.#known.delete(oldest)
  }

  /** Orders of the last seconds, one second old at least, that are not known. */
  async missing(): Promise<number> {
    const { rows } = await this.#pool.query<{ id: string }>(
      'select id from brownout_shop.orders where at > greatest($1::timestamptz, now() - interval \'4 seconds\') and at < now() - interval \'1 second\'', [this.#since])
    return rows.filter(({ id }) => !this.#known.has(id)).length
  }
}
