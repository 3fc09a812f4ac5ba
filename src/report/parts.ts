/** From figures by name to the buckets that signals are measured in. */

import { noCounts, type BucketRecord } from '../record/buckets.ts'
import { isMeant, type FiguresRecord, type Labels, type PartRecord } from '../record/figures.ts'

/** One bucket for each part that `where` means; without it for all. */
export function partBuckets(records: readonly FiguresRecord[], where?: Labels): BucketRecord[] {
  return records.flatMap(({ target: name, start, width, parts }) => parts.flatMap((part): BucketRecord[] => {
    if (where && !isMeant(part.of, where)) return []
    const { hits = 0, misses = 0 } = part
    return [{
      source: 'target', name, start, width, counts: { ...noCounts(), offered: part.offered, ok: part.ok, error: errorsOf(part) },
      ...(part.latency ? { cells: part.latency } : {}), ...(hits + misses > 0 ? { extra: { hits, misses } } : {}),
    }]
  }))
}

/** What is of the target as a whole. */
export const wholeBuckets = (records: readonly FiguresRecord[]): BucketRecord[] => records.map(({ target: name, start, width, inFlight, transactions }) => ({
  source: 'target', name, start, width, counts: noCounts(),
  extra: { in_flight: inFlight, ...(transactions ? { transactions: transactions.ended, rollbacks: transactions.rolledBack } : {}) },
}))

export const errorsOf = ({ errors = {} }: PartRecord): number => Object.values(errors).reduce((sum, count) => sum + count, 0)
