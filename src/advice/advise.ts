/** All rules over one record. */

import type { RunRecord } from '../report/fold.ts'
import { formatDuration, ms } from '../core/units.ts'
import type { Advice, AdviceRule, Confidence } from './advice.ts'
import { blocksNotFound } from './rules/blocks-not-found.ts'
import { cacheHits } from './rules/cache-hits.ts'
import { connectionDead } from './rules/connection-dead.ts'
import { fanOut } from './rules/fan-out.ts'
import { idleInTransaction } from './rules/idle-in-transaction.ts'
import { indexMissing } from './rules/index-missing.ts'
import { neverAnalysed } from './rules/never-analysed.ts'
import { poolSize } from './rules/pool-size.ts'
import { redisMemory } from './rules/redis-memory.ts'
import { repeatedStatement } from './rules/repeated-statement.ts'
import { retryMissing } from './rules/retry-missing.ts'
import { retryStorm } from './rules/retry-storm.ts'
import { retryUnsafe } from './rules/retry-unsafe.ts'
import { saturation } from './rules/saturation.ts'
import { slowStatement } from './rules/slow-statement.ts'
import { stampede } from './rules/stampede.ts'
import { timeoutMissing } from './rules/timeout-missing.ts'
import { unprepared } from './rules/unprepared.ts'
import { unusedIndex } from './rules/unused-index.ts'
import { secondsOf, seenIn, surveysOf, type Seen } from './seen.ts'

/** In no order: what brings most comes first anyway. */
const RULES: readonly AdviceRule[] = [
  indexMissing, repeatedStatement, slowStatement, unprepared, poolSize, idleInTransaction, neverAnalysed, unusedIndex, blocksNotFound,
  cacheHits, redisMemory, timeoutMissing, stampede, retryStorm, retryUnsafe, retryMissing, connectionDead, fanOut, saturation,
]

const known = new WeakMap<RunRecord, readonly Advice[]>()

const SURE: readonly Confidence[] = ['high', 'medium', 'low']

/** What brings most first, and of what is no share of a target's time the surest; empty where nothing was seen that asks for any. Never throws. */
export function adviseOn(record: RunRecord): readonly Advice[] {
  const before = known.get(record)
  if (before) return before
  const seen = seenIn(record)
  const advice = RULES.flatMap((rule) => rule(seen)).sort((a, b) => (b.gain.share ?? 0) - (a.gain.share ?? 0) || SURE.indexOf(a.confidence) - SURE.indexOf(b.confidence))
  known.set(record, advice)
  return advice
}

/** What keeps it from being said, a sentence each: to be read where there is little or no advice. */
export function blindSpots(record: RunRecord): readonly string[] {
  const seen = seenIn(record)
  const read = seen.whole.passed.map(({ target }) => target)
  const unread = (record.started?.targets ?? []).filter(({ name }) => !read.includes(name)).map(({ name }) => name)
  const asked = record.surveys.map(({ target }) => target)
  const unasked = (wanted: string, what: string): readonly string[] => {
    const names = (record.started?.targets ?? []).filter(({ name, protocol }) => protocol === wanted && !asked.includes(name)).map(({ name }) => name)
    return names.length > 0 ? [`the server behind ${names.join(', ')} said nothing of itself: ${what} are not known`] : []
  }
  return [
    ...(secondsOf(seen.whole) < SHORT_S ? [`only ${formatDuration(ms(secondsOf(seen.whole) * 1000))} were observed`] : []),
    ...(unread.length > 0 ? [`of ${unread.join(', ')} no messages were read: what was asked of it is not known`] : []),
    ...unasked('postgres', 'plans, tables and indexes'), ...unasked('redis', 'memory policy and keys'),
    ...unplanned(seen),
  ]
}
const SHORT_S = 10

const unplanned = (seen: Seen): readonly string[] => surveysOf(seen, 'postgres').flatMap(({ target, survey: { plans } }) => {
  const without = plans.filter(({ plan }) => !plan)
  return without.length === 0 ? [] : [`${target}: of ${without.length} of the ${plans.length} statements that took most time the plan is not known (${[...new Set(without.map(({ problem }) => problem ?? ''))].slice(0, 3).join('; ')})`]
})
