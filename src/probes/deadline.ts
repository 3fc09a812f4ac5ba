/** Work that is given up when its time is over, and how its failures are told. */

import { realClock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { ProbeReading } from './spec.ts'

/** What a probe found, before its time is added. */
export type Finding = Omit<ProbeReading, 'tookMs'>

/** How long work that was told to stop may take to do so. */
const STOP_WITHIN: Ms = ms(1000)

/** Runs `work` for at most `timeout`; then its signal fires and the reading says `timeout`. Never rejects, and answers even if `work` never does. */
export async function timed(timeout: Ms, work: (signal: AbortSignal) => Promise<Finding>): Promise<ProbeReading> {
  const began = realClock.now()
  const given = new AbortController()
  const late = realClock.at(ms(began + timeout), () => given.abort())
  let stuck: Timer | undefined
  const gaveUp = new Promise<Finding>((resolve) => {
    given.signal.addEventListener('abort', () => { stuck = realClock.at(ms(realClock.now() + STOP_WITHIN), () => resolve({ ok: false })) }, { once: true })
  })
  try {
    const finding = await Promise.race([work(given.signal).catch((error: unknown): Finding => ({ ok: false, problem: problemOf(error) })), gaveUp])
    const tookMs = realClock.now() - began
    return given.signal.aborted ? { ok: false, tookMs, problem: 'timeout' } : { ...finding, tookMs }
  } finally {
    late.cancel()
    stuck?.cancel()
  }
}

/** A failure for people: its code, else its kind. Messages are left out, since they may quote a URL, a password or what was sent. */
export function problemOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return problemOf(error.errors[0])
  if (!(error instanceof Error)) return 'failed'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.name === 'Error' ? 'failed' : error.name
}

/** A reply as a number, where it is one. */
export function numeric(value: unknown): number | undefined {
  const text = typeof value === 'string' ? value.trim() : value
  if (text === '' || (typeof text !== 'string' && typeof text !== 'number' && typeof text !== 'bigint')) return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

/** `{ value }` where there is one. */
export const valued = (value: number | undefined): Pick<Finding, 'value'> => (value === undefined ? {} : { value })
