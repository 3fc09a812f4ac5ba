/** A bound on how long something is waited for. */

import type { Pool, PoolClient } from 'pg'
import { realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'

/** It was not there in time; it may still come. */
export class TooLate extends Error {}

/** What `work` gives; TooLate after `patience`, unless it came while this process was too busy to look. */
export function within<T>(work: Promise<T>, patience: Ms, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new TooLate(`${what}: nothing within ${Math.max(0, Math.round(patience))} ms`))
    // Timers come before sockets in a turn of the loop: what has arrived meanwhile is read first.
    const timer = realClock.at(ms(realClock.now() + patience), () => { setImmediate(() => setImmediate(late)) })
    work.then(resolve, reject).finally(() => timer.cancel())
  })
}

/** A connection of the pool; one that comes after `patience` goes back to it, for the next: to break off what is nearly made would be to begin again for ever. TooLate. */
export async function connectWithin(pool: Pool, patience: Ms): Promise<PoolClient> {
  const connecting = pool.connect()
  return within(connecting, patience, 'a connection').catch((error: unknown) => {
    if (error instanceof TooLate) connecting.then((client) => client.release(), () => undefined)
    throw error
  })
}
