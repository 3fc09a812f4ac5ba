/** What a Redis does with its memory, by what it said of itself. */

import { bytes, formatSize, ms } from '../../core/units.ts'
import type { RedisSurvey } from '../../record/redis-survey.ts'
import { figure } from '../../report/figures.ts'
import { brief, countWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { bucketsOf, sumOf } from '../operations.ts'
import { secondsOf, surveysOf, type Seen } from '../seen.ts'

const NEAR_FULL = 0.8
const LASTING_MIN = 0.2
const SAMPLE_MIN = 20
const LARGE_BYTES = 100 * 1024
/** Below it a ratio says nothing: an empty server has pages of its own. */
const FRAGMENTED_BYTES = 64 * 1024 ** 2
const FRAGMENTATION_MAX = 1.5
/** A minute; less may be anything. */
const GROWTH_MIN_BYTES = 1024 ** 2
const HIT_RATIO_MIN = 0.95

interface Looked { readonly seen: Seen; readonly cache: string; readonly survey: RedisSurvey }
type Found = Omit<Advice, 'target'> | undefined

export const redisMemory: AdviceRule = (seen) => surveysOf(seen, 'redis').flatMap(({ target, survey }) =>
  [refusing, lasting, unbounded, evicting, large, fragmented].flatMap((rule) => {
    const found = rule({ seen, cache: target, survey })
    return found ? [{ ...found, target }] : []
  }))

const size = (value: number): string => formatSize(bytes(Math.round(value)))
const lastingOf = ({ patterns }: RedisSurvey): number => patterns.reduce((sum, { lasting: own }) => sum + own, 0)
const memoryWords = ({ policy, usedBytes, limitBytes }: RedisSurvey): string => `maxmemory-policy ${policy}, ${size(usedBytes)} used of ${limitBytes > 0 ? size(limitBytes) : 'no limit'}`
const SAMPLED = 'keys were sampled by SCAN: what was not looked at may be otherwise'

/** noeviction, and writes that fail or soon will. */
function refusing({ seen: { record }, cache, survey }: Looked): Found {
  const { policy, limitBytes, usedBytes } = survey
  if (policy !== 'noeviction' || limitBytes === 0) return undefined
  const refused = record.figures.reduce((sum, { target, parts }) => sum + (target === cache ? parts.reduce((all, { errors }) => all + (errors?.['OOM'] ?? 0), 0) : 0), 0)
  if (refused === 0 && usedBytes < NEAR_FULL * limitBytes) return undefined
  return {
    id: 'redis.refuses', title: `A policy that evicts: it is ${refused > 0 ? '' : 'nearly '}full, and then refuses to be written to`,
    evidence: [{ text: memoryWords(survey) }, ...(refused > 0 ? [{ text: `${countWords(refused)} commands were answered by OOM` }] : [])],
    actions: [{ text: 'A cache may forget. What may not be forgotten does not belong beside it.', code: 'config set maxmemory-policy allkeys-lfu' }],
    gain: { text: refused > 0 ? `${countWords(refused)} commands that failed in this run` : `${size(limitBytes - usedBytes)} are left before writes fail`, how: refused > 0 ? 'counted' : 'as it said at the end of the run' },
    confidence: refused > 0 ? 'high' : 'medium', limits: refused > 0 ? [] : ['whether it would have grown further was not seen'],
  }
}

/** volatile-*: what never expires is never evicted. */
function lasting({ survey }: Looked): Found {
  const { policy, limitBytes, sampled } = survey
  const share = sampled === 0 ? 0 : lastingOf(survey) / sampled
  if (!policy.startsWith('volatile-') || limitBytes === 0 || sampled < SAMPLE_MIN || share < LASTING_MIN) return undefined
  return {
    id: 'redis.lasting_keys', title: `A time to live for the ${shareWords(share)} of keys that can never be evicted`,
    evidence: [{ text: memoryWords(survey) }, { text: `of ${countWords(sampled)} sampled keys ${countWords(lastingOf(survey))} have no time to live`, lines: lastingLines(survey) }],
    actions: [{ text: 'Give these keys a time to live, or let any key be evicted.', code: 'config set maxmemory-policy allkeys-lfu' }],
    gain: { text: `the room of ${shareWords(share)} of the keys for what is read`, how: 'the share of the sampled keys without a time to live' }, confidence: 'medium', limits: [SAMPLED],
  }
}

const lastingLines = ({ patterns }: RedisSurvey): readonly string[] =>
  [...patterns].sort((a, b) => b.lasting - a.lasting).filter(({ lasting: own }) => own > 0).slice(0, 3).map(({ pattern, keys, lasting: own }) => `${brief(pattern, 80)}: ${countWords(own)} of ${countWords(keys)}`)

/** No limit, keys that never expire, and memory that grows. */
function unbounded({ seen: { record, quiet: { from, to } }, cache, survey }: Looked): Found {
  const { limitBytes, sampled } = survey
  const share = sampled === 0 ? 0 : lastingOf(survey) / sampled
  if (limitBytes > 0 || sampled < SAMPLE_MIN || share < LASTING_MIN) return undefined
  const third = (to - from) / 3
  const [before, middle, after] = [0, 1, 2].map((at) => figure(record, { name: cache, metric: 'server_memory' }, ms(from + at * third), ms(from + (at + 1) * third)))
  if (before === undefined || middle === undefined || after === undefined || !(before < middle && middle < after)) return undefined
  const aMinute = ((after - before) / (2 * third)) * 60_000
  if (aMinute < GROWTH_MIN_BYTES) return undefined
  return {
    id: 'redis.unbounded', title: 'A limit to memory that grows',
    evidence: [{ text: `${memoryWords(survey)}; without a fault it grew all the time, by ${size(aMinute)} a minute` }, { text: `of ${countWords(sampled)} sampled keys ${countWords(lastingOf(survey))} have no time to live`, lines: lastingLines(survey) }],
    actions: [{ text: 'Set a limit and let any key be evicted; give keys a time to live.', code: 'config set maxmemory 256mb\nconfig set maxmemory-policy allkeys-lfu' }],
    gain: { text: `${size(aMinute * 60)} of memory an hour at this load`, how: 'its growth while nothing was done to it' }, confidence: 'medium', limits: ['it may end by itself, when every key is there', SAMPLED],
  }
}

/** What is evicted is read again. */
function evicting({ seen: { record, whole }, cache, survey }: Looked): Found {
  const evicted = Math.round((figure(record, { name: cache, metric: 'server_evictions' }, whole.from, whole.to) ?? 0) * secondsOf(whole))
  const { hits, misses } = sumOf(bucketsOf(record, cache, whole))
  const reads = hits + misses
  if (evicted < 1 || reads === 0 || hits / reads >= HIT_RATIO_MIN) return undefined
  const ratio = (hits + Math.min(evicted, misses)) / reads
  return {
    id: 'redis.too_small', title: 'More memory, or less in it',
    evidence: [
      { text: `${memoryWords(survey)}; ${countWords(evicted)} keys were evicted during the run` }, { text: `${countWords(misses)} of ${countWords(reads)} reads missed: ${shareWords(hits / reads)} found` },
      ...(survey.sampled >= SAMPLE_MIN ? [{ text: `what takes its memory, of ${countWords(survey.sampled)} sampled keys`, lines: heaviest(survey) }] : []),
    ],
    actions: [{ text: `Raise maxmemory${survey.limitBytes > 0 ? ` above ${size(survey.limitBytes)}` : ''}, or store less: shorter lives for what is read once, smaller values.${survey.policy.endsWith('lfu') ? '' : ' An lfu policy keeps what is read often.'}` }],
    gain: { text: `up to ${countWords(Math.min(evicted, misses))} misses less in such a run: ${shareWords(ratio)} found instead of ${shareWords(hits / reads)}`, how: 'a miss less for each key that was evicted' },
    confidence: 'medium', limits: ['a key that was evicted may never be read again', SAMPLED],
  }
}

const heaviest = ({ patterns }: RedisSurvey): readonly string[] => {
  const all = patterns.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return patterns.slice(0, 3).map(({ pattern, sizeBytes, keys }) => `${brief(pattern, 80)}: ${shareWords(sizeBytes / all)}, ${size(sizeBytes / keys)} a key`)
}

/** Large values that are read. */
function large({ seen: { record, quiet }, cache, survey }: Looked): Found {
  const buckets = bucketsOf(record, cache, quiet)
  const read = survey.patterns.flatMap((keys) => {
    const rate = sumOf(buckets, (of) => of['key'] === keys.pattern).hits / secondsOf(quiet)
    return keys.largestBytes >= LARGE_BYTES && rate > 0 ? [{ ...keys, rate, moved: (rate * keys.sizeBytes) / keys.keys }] : []
  }).sort((a, b) => b.moved - a.moved)[0]
  if (!read) return undefined
  return {
    id: 'redis.large_values', title: `Smaller values of ${brief(read.pattern, 80)}`,
    evidence: [{ text: `up to ${size(read.largestBytes)} a key, ${size(read.sizeBytes / read.keys)} on average of ${countWords(read.keys)} sampled, found ${countWords(read.rate)} times a second` }],
    actions: [{ text: 'Store in parts what is read in parts, or compress it: one thread serves all, and what stands behind a large answer waits.' }],
    gain: { text: `about ${size(read.moved)} a second are sent for them: each half saved is ${size(read.moved / 2)} a second`, how: 'mean size in memory of the sampled keys, times the reads that found one' }, confidence: 'low', limits: [SAMPLED, 'size in memory is not quite what is sent'],
  }
}

function fragmented({ survey: { usedBytes, residentBytes } }: Looked): Found {
  if (usedBytes < FRAGMENTED_BYTES || residentBytes / usedBytes < FRAGMENTATION_MAX) return undefined
  return {
    id: 'redis.fragmented', title: 'Defragmented memory', evidence: [{ text: `${size(residentBytes)} taken from the system for ${size(usedBytes)} used: ${countWords(residentBytes / usedBytes)} times as much` }],
    actions: [{ text: 'Let it tidy up while it runs, where its allocator can; otherwise start it anew in a quiet hour.', code: 'config set activedefrag yes' }],
    gain: { text: `up to ${size(residentBytes - usedBytes)} given back`, how: 'what it has beyond what it uses' }, confidence: 'medium', limits: ['after many deletions it is so for a while by itself'],
  }
}
