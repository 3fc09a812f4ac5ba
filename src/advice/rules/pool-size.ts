/** A pool of connections that requests wait for, and one of which most connections are idle throughout. */

import { formatDuration, ms, type Ms } from '../../core/units.ts'
import { figure } from '../../report/figures.ts'
import { planOf } from '../../report/plan.ts'
import { countWords, durationWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { poolUse, type PoolUse } from '../pools.ts'
import { askedOf, isOurs, rowsOf, secondsOf, timeOf, type Seen } from '../seen.ts'

/** Connections that are busy for so much of the time are waited for. */
const FULL = 0.85
/** How busy a pool is meant to be. */
const MEANT = 0.6
/** Of an operation's time, spent on waiting. */
const WAITED_MIN = 0.4
/** A smaller pool costs nothing. */
const LARGE_MIN = 16
/** A pool is too large when this many times as much as was ever in use is idle. */
const IDLE_TIMES = 4
const SAMPLES_MIN = 200

export const poolSize: AdviceRule = (seen) => (isOurs(seen, 'postgres') ? [] : seen.quiet.passed.flatMap(({ target, operations }) => {
  if (!operations.some(({ of }) => of['statement'] !== undefined)) return []
  const use = poolUse(seen, target)
  return use ? tooSmall(seen, target, use) ?? tooLarge(seen, target, use) ?? [] : []
}))

function tooSmall(seen: Seen, target: string, use: PoolUse): Advice | undefined {
  const { connections, fewest, busy, transactions } = use
  const used = Math.max(busy, transactions.busy)
  if (fewest < connections || used < FULL * connections) return undefined
  const slowest = waiting(seen, target)
  if (!slowest || slowest.share < WAITED_MIN) return undefined
  const locked = figure(seen.record, { name: target, metric: 'server_waits_lock' }, seen.quiet.from, seen.quiet.to) ?? 0
  // They would wait for one another with more connections too.
  if (locked > connections / 2) return undefined
  const size = Math.max(connections + 1, Math.ceil((used + slowest.queue) / MEANT))
  return {
    id: 'postgres.pool_too_small', target, title: `A larger pool of connections: ${size} in place of ${connections}`,
    evidence: [
      { text: `there were ${connections} connections throughout, busy ${shareWords(Math.min(1, used / connections))} of the time${transactions.ended > 0 ? `, transactions included (${formatDuration(transactions.mean)} on average)` : ''}` },
      { text: `an operation of ${slowest.load} took ${formatDuration(slowest.mean)} on average, p95 ${durationWords(slowest.p95)}; its statements ${formatDuration(slowest.inDatabase)} together` },
    ],
    actions: [{ text: `Give the pools of all instances ${size} connections together, and measure again: past what the server can do at once they wait there.`, code: `max: ${size}` }],
    gain: {
      share: slowest.share, text: `at most ${shareWords(slowest.share)} of the time of an operation of ${slowest.load}, of which p95 is ${durationWords(slowest.p95)}`,
      how: 'what an operation took beyond its statements, on average; the size is the connections that were busy and the operations that waited, at 60% use',
    },
    confidence: 'medium', limits: ['what the application itself does meanwhile counts as waiting', 'a server that is busy already answers no sooner'],
  }
}

interface Waiting { readonly load: string; readonly mean: Ms; readonly p95: Ms | undefined; readonly inDatabase: Ms; readonly share: number; readonly queue: number }

/** The load that waited most, by all statements for each of its operations. */
function waiting(seen: Seen, target: string): Waiting | undefined {
  const { record, quiet } = seen
  const asked = askedOf(seen, quiet)
  const requests = asked.reduce((sum, { offered }) => sum + offered, 0)
  if (requests === 0) return undefined
  const inDatabase = ms(timeOf(rowsOf(quiet, target)) / requests)
  const all = asked.flatMap(({ name, offered }): Waiting[] => {
    const mean = figure(record, { name, metric: 'mean' }, quiet.from, quiet.to)
    if (mean === undefined || mean <= 0) return []
    const waited = Math.max(0, mean - inDatabase)
    const p95 = figure(record, { name, metric: 'p95' }, quiet.from, quiet.to)
    return [{ load: name, mean: ms(mean), p95: p95 === undefined ? undefined : ms(p95), inDatabase, share: waited / mean, queue: (Math.min(waited, planOf(record).loads.find((load) => load.name === name)?.timeout ?? waited) * offered) / Math.max(1, quiet.to - quiet.from) }]
  })
  return all.sort((a, b) => b.share - a.share)[0]
}

function tooLarge(seen: Seen, target: string, { connections, fewest, busy, peak, transactions }: PoolUse): Advice | undefined {
  const used = Math.max(peak, Math.ceil(3 * transactions.busy))
  const done = rowsOf(seen.quiet, target).reduce((sum, { offered }) => sum + offered, 0)
  if (fewest < LARGE_MIN || used * IDLE_TIMES > fewest || done < SAMPLES_MIN) return undefined
  const size = Math.max(2 * used, 4)
  return {
    id: 'postgres.pool_too_large', target, title: `A smaller pool of connections: ${size} in place of ${connections}`,
    evidence: [{ text: `of ${connections} connections at most ${peak} were in use at once and ${countWords(busy)} on average, in ${countWords(done)} operations over ${countWords(Math.round(secondsOf(seen.quiet)))}s${transactions.ended > 0 ? `; ${countWords(transactions.busy)} transactions were open on average` : ''}` }],
    actions: [{ text: `Give the pools of all instances ${size} connections together: twice what was in use at most.`, code: `max: ${size}` }],
    gain: { text: `${connections - size} processes less at the server, each of which takes some MB and a place of max_connections`, how: 'what was in use; by the rate and mean time of the statements (Little\'s law) fewer would do' },
    confidence: 'low', limits: ['only this load was seen: size it for the most that is to come, and for a dependency that has become slow'],
  }
}
