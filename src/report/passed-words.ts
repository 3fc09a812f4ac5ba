/** What passed through, as a table of words that every format shows alike. */

import { formatRate, perSecond } from '../core/units.ts'
import type { Passed, PassedRow } from './passed.ts'
import { brief, countWords, durationWords, NONE, plain, shareWords } from './words.ts'

/** Rows shown; the rest is told in one line. */
const ROWS_MAX = 12
const CODES_MAX = 3

export const PASSED_HEAD = ['count', 'rate', 'p50', 'p95', 'p99', 'held', 'errors'] as const
export const KEYS_HEAD = ['reads', 'hit ratio', 'p95'] as const

export interface PassedTable { readonly target: string; readonly operations: readonly WordRow[]; readonly keys: readonly WordRow[]; readonly notes: readonly string[] }
export interface WordRow { readonly name: string; readonly cells: readonly string[]; readonly troubled: boolean }

export function passedTable({ target, operations, keys, transactions }: Passed): PassedTable {
  const left = operations.slice(ROWS_MAX)
  return {
    target: plain(target), operations: operations.slice(0, ROWS_MAX).map(operationRow), keys: keys.slice(0, ROWS_MAX).map(keyRow),
    notes: [
      ...(left.length ? [`${left.length === 1 ? 'one more name' : `${left.length} more names`}: ${countWords(left.reduce((sum, { offered }) => sum + offered, 0))} operations`] : []),
      ...(keys.length > ROWS_MAX ? [`${keys.length - ROWS_MAX} more patterns of keys`] : []),
      ...(transactions ? [transactionWords(transactions)] : []),
    ],
  }
}

/** A statement has its own table and tag in it. */
const nameOf = ({ of: { command, statement, key, name, ...rest } }: PassedRow): string => plain(command ?? statement ?? key ?? name ?? Object.values(rest).join(' '))

const operationRow = (row: PassedRow): WordRow => ({
  name: brief(nameOf(row), 120), troubled: Object.keys(row.errors).length > 0,
  cells: [countWords(row.offered), formatRate(perSecond(Number(row.rate.toPrecision(3)))), durationWords(row.p50), durationWords(row.p95), durationWords(row.p99), row.held > 0 ? durationWords(row.held) : NONE, errorWords(row)],
})

const keyRow = (row: PassedRow): WordRow => ({
  name: brief(nameOf(row), 120), troubled: false,
  cells: [countWords(row.hits + row.misses), shareWords(row.hits / (row.hits + row.misses)), durationWords(row.p95)],
})

function errorWords({ errors }: PassedRow): string {
  const all = Object.entries(errors)
  const more = all.slice(CODES_MAX).reduce((sum, [, count]) => sum + count, 0)
  return all.length === 0 ? NONE : [...all.slice(0, CODES_MAX).map(([code, count]) => `${plain(code)} × ${countWords(count)}`), ...(more ? [`others × ${countWords(more)}`] : [])].join(', ')
}

const transactionWords = ({ ended, rolledBack, p50, p95, longest }: NonNullable<Passed['transactions']>): string =>
  `${ended === 1 ? 'one transaction' : `${countWords(ended)} transactions`}: p50 ${durationWords(p50)}, p95 ${durationWords(p95)}, the longest ${durationWords(longest)}, ${shareWords(rolledBack / ended)} rolled back`
