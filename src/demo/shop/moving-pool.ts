/** A pool of connections to a server that can become another one. */

import pg, { type Pool, type PoolConfig } from 'pg'
import { openPool } from '../pool.ts'

export interface MovingPool {
  readonly pool: Pool
  /** Where it leads now. */
  readonly url: string
  /** From now on to that one. What is connected to the other is cut: nothing more is written there from here. */
  moveTo(url: string): void
}

export function openMovingPool(config: Omit<PoolConfig, 'Client'> & { readonly connectionString: string }, log: (line: string) => void): MovingPool {
  let url = config.connectionString
  const open = new Set<pg.Client>()
  class Client extends pg.Client {
    constructor(given?: pg.ClientConfig) {
      super({ ...given, connectionString: url })
      open.add(this)
      this.once('end', () => open.delete(this))
    }
  }
  return {
    pool: openPool({ ...config, Client }, log),
    get url() { return url },
    moveTo(next) {
      url = next
      for (const client of open) client.connection.stream.destroy()
    },
  }
}
