/** What INFO says of a server, told otherwise. */

import type { RedisMessage } from './message.ts'
import { endOfLine } from './reply.ts'

const LOADING = 'loading:1\r\nloading_start_time:0\r\nloading_total_bytes:2\r\nloading_loaded_bytes:1\r\nloading_loaded_perc:50.00\r\nloading_eta_seconds:1\r\n'

/** The same answer from a server that loads its data; undefined where it says nothing of that. Clients ask for it before they call themselves ready. */
export function loadingInfo({ raw, type, valueAt, part }: RedisMessage): Buffer | undefined {
  if (part !== 'whole' || (type !== 'BulkString' && type !== 'VerbatimString')) return undefined
  const said = raw.toString('latin1', endOfLine(raw, valueAt), raw.length - 2)
  const told = said.replace(/^loading:\d\r\n/m, LOADING)
  return told === said ? undefined : Buffer.from(`${String.fromCharCode(raw[valueAt] ?? 0)}${told.length}\r\n${told}\r\n`, 'latin1')
}
