/** From figures by name to the buckets that signals are measured in. */

import { noCounts, type BucketRecord } from '../record/buckets.ts'
import { isMeant, type FiguresRecord, type Labels, type PartRecord } from '../record/figures.ts'

/** One bucket for each part that `where` means; without it for all. */
export function partBuckets(records: readonly FiguresRecord[], where?: Labels): BucketRecord[] {
  return records.flatMap(({ target: name, start, width, parts }) => parts.flatMap((part): BucketRecord[] => {
    if (where && !isMeant(part.of, where)) return []
    // Those of the target as a whole were counted off its sockets.
    const extra = { ...readsOf(part), ...messagesOf(part), ...(where ? bytesOf(part) : {}) }
    const beside = { ...(part.firstByte ? { first_byte: part.firstByte } : {}), ...(part.of['opcode'] === 'ping' && part.latency ? { ping: part.latency } : {}) }
    return [{
      source: 'target', name, start, width, counts: { ...noCounts(), offered: part.offered, ok: part.ok, error: errorsOf(part) },
      ...(part.latency ? { cells: part.latency } : {}), ...(isEmpty(beside) ? {} : { beside }), ...(isEmpty(extra) ? {} : { extra }),
    }]
  }))
}

/** What is of the target as a whole. */
export const wholeBuckets = (records: readonly FiguresRecord[]): BucketRecord[] => records.map(({ target: name, start, width, inFlight, transactions, sockets: { setup, resume } = {} }) => ({
  source: 'target', name, start, width, counts: noCounts(),
  ...(setup || resume ? { beside: { ...(setup ? { setup } : {}), ...(resume ? { resume } : {}) } } : {}),
  extra: { in_flight: inFlight, ...(transactions ? { transactions: transactions.ended, rollbacks: transactions.rolledBack } : {}) },
}))

type Extra = Readonly<Record<string, number>>
const isEmpty = (fields: object): boolean => Object.keys(fields).length === 0
const readsOf = ({ hits = 0, misses = 0 }: PartRecord): Extra => (hits + misses > 0 ? { hits, misses } : {})
const bytesOf = ({ bytesToServer = 0, bytesToClient = 0 }: PartRecord): Extra => (bytesToServer + bytesToClient > 0 ? { bytes_to_server: bytesToServer, bytes_to_client: bytesToClient } : {})
/** Of what WebSockets are for; pings and closes are none. */
const messagesOf = ({ of, ok, errors = {} }: PartRecord): Extra => (of['opcode'] === 'text' || of['opcode'] === 'binary' ? { messages: ok, messages_lost: errors['lost'] ?? 0 } : {})

export const errorsOf = ({ errors = {} }: PartRecord): number => Object.values(errors).reduce((sum, count) => sum + count, 0)
