/** Misses of a cache that all go on to the database: after a flush, at an expiry, while the cache is away. */

import type { FiguresRecord } from '../../record/figures.ts'
import { errorsOf } from '../../report/parts.ts'
import { brief, countWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { bucketsOf, isRead, patternsIn, targetsOf, timesWords } from '../operations.ts'
import { surveysOf, type Seen } from '../seen.ts'

/** A surge is so many times what is usual, and so many a second. */
const [SURGE_TIMES, SURGE_RATE] = [5, 20]
/** Of the reads beyond what is usual that the cache did not serve, so many came to the database. */
const THROUGH_MIN = 0.5
const BUCKETS_MIN = 2

interface Surge {
  readonly cache: string
  readonly database: string
  readonly seconds: number
  /** A second: reads that the cache did not serve, and reads of the database; as a rule and in the surge. */
  readonly missed: { readonly usual: number; readonly surge: number }
  readonly read: { readonly usual: number; readonly surge: number }
  readonly patterns: readonly string[]
}

export const stampede: AdviceRule = (seen) => targetsOf(seen.record, 'redis').flatMap((cache) => targetsOf(seen.record, 'postgres').flatMap((database) => {
  const surge = surgeOf(seen, cache, database)
  if (!surge) return []
  const { missed, read } = surge
  const through = (read.surge - read.usual) / (missed.surge - missed.usual)
  return through >= THROUGH_MIN && read.surge >= SURGE_RATE && read.surge >= SURGE_TIMES * read.usual ? [adviceOf(seen, surge, through)] : []
}))

function surgeOf({ record, quiet, whole }: Seen, cache: string, database: string): Surge | undefined {
  const atDatabase = new Map(bucketsOf(record, database, whole).map((one) => [one.start, reads(one)] as const))
  const asked = ({ start }: FiguresRecord): number => atDatabase.get(start) ?? 0
  const usual = bucketsOf(record, cache, quiet)
  const missed = perSecond(usual, unserved)
  const surge = bucketsOf(record, cache, whole).filter((one) => perSecond([one], unserved) >= Math.max(SURGE_RATE, SURGE_TIMES * missed))
  if (usual.length === 0 || surge.length < BUCKETS_MIN) return undefined
  return {
    cache, database, seconds: secondsIn(surge), patterns: patternsIn(usual),
    missed: { usual: missed, surge: perSecond(surge, unserved) }, read: { usual: perSecond(usual, asked), surge: perSecond(surge, asked) },
  }
}

function adviceOf(seen: Seen, { cache, database, seconds, missed, read, patterns }: Surge, through: number): Advice {
  const survey = surveysOf(seen, 'redis').find(({ target }) => target === cache)?.survey
  const counted = patterns.map((pattern) => (pattern.includes('*') ? survey?.patterns.find((one) => one.pattern === pattern)?.keys : 1))
  const keys = survey?.keys === survey?.sampled && counted.every((count) => count !== undefined) ? counted.reduce<number>((sum, count) => sum + (count ?? 0), 0) : undefined
  return {
    id: 'cache.stampede', target: cache, title: `One read a key at a time, and not all of them at ${database}`,
    evidence: [
      { text: `for ${countWords(seconds)} s ${countWords(missed.surge)} reads a second were not served by the cache, ${countWords(missed.usual)} as a rule; ${database} was read ${countWords(read.surge)} times a second in that time, ${countWords(read.usual)} as a rule`, lines: patterns.slice(0, 5).map((pattern) => brief(pattern, 80)) },
      { text: `${database} was read ${timesWords(through)} for each of them` },
      ...(keys === undefined ? [] : [{ text: `there are ${countWords(keys)} keys of these patterns` }]),
    ],
    actions: [{ text: 'Let one read a key go to the database while all others wait for it or take the last copy; renew keys before they expire, not all at once.' }],
    gain: keys === undefined
      ? { text: `up to ${countWords((read.surge - read.usual) * seconds)} reads less at ${database} in such a time: one a key is needed`, how: 'reads beyond what is usual' }
      : { text: `up to ${countWords(Math.max(0, (read.surge - read.usual - keys) * seconds))} reads less at ${database} in such a time`, how: `reads beyond what is usual and beyond one a second for each of ${countWords(keys)} keys` },
    confidence: keys === undefined ? 'medium' : 'high', limits: keys === undefined ? ['how many of the reads were of the same key is not known: where all are of different keys this does not help'] : [],
  }
}

const secondsIn = (buckets: readonly FiguresRecord[]): number => buckets.reduce((sum, { width }) => sum + width, 0) / 1000
const perSecond = (buckets: readonly FiguresRecord[], count: (bucket: FiguresRecord) => number): number => (buckets.length === 0 ? 0 : buckets.reduce((sum, one) => sum + count(one), 0) / secondsIn(buckets))
/** Of one value. */
const READS: ReadonlySet<string> = new Set(['GET', 'GETEX', 'HGET'])
/** Reads that did not find what they were for: missed, failed, or answered by a fault in the cache's place, which counts as neither found nor missed. */
const unserved = ({ parts }: FiguresRecord): number => parts.reduce((sum, part) => sum + (READS.has(part.of['command'] ?? '') ? Math.max(0, part.ok + errorsOf(part) - (part.hits ?? 0)) : part.misses ?? 0), 0)
const reads = ({ parts }: FiguresRecord): number => parts.reduce((sum, { of, offered }) => sum + (isRead(of) ? offered : 0), 0)
