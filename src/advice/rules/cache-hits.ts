/** Reads of a cache that find too little, by the pattern of their keys: why, and what they would gain. */

import { formatDuration, ms } from '../../core/units.ts'
import type { Labels } from '../../record/figures.ts'
import { brief, countWords, shareWords } from '../../report/words.ts'
import type { Action, Advice, AdviceRule, Gain } from '../advice.ts'
import { missCost, type MissCost } from '../miss-cost.ts'
import { bucketsOf, nameOf, isRead, patternsIn, sumOf, targetsOf, timesWords } from '../operations.ts'
import { rowsOf, secondsOf, surveysOf, timeOf, type Seen } from '../seen.ts'

/** Of hot data. */
const HIT_RATIO_MIN = 0.95
/** Fewer say nothing. */
const [READS_MIN, MISSES_MIN] = [100, 10]
/** So many of the misses that a cause explains. */
const EXPLAINED_MIN = 0.3
/** Where fewer reads than this come for each miss to what stands behind the cache, and none go with them, something else serves them. */
const REACHED_MIN = 0.8
const WRITES: ReadonlySet<string> = new Set(['SET', 'SETEX', 'PSETEX', 'SETNX', 'GETSET', 'HSET', 'HMSET', 'MSET', 'ZADD', 'SADD', 'LPUSH', 'RPUSH'])
const DELETIONS: ReadonlySet<string> = new Set(['DEL', 'UNLINK', 'GETDEL', 'HDEL'])

interface Reads { readonly cache: string; readonly key: string; readonly reads: number; readonly misses: number; readonly written: number; readonly deleted: number; readonly seconds: number; /** The median of what sampled keys had to live. */ readonly ttlMs: number | undefined }
interface Cause { readonly action: Action; readonly why: readonly string[]; /** Found then, of all reads. */ readonly ratio: number; readonly how: string }

export const cacheHits: AdviceRule = (seen) => targetsOf(seen.record, 'redis').flatMap((cache) =>
  patternsIn(bucketsOf(seen.record, cache, seen.quiet)).flatMap((key) => {
    const found = readsOf(seen, cache, key)
    if (found.reads < READS_MIN || found.misses < MISSES_MIN || 1 - found.misses / found.reads >= HIT_RATIO_MIN) return []
    const cost = missCost(seen.record, cache, key, seen.quiet)
    return cost || !isServedOtherwise(seen, cache) ? [adviceOf(seen, found, cost)] : []
  }))

/** What stands behind the cache is known, and does not see its misses: a copy in the process, or nothing at all, serves them. */
function isServedOtherwise({ record, quiet }: Seen, cache: string): boolean {
  const behind = targetsOf(record, 'postgres', 'http')
  const reads = behind.reduce((sum, target) => sum + sumOf(bucketsOf(record, target, quiet), isRead).offered, 0)
  return reads > 0 && reads < REACHED_MIN * sumOf(bucketsOf(record, cache, quiet)).misses
}

function readsOf(seen: Seen, cache: string, key: string): Reads {
  const buckets = bucketsOf(seen.record, cache, seen.quiet)
  const own = (commands?: ReadonlySet<string>) => ({ key: named, command = '' }: Labels): boolean => named === key && (!commands || commands.has(command))
  const { hits, misses } = sumOf(buckets, own())
  const survey = surveysOf(seen, 'redis').find(({ target }) => target === cache)?.survey
  return {
    cache, key, reads: hits + misses, misses, written: sumOf(buckets, own(WRITES)).ok, deleted: sumOf(buckets, own(DELETIONS)).ok,
    seconds: secondsOf(seen.quiet), ttlMs: survey?.patterns.find(({ pattern }) => pattern === key)?.ttlMs ?? undefined,
  }
}

function adviceOf(seen: Seen, found: Reads, cost: MissCost | undefined): Advice {
  const { cache, key, reads, misses, written, deleted, seconds } = found
  const cause = causeOf(found)
  return {
    id: 'cache.hit_rate', target: cache, title: `More hits for ${brief(key, 80)}: ${shareWords(1 - misses / reads)} now`,
    evidence: [
      { text: `in ${formatDuration(ms(seconds * 1000))} without a fault ${countWords(reads)} reads, ${countWords(misses)} of them misses; written ${countWords(written)} times, deleted ${countWords(deleted)} times. Hot data should be found by ${shareWords(HIT_RATIO_MIN)}` },
      ...cause.why.map((text) => ({ text })),
      ...(cost ? [{ text: `with each miss ${cost.target} is read ${timesWords(cost.each)}, ${formatDuration(ms(cost.took))} each: they rise and fall together (correlation ${cost.together.toFixed(2)} over ${cost.buckets} buckets)`, lines: [nameOf(cost.of)] }] : []),
    ],
    actions: [cause.action], gain: gainOf(seen, found, cost, cause), confidence: cost ? 'high' : 'medium',
    limits: [...(cost ? [] : ['what a miss costs is not known: no reads elsewhere rise and fall with them']), 'keys of one pattern are taken for alike'],
  }
}

function causeOf({ reads, misses, written, deleted, ttlMs }: Reads): Cause {
  const hits = reads - misses
  const goal = { ratio: HIT_RATIO_MIN, how: 'misses beyond those that are left at the goal' }
  if (written < misses * EXPLAINED_MIN) {
    return { ...goal, action: { text: 'Put into the cache what was read after a miss; where there is nothing, put that there too, for a short time.' }, why: [`only ${shareWords(written / misses)} of the misses are followed by a write, so the next read misses again`] }
  }
  if (deleted >= misses * EXPLAINED_MIN) {
    return {
      action: { text: 'Write the new value where it is known, in place of deleting the key; delete only keys that changed.' },
      why: [`up to ${shareWords(Math.min(1, deleted / misses))} of the misses come from deletions`], ratio: (hits + Math.min(deleted, misses)) / reads, how: 'a miss less for each deletion',
    }
  }
  // Of a key that is read at random and lives for T a share h is found: reads in T are h / (1 - h).
  const inLife = hits / misses
  const left = ttlMs === undefined ? [] : [`half of its sampled keys had less than ${formatDuration(ms(ttlMs))} to live`]
  if (inLife < 1) {
    return { ...goal, action: { text: 'If these keys are read again at all, let them live longer; if not, do not cache them: they take the place of others.' }, why: [`what is written is read ${countWords(inLife)} times before it is gone: most of it is written for nothing`, ...left] }
  }
  const needed = HIT_RATIO_MIN / (1 - HIT_RATIO_MIN) / inLife
  return {
    ...goal, action: { text: `Let these keys live ${countWords(needed)} times as long, and delete them when what they stand for changes; or renew them shortly before they expire.` },
    why: [`what is written is read ${countWords(inLife)} times before it is gone; with twice the time to live ${shareWords((2 * inLife) / (1 + 2 * inLife))} of the reads would find it`, ...left],
  }
}

function gainOf(seen: Seen, { reads, misses, seconds }: Reads, cost: MissCost | undefined, { ratio, how }: Cause): Gain {
  const fewer = Math.max(0, misses - reads * (1 - ratio)) / seconds
  const words = `${countWords(fewer)} misses a second less, at ${shareWords(ratio)} found`
  if (!cost) return { text: words, how }
  const saved = fewer * cost.each * cost.took
  const all = timeOf(rowsOf(seen.quiet, cost.target)) / seconds
  return {
    ...(all > 0 ? { share: Math.min(1, saved / all) } : {}),
    text: `${words}: ${countWords(fewer * cost.each)} operations a second less at ${cost.target}${all > 0 ? `, ${shareWords(Math.min(1, saved / all))} of its time` : ''}, and a read takes ${formatDuration(ms((saved * seconds) / reads))} less on average`,
    how: `${how}, times the reads that go with each`,
  }
}
