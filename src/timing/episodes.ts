/** From labels to episodes: what is an outage, what a blip, and when it is over. Indices are of buckets. */

import type { Label } from './timing.ts'

/** Buckets [from, to). `ended` is false where the hold was never seen: the episode was still on, or might have been, when the labels end. */
export interface Run { readonly from: number; readonly to: number; readonly ended: boolean }

/** The share of a hold that may be unknown. */
const HOLD_UNKNOWN_MAX = 0.2

/** The next known bucket at or after `at`; the length where there is none. */
function nextKnown(labels: readonly Label[], at: number): number {
  let next = at
  while (next < labels.length && labels[next] === 'unknown') next++
  return next
}

/** The first of the next two bad buckets in a row within [at, end), unknown ones between them passed over. */
function nextPair(labels: readonly Label[], at: number, end = labels.length): number | undefined {
  for (let first = nextKnown(labels, at); first < end; ) {
    const second = nextKnown(labels, first + 1)
    if (second >= end) return undefined
    if (labels[first] === 'bad' && labels[second] === 'bad') return first
    first = second
  }
  return undefined
}

/** One past the last of the bad buckets that follow one another from `at`, a bad bucket. */
function runEnd(labels: readonly Label[], at: number): number {
  let end = at
  for (let next = at; next < labels.length && labels[next] === 'bad'; next = nextKnown(labels, next + 1)) end = next + 1
  return end
}

/** Whether the `hold` buckets from `at` show that it is over. */
function holds(labels: readonly Label[], at: number, hold: number): boolean {
  const unknown = labels.slice(at, at + hold).filter((label) => label === 'unknown').length
  return unknown <= HOLD_UNKNOWN_MAX * hold && nextPair(labels, at, at + hold) === undefined
}

/**
 * Where the episode whose bad buckets end at `at` is over: there, when a hold follows at once, else at the first good bucket
 * that begins one. A further pair of bad buckets before that belongs to the same episode.
 */
function episodeEnd(labels: readonly Label[], at: number, hold: number): number | undefined {
  let from = at
  for (let end = from; end + hold <= labels.length; end++) {
    if (end !== from && labels[end] !== 'good') continue
    if (holds(labels, end, hold)) return end
    const pair = nextPair(labels, end, end + hold)
    if (pair !== undefined) {
      from = runEnd(labels, pair)
      end = from - 1
    }
  }
  return undefined
}

/** All episodes, oldest first. `hold` is in buckets, at least 1. */
export function episodesOf(labels: readonly Label[], hold: number): readonly Run[] {
  const runs: Run[] = []
  for (let from = nextPair(labels, 0); from !== undefined; ) {
    const to = episodeEnd(labels, runEnd(labels, from), hold)
    runs.push({ from, to: to ?? labels.length, ended: to !== undefined })
    from = to === undefined ? undefined : nextPair(labels, to)
  }
  return runs
}

/** Bad buckets with no bad neighbour among the known ones: counted, neither onset nor reset. */
export function blipsOf(labels: readonly Label[]): number {
  const known = labels.filter((label) => label !== 'unknown')
  return known.filter((label, i) => label === 'bad' && known[i - 1] !== 'bad' && known[i + 1] !== 'bad').length
}
