/** A plan as it may be shown and journalled: plain JSON, every secret hidden. */

import { redact } from '../core/redact.ts'
import type { Plan } from './plan.ts'

/** The plan without its list of secrets, and without any secret in any text of it. */
export function describePlan(plan: Plan): unknown {
  const { secrets, ...open } = plan
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value, secrets)
    if (value instanceof URL) return redact(value.href, secrets)
    if (Array.isArray(value)) return value.map(hide)
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, one]) => [redact(key, secrets), hide(one)]))
    return value
  }
  return hide(open)
}
