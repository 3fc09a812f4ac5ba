/**
 * How the resilient shop sells: in one transaction, once for each name of a request however often that is tried, and never for longer than
 * a customer waits.
 *
 *   database, again where two transactions met or a connection broke, looked up where nobody said whether it was committed ─failure or late─▶ outbox (outbox.ts) ─▶ 503
 */

import pg, { type Pool } from 'pg'
import { realClock, sleep } from '../../core/clock.ts'
import { randomStream } from '../../core/random.ts'
import { ms, type Ms } from '../../core/units.ts'
import { Refused } from '../pages.ts'
import { type Basket, InDoubt, type Order, orderOf, placeOrder } from './catalogue.ts'
import { RetryBudget } from './retries.ts'
import { connectWithin, within } from './within.ts'

/** All tries together. */
export const SALE_DEADLINE: Ms = ms(500)
/** For a connection of the pool: past it there is a queue, and a queue is answered with something else. */
const ACQUIRE_DEADLINE: Ms = ms(250)
/** A sale that met another is tried again, a little later each time and not all at once. */
const TRIES = 5
const RETRY_AFTER: Ms = ms(15)
/** Serialization failure, deadlock: the transaction is gone, and nothing else is wrong. */
const MET_ANOTHER: ReadonlySet<string | undefined> = new Set(['40001', '40P01'])
/** The request's name is taken: an attempt in doubt had been committed. */
const TAKEN = '23505'

export interface Sales {
  /** As often as it may help, within SALE_DEADLINE. Refused where it is not in stock, and no order of that name exists. */
  sell(basket: Basket, request: string): Promise<Order>
}

export function openSales(pool: Pool, unpaid: boolean): Sales {
  const jitter = randomStream(process.pid, 'backoff')
  const budget = new RetryBudget()

  /** On a connection of the pool; one that failed in a transaction is closed, not asked to roll back: the server does that by itself. Where two sales met all is well with it. */
  async function attempt(basket: Basket, request: string, left: () => Ms): Promise<Order> {
    const client = await connectWithin(pool, ACQUIRE_DEADLINE)
    let broken = true
    try {
      const placed = await within(placeOrder(client, basket, { request, unpaid }), left(), 'the sale')
      broken = false
      return placed
    } catch (error) {
      broken = !(error instanceof Refused)
      if (error instanceof pg.DatabaseError && MET_ANOTHER.has(error.code)) broken = await within(client.query('rollback'), left(), 'rollback').then(() => false, () => true)
      throw error
    } finally {
      client.release(broken)
    }
  }

  return {
    async sell(basket, request) {
      const until = realClock.now() + SALE_DEADLINE
      const left = (): Ms => ms(until - realClock.now())
      budget.earn()
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(basket, request, left)
        } catch (error) {
          const code = error instanceof pg.DatabaseError ? error.code : undefined
          const inDoubt = error instanceof InDoubt || code === TAKEN
          // What is not in stock any more may be what an earlier try under this name has taken.
          const placed = inDoubt || error instanceof Refused ? await within(orderOf(pool, request), left(), 'the order') : undefined
          if (placed) return placed
          if (error instanceof Refused || tries >= TRIES || left() <= 0 || !(inDoubt || MET_ANOTHER.has(code) || budget.spend())) throw error
          await sleep(ms(RETRY_AFTER * tries * (0.5 + jitter())))
        }
      }
    },
  }
}
