/** How many requests the admin API takes: an API that answers without end takes the time of the proxies beside it. */

import type { MiddlewareHandler } from 'hono'
import { realClock, type Clock } from '../core/clock.ts'
import { perSecond, type PerSecond } from '../core/units.ts'
import { refusalResponse } from './answers.ts'

/** Far above what any client needs: a thousand rounds of adding and removing a toxic are two thousand requests. */
export const REQUESTS_MAX: PerSecond = perSecond(2000)
/** Seconds of that rate that may come at once after a quiet time. */
const BURST_SECONDS = 2

/** A token bucket; what comes while it is empty is a 429. */
export function rateLimit(rate: PerSecond = REQUESTS_MAX, clock: Clock = realClock): MiddlewareHandler {
  let tokens = rate * BURST_SECONDS
  let last = clock.now()
  return async (_context, next) => {
    const now = clock.now()
    tokens = Math.min(rate * BURST_SECONDS, tokens + ((now - last) * rate) / 1000)
    last = now
    if (tokens < 1) return refusalResponse(429, `more than ${rate} requests a second`, { 'Retry-After': '1' })
    tokens--
    return next()
  }
}
