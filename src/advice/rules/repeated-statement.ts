/** A list, and then one statement for each of its rows (N+1): what one statement with a join or with all keys at once would answer. */

import { formatRate, perSecond } from '../../core/units.ts'
import type { PassedRow } from '../../report/passed.ts'
import { countWords, durationWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { askedOf, isOurs, meanOf, rowsOf, secondsOf, timeOf, type Asked, type Seen } from '../seen.ts'

const SEEN_MIN = 100
/** In a row, and for each request. */
const TIMES_MIN = 3
/** Counts that differ by less are taken for the same: of requests, and of rows that a pause may have cut in two. */
const [ONCE, PAUSED] = [0.15, 0.3]
/** Of the target's time; less is not worth a change of a program. */
const SHARE_MIN = 0.02
const REPEATABLE: ReadonlySet<string> = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'WITH'])

export const repeatedStatement: AdviceRule = (seen) => (isOurs(seen, 'postgres') ? [] : seen.whole.passed.flatMap(({ target, operations }) =>
  operations.flatMap((row) => adviceOn(row, target, operations, seen) ?? [])))

function adviceOn(row: PassedRow, target: string, rows: readonly PassedRow[], seen: Seen): Advice | undefined {
  const { statement, tag = '' } = row.of
  if (statement === undefined || row.offered < SEEN_MIN || !REPEATABLE.has(tag.toUpperCase())) return undefined
  const runs = row.offered - row.again
  const inRow = runs > 0 ? row.offered / runs : row.offered
  if (inRow < TIMES_MIN) return undefined
  const asked = askedOf(seen, seen.whole)
  // Once for each request of some load: a pool that is hardly idle puts those in a row too.
  if (asked.some(({ offered }) => near(offered, row.offered, ONCE))) return undefined
  const before = rows.find((one) => one !== row && one.of['tag']?.toUpperCase() === 'SELECT' && near(one.offered, runs, PAUSED) && one.again < one.offered / 2)
  const source = asked.find(({ offered }) => near(offered, runs, PAUSED))
  const requests = asked.reduce((sum, { offered }) => sum + offered, 0)
  const each = requests > 0 ? row.offered / requests : undefined
  if (!before && !source && !(each !== undefined && each >= TIMES_MIN)) return undefined
  const times = row.offered / (before?.offered ?? source?.offered ?? runs)
  const all = timeOf(rowsOf(seen.whole, target))
  const share = all > 0 ? (row.total / all) * (1 - 1 / times) : 0
  if (share < SHARE_MIN) return undefined
  const write = tag.toUpperCase() !== 'SELECT' && tag.toUpperCase() !== 'WITH'
  return {
    id: 'postgres.repeated_statement', target, title: `One statement in place of ${countWords(Math.round(times))} in a row`,
    evidence: [{ text: `${countWords(row.offered)} times in ${countWords(Math.round(secondsOf(seen.whole)))}s (${formatRate(perSecond(Number(row.rate.toPrecision(3))))}), ${countWords(inRow)} in a row on one connection on average, each within 20ms of the answer to the one before; p95 ${durationWords(row.p95)}${each !== undefined && each >= 1 ? `; ${countWords(each)} for each operation of the load` : ''}`, lines: [statement] },
      ...(before ? [{ text: `such a row came as often as this, ${countWords(before.offered)} times:`, lines: [before.of['statement'] ?? ''] }] : sourceOf(source))],
    actions: [write ? { text: 'Write the rows of one request with one statement: several rows of VALUES, or arrays.', code: 'insert into … select * from unnest($1::int[], $2::text[]);' }
      : { text: 'Ask for all rows of one request at once: join them to the list, or hand in all keys.', code: '… where id = any($1)' }],
    gain: {
      share, text: `at most ${shareWords(share)} of the time of ${target}, and ${countWords(Math.round(times) - 1)} of ${countWords(Math.round(times))} round trips: about ${durationWords(saved(row, times))} of a request`,
      how: `the measured time of the statement, as if one of ${countWords(times)} were enough`,
    },
    confidence: before && (source ?? (each !== undefined && each >= TIMES_MIN)) ? 'high' : 'medium',
    limits: ['values were not compared: rows that do depend on one another cannot be asked for together', 'one statement for many rows takes longer than one for a single row'],
  }
}

const saved = (row: PassedRow, times: number): ReturnType<typeof meanOf> => {
  const mean = meanOf(row)
  return (mean * (times - 1)) as typeof mean
}
const sourceOf = (source: Asked | undefined): Advice['evidence'] => (source ? [{ text: `such a row came as often as an operation of ${source.name}, ${countWords(source.offered)} times` }] : [])
const near = (a: number, b: number, by: number): boolean => Math.abs(a - b) <= by * Math.max(a, b)
