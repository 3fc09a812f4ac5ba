/** Asks a Redis about its memory, and looks at some of its keys: their patterns, how long they live, how large they are. Never at values. */

import type { Redis } from 'ioredis'
import { monotonicNow } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { RedisSurvey, SurveyedKeys } from '../record/redis-survey.ts'
import { connectRedis } from './redis.ts'
import type { ServerSpec } from './server.ts'
import type { Asking } from './survey.ts'

/** No more keys are looked at, and for no longer. */
const KEYS_MAX = 500
const LOOKS_FOR: Ms = ms(500)
/** Keys that are asked about at once. */
const BATCH = 50
const PATTERNS_MAX = 50

interface Looked { readonly pattern: string; /** Below zero: it never ends. */ readonly ttl: number; readonly size: number }

/** Rejects where the server cannot be asked; keys that it keeps to itself are none. */
export async function surveyRedis(server: ServerSpec, { patternOf }: Asking, signal: AbortSignal): Promise<RedisSurvey> {
  const redis = await connectRedis(server, signal, 'brownout-survey')
  try {
    const fields = new Map([...(await redis.info()).matchAll(/^([a-z_]+):([^\r\n]*)/gm)].map(([, name = '', value = '']) => [name, value] as const))
    const number = (name: string): number => Number(fields.get(name)) || 0
    // A user who may read INFO may not be let near the keys.
    const looked = await look(redis, patternOf).catch(() => [])
    return {
      kind: 'redis', policy: fields.get('maxmemory_policy') ?? '', limitBytes: number('maxmemory'), usedBytes: number('used_memory'), residentBytes: number('used_memory_rss'),
      evicted: number('evicted_keys'), expired: number('expired_keys'), keys: await redis.dbsize().catch(() => 0), sampled: looked.length, patterns: byPattern(looked),
    }
  } finally {
    redis.disconnect()
  }
}

/** Each key once: a SCAN may tell one again. */
async function look(redis: Redis, patternOf: (key: Buffer) => string): Promise<readonly Looked[]> {
  const until = monotonicNow() + LOOKS_FOR
  const seen = new Set<string>()
  const looked: Looked[] = []
  let cursor = '0'
  do {
    const [next, found] = await redis.scanBuffer(cursor, 'COUNT', BATCH)
    cursor = String(next)
    const keys = found.filter((key) => !seen.has(key.toString('latin1'))).slice(0, KEYS_MAX - looked.length)
    for (const key of keys) seen.add(key.toString('latin1'))
    const asked = redis.pipeline()
    for (const key of keys) asked.pttl(key).memory('USAGE', key)
    const answers = (await asked.exec() ?? []).map(([error, answer]) => (error ? Number.NaN : Number(answer)))
    keys.forEach((key, at) => {
      const [ttl = Number.NaN, size = Number.NaN] = answers.slice(2 * at, 2 * at + 2)
      // -2: it has gone since.
      if (ttl >= -1 && size > 0) looked.push({ pattern: patternOf(key), ttl, size })
    })
  } while (cursor !== '0' && looked.length < KEYS_MAX && monotonicNow() < until)
  return looked
}

function byPattern(looked: readonly Looked[]): readonly SurveyedKeys[] {
  return [...new Set(looked.map(({ pattern }) => pattern))].map((pattern): SurveyedKeys => {
    const own = looked.filter((one) => one.pattern === pattern)
    const lives = own.map(({ ttl }) => ttl).filter((ttl) => ttl >= 0).sort((a, b) => a - b)
    return {
      pattern, keys: own.length, lasting: own.length - lives.length, ttlMs: lives[Math.floor(lives.length / 2)] ?? null,
      sizeBytes: own.reduce((sum, { size }) => sum + size, 0), largestBytes: own.reduce((most, { size }) => Math.max(most, size), 0),
    }
  }).sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, PATTERNS_MAX)
}
