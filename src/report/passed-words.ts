/** What passed through, as a table of words that every format shows alike. */

import { bytes, formatRate, formatSize, perSecond } from '../core/units.ts'
import type { Passed, PassedRow, PassedSockets } from './passed.ts'
import { brief, countWords, durationWords, NONE, plain, shareWords } from './words.ts'

/** Rows shown; the rest is told in one line. */
const ROWS_MAX = 12
const CODES_MAX = 3

export const KEYS_HEAD = ['reads', 'hit ratio', 'p95'] as const

export interface PassedTable { readonly target: string; /** Of the cells of operations; `errors` is the last. */ readonly head: readonly string[]; readonly operations: readonly WordRow[]; readonly keys: readonly WordRow[]; readonly notes: readonly string[] }
export interface WordRow { readonly name: string; readonly cells: readonly string[]; readonly troubled: boolean }

export function passedTable({ target, operations, keys, transactions, sockets }: Passed): PassedTable {
  const left = operations.slice(ROWS_MAX)
  const columns = COLUMNS.filter(({ only }) => !only || operations.some(only))
  return {
    target: plain(target), head: columns.map(({ head }) => head), operations: operations.slice(0, ROWS_MAX).map((row) => operationRow(row, columns)), keys: keys.slice(0, ROWS_MAX).map(keyRow),
    notes: [
      ...(left.length ? [`${left.length === 1 ? 'one more name' : `${left.length} more names`}: ${countWords(left.reduce((sum, { offered }) => sum + offered, 0))} operations`] : []),
      ...(keys.length > ROWS_MAX ? [`${keys.length - ROWS_MAX} more patterns of keys`] : []),
      ...(transactions ? [transactionWords(transactions)] : []),
      ...(sockets ? [socketWords(sockets)] : []),
    ],
  }
}

interface Column { readonly head: string; readonly cell: (row: PassedRow) => string; /** Shown where one row is so. */ readonly only?: (row: PassedRow) => boolean }
const COLUMNS: readonly Column[] = [
  { head: 'count', cell: ({ offered }) => countWords(offered) },
  { head: 'rate', cell: ({ rate }) => formatRate(perSecond(Number(rate.toPrecision(3)))) },
  { head: 'first byte p95', cell: ({ firstByteP95 }) => durationWords(firstByteP95), only: ({ firstByteP95 }) => firstByteP95 !== undefined },
  { head: 'p50', cell: ({ p50 }) => durationWords(p50) },
  { head: 'p95', cell: ({ p95 }) => durationWords(p95) },
  { head: 'p99', cell: ({ p99 }) => durationWords(p99) },
  { head: 'held', cell: ({ held }) => (held > 0 ? durationWords(held) : NONE) },
  { head: 'sent each', cell: (row) => sizeWords(row, row.bytesToServer), only: isSized },
  { head: 'received each', cell: (row) => sizeWords(row, row.bytesToClient), only: isSized },
  { head: 'statuses', cell: ({ statuses }) => Object.entries(statuses).map(([name, count]) => `${plain(name)} × ${countWords(count)}`).join(', ') || NONE, only: ({ statuses }) => Object.keys(statuses).length > 0 },
  { head: 'errors', cell: errorWords },
]

function isSized({ bytesToServer, bytesToClient }: PassedRow): boolean { return bytesToServer + bytesToClient > 0 }
const sizeWords = ({ offered }: PassedRow, size: number): string => (size > 0 && offered > 0 ? formatSize(bytes(Math.round(size / offered))) : NONE)

/** A statement has its own table and tag in it. */
const nameOf = ({ of: { command, statement, key, name, ...rest } }: PassedRow): string => plain(command ?? statement ?? key ?? name ?? Object.values(rest).join(' '))

const operationRow = (row: PassedRow, columns: readonly Column[]): WordRow => ({ name: brief(nameOf(row), 120), troubled: Object.keys(row.errors).length > 0, cells: columns.map(({ cell }) => cell(row)) })

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

function socketWords({ opened, setup, cut, back, resume, messages, lost }: PassedSockets): string {
  const words = [`${opened === 1 ? 'one WebSocket' : `${countWords(opened)} WebSockets`} set up: p50 ${durationWords(setup.p50)}, p95 ${durationWords(setup.p95)}`]
  if (cut > 0) words.push(`${countWords(cut)} cut by faults, ${countWords(back)} back${back > 0 ? ` after p50 ${durationWords(resume.p50)}, at the latest ${durationWords(resume.longest)}` : ''}`)
  if (lost > 0) words.push(`${countWords(lost)} of ${countWords(messages)} messages lost`)
  return words.join('; ')
}
