/** k6: a line for each point that it measured. (k6, JSON output) */

import { ms } from '../../core/units.ts'
import { isNumber, isObject, NOTHING, objectIn, type ReadLine, type Sample } from './sample.ts'

/** What is an operation: one point each. */
const OPERATIONS: ReadonlySet<unknown> = new Set(['http_req_duration', 'grpc_req_duration'])
const TOOK_MAX = 86_400_000

/** A request is ok where k6 says that its answer was expected, or says nothing and the status is below 400. What k6 could not begin is dropped. */
export const readK6: ReadLine = (line) => {
  const value = objectIn(line)
  if (!value) return line.trim() === '' ? NOTHING : 'unread'
  const { type, metric, data } = value
  if (type !== 'Point' || !isObject(data)) return NOTHING
  const { time, value: measured, tags } = data
  if (!isNumber(measured, TOOK_MAX)) return NOTHING
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  const wall = Number.isNaN(at) ? undefined : at
  if (metric === 'dropped_iterations') return measured >= 1 ? [{ wall, outcome: 'dropped', took: ms(0), count: Math.round(measured) }] : NOTHING
  if (!OPERATIONS.has(metric)) return NOTHING
  return [{ wall, took: ms(measured), count: 1, ...outcomeOf(isObject(tags) ? tags : {}) }]
}

/** 1050 is k6's code of a request that timed out. */
function outcomeOf({ expected_response: expected, status, error_code: code }: Readonly<Record<string, unknown>>): Pick<Sample, 'outcome' | 'reason'> {
  const number = Number(status)
  const ok = expected === undefined ? status === undefined || (number > 0 && number < 400) : expected === 'true' || expected === true
  if (ok) return { outcome: 'ok' }
  if (code === '1050') return { outcome: 'timeout' }
  return { outcome: 'error', reason: number > 0 ? `status ${number}` : typeof code === 'string' ? `k6 error ${code}` : 'error' }
}
