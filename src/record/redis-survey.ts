/** What a Redis said of itself. Counters are since it was started, of all that used it. */

import { allFit, fits, type Shape } from './fits.ts'

export interface RedisSurvey {
  readonly kind: 'redis'
  /** What is done when memory is full: `noeviction`, `allkeys-lru` … */
  readonly policy: string
  /** 0: there is no limit. */
  readonly limitBytes: number
  readonly usedBytes: number
  /** What the operating system has given it. */
  readonly residentBytes: number
  readonly evicted: number
  readonly expired: number
  /** Of the database that the target's URL names. */
  readonly keys: number
  /** How many of these were looked at. */
  readonly sampled: number
  /** Those with most of the sampled memory, first. */
  readonly patterns: readonly SurveyedKeys[]
}

/** Sampled keys of one pattern. */
export interface SurveyedKeys {
  /** As the figures have it. */
  readonly pattern: string
  readonly keys: number
  /** Without a time to live. */
  readonly lasting: number
  /** The median of what the others still had to live; null where there are none. */
  readonly ttlMs: number | null
  /** Of a key and its value in memory: together, and of the largest. */
  readonly sizeBytes: number
  readonly largestBytes: number
}

const SURVEY: Shape = { policy: 'string', limitBytes: 'number', usedBytes: 'number', residentBytes: 'number', evicted: 'number', expired: 'number', keys: 'number', sampled: 'number', patterns: 'array' }
const KEYS: Shape = { pattern: 'string', keys: 'number', lasting: 'number', ttlMs: 'any', sizeBytes: 'number', largestBytes: 'number' }

/** Whether a value from a journal is one. */
export function isRedisSurvey(survey: unknown): boolean {
  if (!fits(survey, SURVEY)) return false
  const { patterns }: { readonly patterns?: unknown } = survey
  return allFit(patterns, KEYS)
}
