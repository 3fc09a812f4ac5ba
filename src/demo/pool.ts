/** Connections of a sample service to its database. */

import pg, { type Pool, type PoolConfig, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg'

/** What reads are asked of: a pool, or who chooses one. */
export interface Source { query<Row extends QueryResultRow>(query: QueryConfig): Promise<QueryResult<Row>> }

/** A pool that outlives its connections: one that breaks while it is lent out tells nobody but itself, and unheard that ends the process. */
export function openPool(config: PoolConfig, log: (line: string) => void): Pool {
  const pool = new pg.Pool(config)
  const report = (error: Error): void => log(`database: ${error.message}`)
  pool.on('error', report)
  pool.on('connect', (client) => client.on('error', report))
  return pool
}
