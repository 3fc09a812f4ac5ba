/** Indexes that are written and never read. */

import { bytes, formatDuration, formatSize, ms } from '../../core/units.ts'
import type { SurveyedIndex } from '../../record/postgres-survey.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { AdviceRule } from '../advice.ts'
import { isOn, rowsOf, surveysOf, timeOf } from '../seen.ts'

const WRITES_MIN = 100
/** Of the target's time. */
const SHARE_MIN = 0.02
const DAY_MS = 86_400_000

export const unusedIndex: AdviceRule = (seen) => surveysOf(seen, 'postgres').flatMap(({ target, survey }) => {
  const rows = rowsOf(seen.whole, target)
  const all = timeOf(rows)
  return survey.indexes.filter(({ scans, needed, valid }) => scans === 0 && !needed && valid).flatMap((index) => {
    const writes = rows.filter((row) => isOn(row, index.table) && /^(insert|update|delete)$/i.test(row.of['tag'] ?? ''))
    const count = writes.reduce((sum, { offered }) => sum + offered, 0)
    // The row itself and each of its indexes are written.
    const share = all > 0 ? timeOf(writes) / all / (1 + survey.indexes.filter(({ table }) => table === index.table).length) : 0
    if (count < WRITES_MIN || share < SHARE_MIN) return []
    const since = survey.statisticsMs ?? 0
    return [{
      id: 'postgres.unused_index', target, title: `${index.table} without the index ${index.name}`,
      evidence: [{ text: `${index.name} (${index.columns.join(', ')}), ${formatSize(bytes(Math.round(index.sizeBytes)))}, was read by nothing since the statistics began ${formatDuration(ms(since))} ago; meanwhile this run wrote to ${index.table} ${countWords(count)} times` }],
      actions: [{ text: 'Drop it, once you know that nothing else needs it.', code: dropOf(index) }],
      gain: { share, text: `at most ${shareWords(share)} of the time of ${target}, and its size`, how: 'the measured time of the writes, spread evenly over the table and its indexes' },
      confidence: since >= 7 * DAY_MS ? 'medium' as const : 'low' as const,
      limits: [`nothing before those ${formatDuration(ms(since))} is known, nor what a replica reads: a report at the end of the month counts too`],
    }]
  })
})

const dropOf = ({ name, table }: SurveyedIndex): string => `drop index concurrently ${table.includes('.') ? `${table.slice(0, table.indexOf('.'))}.` : ''}${name};`
