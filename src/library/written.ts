/** From the values of a program to what a file would say: one reader, one set of messages for both. */

import { BrownoutError } from '../core/errors.ts'
import { formatDuration, ms } from '../core/units.ts'
import type { Problem } from '../experiment/problem.ts'
import type { AnyFault } from '../fault.ts'
import type { ParamKind } from '../core/params.ts'

/** Keys of an experiment whose value is a time wherever they stand. */
const TIMES: ReadonlySet<string> = new Set(['warmup', 'baseline', 'recovery', 'bucket', 'hold', 'within', 'for', 'at', 'every', 'until', 'timeout', 'over', 'dial_timeout', 'think', 'heartbeat', 'backoff', 'delay'])

/** Milliseconds as a file has them. */
export const timeText = (time: string | number): string => (typeof time === 'number' ? formatDuration(ms(time)) : time)

/** An experiment's data with times in their unit. */
export function withTimes(value: unknown, key = ''): unknown {
  if (typeof value === 'number' && TIMES.has(key)) return timeText(value)
  if (Array.isArray(value)) return value.map((one) => withTimes(one))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withTimes(one, name)]))
}

const UNITS: Readonly<Partial<Record<ParamKind, (value: number) => string>>> = {
  duration: timeText, size: (value) => `${value}B`, byteRate: (value) => `${value}B/s`, rate: (value) => `${value}/s`,
}

/** Numbers of base units (ms, bytes, bytes a second, a second) with their unit, by the fault's own declaration. */
export function withUnits(params: Readonly<Record<string, unknown>>, fault: AnyFault | undefined): Readonly<Record<string, unknown>> {
  const declared: Readonly<Record<string, { readonly kind: ParamKind }>> = fault?.params ?? {}
  return Object.fromEntries(Object.entries(params).map(([name, value]) => {
    const unit = UNITS[declared[name]?.kind ?? 'text']
    const one = (given: unknown): unknown => (typeof given === 'number' && unit ? unit(given) : given)
    if (typeof value !== 'object' || value === null || !('over' in value)) return [name, one(value)]
    return [name, Object.fromEntries(Object.entries(value).map(([key, given]) => [key, key === 'over' && typeof given === 'number' ? timeText(given) : one(given)]))]
  }))
}

/** All that is wrong as one error, with the code and the hint of the first. */
export function refused(problems: readonly Problem[], placed: boolean): BrownoutError {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (!first) return new BrownoutError('INTERNAL', { message: 'refused for no reason' })
  return new BrownoutError(first.code, { message: errors.map(({ message }) => message).join('; '), hint: first.hint, place: placed ? first.place : undefined })
}
