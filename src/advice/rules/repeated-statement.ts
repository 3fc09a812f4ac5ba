/** A list, and then one statement for each of its rows (N+1): what one statement with a join or with all keys at once would answer. */

import { formatRate, ms, perSecond } from '../../core/units.ts'
import type { PassedRow } from '../../report/passed.ts'
import { countWords, durationWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { askedOf, isOurs, meanOf, secondsOf, timeOf, type Asked, type Seen } from '../seen.ts'

const SEEN_MIN = 100
/** In a row. */
const TIMES_MIN = 3
/** For each request of all loads; and then the share that comes right after one of its name. */
const [EACH_MIN, FOLLOWED_MIN] = [2.5, 0.2]
/** Counts that differ by less are taken for the same: of requests, and of rows that a pause may have cut in two. */
const [ONCE, PAUSED] = [0.15, 0.3]
/** Of the target's time; less is not worth a change of a program. */
const SHARE_MIN = 0.02
const REPEATABLE: ReadonlySet<string> = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'WITH'])

export const repeatedStatement: AdviceRule = (seen) => (isOurs(seen, 'postgres') ? [] : seen.whole.passed.flatMap(({ target, operations }) =>
  operations.flatMap((row) => {
    const found = foundIn(row, operations, seen)
    return (found && adviceOn(found, target, timeOf(operations), secondsOf(seen.whole))) ?? []
  })))

/** That it is repeated, and by what that shows. */
interface Found {
  readonly row: PassedRow
  /** In a row on one connection; for each request of all loads. */
  readonly inRow: number
  readonly each: number | undefined
  /** As often as it was repeated this was read, or that load asked. */
  readonly before: PassedRow | undefined
  readonly source: Asked | undefined
  readonly asked: readonly Asked[]
  /** For each of what repeats it: at least, and at most. */
  readonly times: number
  readonly most: number
}

function foundIn(row: PassedRow, rows: readonly PassedRow[], seen: Seen): Found | undefined {
  if (row.of['statement'] === undefined || row.offered < SEEN_MIN || !REPEATABLE.has(tagOf(row))) return undefined
  const runs = row.offered - row.again
  const inRow = runs > 0 ? row.offered / runs : row.offered
  const asked = askedOf(seen, seen.whole).filter(({ offered }) => offered > 0)
  // Once for each request of some load: a pool that is hardly idle puts those in a row too.
  if (asked.some(({ offered }) => near(offered, row.offered, ONCE))) return undefined
  const requests = asked.reduce((sum, { offered }) => sum + offered, 0)
  const each = requests > 0 ? row.offered / requests : undefined
  const inRows = inRow >= TIMES_MIN
  const before = inRows ? rows.find((one) => one !== row && tagOf(one) === 'SELECT' && near(one.offered, runs, PAUSED) && one.again < one.offered / 2) : undefined
  const source = inRows ? asked.find(({ offered }) => near(offered, runs, PAUSED)) : undefined
  // More often than all requests together: whichever of them it is, it asks again and again, whatever connection it is given.
  const often = each !== undefined && each >= EACH_MIN && row.again >= row.offered * FOLLOWED_MIN
  if (!before && !source && !often) return undefined
  const times = row.offered / (before?.offered ?? source?.offered ?? requests)
  return { row, inRow, each, before, source, asked, times, most: before || source ? times : row.offered / Math.min(...asked.map(({ offered }) => offered)) }
}

function adviceOn(found: Found, target: string, all: number, seconds: number): Advice | undefined {
  const { row, each, before, source, times, most } = found
  const share = all > 0 ? (row.total / all) * (1 - 1 / most) : 0
  if (share < SHARE_MIN) return undefined
  const count = before || source ? `${countWords(Math.round(times))} in a row` : `${countWords(Math.floor(times))} or more for each request`
  return {
    id: 'postgres.repeated_statement', target, title: `One statement in place of ${count}`, evidence: evidenceOf(found, seconds),
    actions: [tagOf(row) === 'SELECT' || tagOf(row) === 'WITH' ? { text: 'Ask for all rows of one request at once: join them to the list, or hand in all keys.', code: '… where id = any($1)' }
      : { text: 'Write the rows of one request with one statement: several rows of VALUES, or arrays.', code: 'insert into … select * from unnest($1::int[], $2::text[]);' }],
    gain: {
      share, text: `at most ${shareWords(share)} of the time of ${target}, and ${countWords(Math.round(times) - 1)} of ${countWords(Math.round(times))} round trips: about ${durationWords(ms(meanOf(row) * (times - 1)))} of a request`,
      how: `the measured time of the statement, as if one of ${countWords(most)} were enough`,
    },
    confidence: before && (source ?? (each !== undefined && each >= EACH_MIN)) ? 'high' : 'medium',
    limits: ['values were not compared: rows that do depend on one another cannot be asked for together', 'one statement for many rows takes longer than one for a single row'],
  }
}

function evidenceOf({ row, inRow, each, before, source, asked }: Found, seconds: number): Advice['evidence'] {
  const own = `${countWords(row.offered)} times in ${countWords(Math.round(seconds))}s (${formatRate(perSecond(Number(row.rate.toPrecision(3))))}), ${countWords(inRow)} in a row on one connection on average, within 20ms of the answer to the one before; p95 ${durationWords(row.p95)}`
  const whence = before ? [{ text: `such a row came as often as this, ${countWords(before.offered)} times:`, lines: [before.of['statement'] ?? ''] }]
    : source ? [{ text: `such a row came as often as an operation of ${source.name}, ${countWords(source.offered)} times` }]
    : [{ text: `were it asked by one load alone, an operation of it would ask ${asked.map(({ name, offered }) => `${countWords(row.offered / offered)} times (${name})`).join(', ')}` }]
  return [{ text: `${own}${each !== undefined && each >= 1 ? `; ${countWords(each)} for each operation of the load` : ''}`, lines: [row.of['statement'] ?? ''] }, ...whence]
}

const tagOf = ({ of: { tag = '' } }: PassedRow): string => tag.toUpperCase()
const near = (a: number, b: number, by: number): boolean => Math.abs(a - b) <= by * Math.max(a, b)
