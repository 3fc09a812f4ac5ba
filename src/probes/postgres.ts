/** One query on a connection of its own. ok: it succeeded. The value is the first column of the first row as a number, where it is one. */

import pg from 'pg'
import { trustingLoopback } from '../core/loopback.ts'
import { numeric, valued, type Finding } from './deadline.ts'

export async function probePostgres(url: string, sql: string, signal: AbortSignal): Promise<Finding> {
  const client = new pg.Client({ connectionString: trustingLoopback(url), application_name: 'brownout probe' })
  client.on('error', () => client.connection.stream.destroy())
  const stop = (): void => { client.connection.stream.destroy() }
  signal.addEventListener('abort', stop, { once: true })
  try {
    await client.connect()
    const answer = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
    await client.end()
    return { ok: true, ...valued(numeric(answer.rows[0]?.[0])) }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}
