/** Figures in comments, as people read them. Pure. */

import { formatDuration, type Ms } from '../core/units.ts'
import { countWords, plain, shareWords } from '../report/words.ts'
import type { Operation, SeenLoad, SeenTarget } from './seen.ts'

/** A statement is shown as long as this. */
const STATEMENT_MAX = 160

export const rateWords = (rate: number): string => `${countWords(rate)}/s`
const p95Words = (p95: Ms | undefined): readonly string[] => (p95 === undefined ? [] : [`p95 ${formatDuration(p95)}`])
/** `1 operation`, `2 operations`. */
export const operations = (count: number): string => `${countWords(count)} ${count === 1 ? 'operation' : 'operations'}`

/** `GET user:*: 80/s (57% of cache), p95 1ms, 97% found, no errors`. */
export function operationWords({ words, rate, p95, hitRatio, errors, count }: Operation, { name, rate: all }: Pick<SeenTarget, 'name' | 'rate'>): string {
  const share = all > 0 ? ` (${shareWords(Math.min(1, rate / all))} of ${name})` : ''
  const found = hitRatio === undefined ? [] : [`${shareWords(hitRatio)} found`]
  return plain(`${words}: ${[`${rateWords(rate)}${share}`, ...p95Words(p95), ...found, errors === 0 ? 'no errors' : `${shareWords(errors / count)} errors`].join(', ')}`)
}

export function targetWords({ name, rate, p95, success, connections }: SeenTarget): string {
  const ok = success === undefined ? [] : [`${shareWords(success)} ok`]
  return plain(`${name}: ${[rateWords(rate), ...p95Words(p95), ...ok, `${countWords(connections)} connections`].join(', ')}`)
}

export function loadWords({ name, rate, p95, success, delivered }: SeenLoad): string {
  const shares = [...(success === undefined ? [] : [`${shareWords(success)} ok`]), ...(delivered === undefined ? [] : [`${shareWords(delivered)} delivered`])]
  return plain(`${name}: ${[rateWords(rate), ...p95Words(p95), ...shares].join(', ')}`)
}

export function statementWords(statement: string): string {
  const line = plain(statement).replace(/\s+/g, ' ')
  return line.length > STATEMENT_MAX ? `${line.slice(0, STATEMENT_MAX - 1)}…` : line
}
