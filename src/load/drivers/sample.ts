/** What a program of others tells of its operations, and the lines that any program can tell them in. */

import { ms, type Ms } from '../../core/units.ts'

/** One operation that ended, or several that are alike in everything. */
export interface Sample {
  /** When it ended, in ms since 1970; undefined: now. */
  readonly wall: number | undefined
  readonly outcome: 'ok' | 'error' | 'timeout' | 'dropped'
  /** From when it was sent, or from when it was meant to be where that is known too. */
  readonly took: Ms
  /** How long after its time it was sent; undefined where nobody knows. */
  readonly late?: Ms | undefined
  /** Names a failure in a word or two. */
  readonly reason?: string | undefined
  readonly count: number
}

/** Reads one line of output: what it tells, nothing where it is of no interest, or `unread` where it should have been readable. Never throws. */
export type ReadLine = (line: string) => readonly Sample[] | 'unread'

export const NOTHING: readonly Sample[] = []
const OUTCOMES = ['ok', 'error', 'timeout', 'dropped'] as const
/** An operation that took longer is a mistake. */
const TOOK_MAX = 86_400_000
const COUNT_MAX = 1_000_000
const REASON_MAX = 80

/**
 * Our own format: one JSON object a line, `{"ms": 12.3}` at the least. `ms`: latency; `outcome`: ok (unless given, or unless there is an
 * `error`), error, timeout, dropped; `error`: why; `at`: when it ended, ms since 1970; `late_ms`: how late it was sent; `count`: so many alike.
 */
export const readOwn: ReadLine = (line) => {
  const value = objectIn(line)
  if (!value) return line.trim() === '' ? NOTHING : 'unread'
  const { ms: took, outcome, error, at, late_ms: late, count = 1 } = value
  const meant = outcome ?? (error === undefined ? 'ok' : 'error')
  const known = OUTCOMES.find((one) => one === meant)
  const needsTime = known === 'ok' || known === 'timeout'
  const whole = known !== undefined && (isNumber(took, TOOK_MAX) || (took === undefined && !needsTime))
    && (at === undefined || isNumber(at, Number.MAX_SAFE_INTEGER)) && (late === undefined || isNumber(late, TOOK_MAX)) && isNumber(count, COUNT_MAX) && Number.isInteger(count) && count > 0
  if (!whole) return 'unread'
  return [{
    wall: isNumber(at, Number.MAX_SAFE_INTEGER) ? at : undefined, outcome: known, took: ms(isNumber(took, TOOK_MAX) ? took : 0), count,
    ...(isNumber(late, TOOK_MAX) ? { late: ms(late) } : {}), ...(known === 'ok' ? {} : { reason: reasonIn(error) }),
  }]
}

/** The object that a line is; undefined where it is something else. */
export function objectIn(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isNumber = (value: unknown, most: number): value is number => typeof value === 'number' && value >= 0 && value <= most
const reasonIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.slice(0, REASON_MAX) : undefined)
