/** What is worth a try on a target of which that was seen: on all of it, and on its hottest operations. Pure. */

import { formatDuration, ms } from '../core/units.ts'
import type { Protocol } from '../protocols/codec.ts'
import { COMMANDS } from '../protocols/redis/commands.ts'
import { shareWords } from '../report/words.ts'
import type { Idea, IdeaStep } from './idea.ts'
import { delayFor } from './margin.ts'
import type { Operation, SeenTarget } from './seen.ts'
import { slug } from './slug.ts'
import { operationWords, rateWords, statementWords, targetWords } from './words.ts'

/** What comes more seldom would hardly be hit within a fault's time. */
const RATE_LEAST = 0.5
/** A cache that finds less is none that anything rests on. */
const HIT_RATIO_LEAST = 0.2
const GONE_FOR = '8s'
const DOWN_FOR = '6s'
const FAULT_FOR = '10s'
const [SLOW_LEAST, SLOW_MOST] = [ms(200), ms(2000)]
const [SOME_LEAST, SOME_MOST] = [ms(500), ms(5000)]
const SOME = 0.1

/** `hot`: how many of the hottest operations are tried alone. */
export function ideasFor(target: SeenTarget, hot: number): readonly Idea[] {
  if (target.rate < RATE_LEAST && target.messages.toClient + target.messages.toServer < RATE_LEAST) return []
  const hottest = target.operations.filter(({ rate, p95 }) => rate >= RATE_LEAST && p95 !== undefined)
  return [...ofAll(target), ...hottest.slice(0, hot).map((one) => slowOperation(target, one)), ...OF_PROTOCOL[target.protocol](target, hottest)]
}

const LATENCY: Readonly<Record<Protocol, string>> = { tcp: 'latency', redis: 'redis.latency', postgres: 'postgres.latency', http: 'http.latency', websocket: 'http.latency' }

function ofAll(target: SeenTarget): readonly Idea[] {
  const { name, rate, protocol, p95 } = target
  const about = { target: name, seen: [targetWords(target)], rate, hits: `all of ${name}` }
  const read = protocol !== 'tcp' && target.operations.some((one) => one.rate * SOME >= RATE_LEAST)
  const delay = delayFor(p95, SOME_LEAST, SOME_MOST)
  const some: Idea = {
    ...about, name: slug(`${name}-some-slow`), kind: 'slow', rate: rate * SOME, hits: `10% of what ${name} is asked`, delay,
    question: `Do the other nine requests stay quick when one in ten to ${name} takes ${formatDuration(delay)} longer?`,
    steps: [{ step: 'some_slow', fault: LATENCY[protocol], on: name, params: { delay: formatDuration(delay) }, chance: '10%', for: FAULT_FOR }],
  }
  const late = delayFor(p95, SLOW_LEAST, SLOW_MOST)
  const slow: Idea = {
    ...about, name: slug(`${name}-slow`), kind: 'slow', delay: late,
    question: `Does the application stand it that everything from ${name} comes ${formatDuration(late)} late?`,
    steps: [{ step: 'slow', fault: LATENCY.tcp, on: name, params: { delay: formatDuration(late) }, for: FAULT_FOR }],
  }
  return [
    {
      ...about, name: slug(`${name}-cut-off`), kind: 'gone',
      question: `Does the application go on while ${name} says nothing for ${GONE_FOR}, and how soon is it back?`,
      steps: [{ step: 'cut_off', fault: 'partition', on: name, for: GONE_FOR }],
    },
    {
      ...about, name: slug(`${name}-down`), kind: 'gone',
      question: `Does the application go on while ${name} drops its connections and refuses new ones for ${DOWN_FOR}, and how soon is it back?`,
      steps: [{ step: 'drop', fault: 'reset_peer', on: name, for: DOWN_FOR }, { step: 'down', fault: 'refuse', on: name, for: DOWN_FOR }],
    },
    ...(read ? [some] : protocol === 'tcp' ? [slow] : []),
  ]
}

function slowOperation({ name, protocol, rate }: SeenTarget, operation: Operation): Idea {
  const { words, of, p95, statement } = operation
  const delay = delayFor(p95, SLOW_LEAST, SLOW_MOST)
  return {
    name: slug(`${name}-${words}-slow`), target: name, kind: 'slow', delay, rate: operation.rate, hits: words,
    question: `Does what does not need ${words} stay quick when that takes ${formatDuration(delay)} longer?`,
    seen: [operationWords(operation, { name, rate }), ...(statement === undefined ? [] : [statementWords(statement)])],
    steps: [{ step: 'slow', fault: LATENCY[protocol], on: name, where: of, params: { delay: formatDuration(delay) }, for: FAULT_FOR }],
  }
}

/** Errors that fit what is spoken. */
const OF_PROTOCOL: Readonly<Record<Protocol, (target: SeenTarget, hottest: readonly Operation[]) => readonly Idea[]>> = {
  tcp: () => [],
  redis: (target, hottest) => [...coldCache(target, hottest), ...readOnly(target, hottest)],
  postgres: (target, hottest) => [...conflicts(target, hottest), ...lostCommits(target)],
  http: (target, hottest) => [...unavailable(target, hottest), ...ofSockets(target)],
  websocket: (target, hottest) => [...unavailable(target, hottest), ...ofSockets(target)],
}

const step = (name: string, one: Omit<IdeaStep, 'step' | 'for'>): readonly IdeaStep[] => [{ step: name, ...one, for: FAULT_FOR }]

function coldCache(target: SeenTarget, hottest: readonly Operation[]): readonly Idea[] {
  const { name } = target
  const read = hottest.find(({ hitRatio = 0, of }) => hitRatio >= HIT_RATIO_LEAST && of['key'] !== undefined)
  const key = read?.of['key']
  if (!read || key === undefined) return []
  return [{
    name: slug(`${name}-${key}-cold`), target: name, kind: 'errors', rate: read.rate, hits: read.words,
    question: `What does the application fall back on when every read of ${key} misses for 10s, and does that bear it?`,
    seen: [operationWords(read, target), `${shareWords(read.hitRatio ?? 0)} of these reads are found: what is behind the cache has hardly seen them`],
    steps: step('cold', { fault: 'redis.cache_miss', on: name, where: { key } }),
  }]
}

function readOnly(target: SeenTarget, hottest: readonly Operation[]): readonly Idea[] {
  const { name } = target
  const writes = hottest.filter(({ of }) => COMMANDS.get(of['command'] ?? '')?.does === 'write')
  const [first] = writes
  if (!first) return []
  return [{
    name: slug(`${name}-read-only`), target: name, kind: 'errors', fails: true, rate: writes.reduce((sum, { rate }) => sum + rate, 0), hits: `writes to ${name}`,
    question: `Does the application go on when ${name} takes no writes for 10s, as after a failover?`,
    seen: writes.slice(0, 3).map((one) => operationWords(one, target)),
    steps: step('read_only', { fault: 'redis.error', on: name, params: { error: 'READONLY' } }),
  }]
}

const WRITES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])
const CONFLICTING = 0.2
const LOST = 0.3

function conflicts(target: SeenTarget, hottest: readonly Operation[]): readonly Idea[] {
  const { name, transactions } = target
  const write = hottest.find(({ of, rate }) => WRITES.has(of['tag'] ?? '') && rate * CONFLICTING >= RATE_LEAST)
  const table = write?.of['table']
  if (!write || table === undefined || transactions < RATE_LEAST) return []
  return [{
    name: slug(`${name}-${table}-conflicts`), target: name, kind: 'errors', fails: true, rate: write.rate * CONFLICTING, hits: `20% of ${write.words}`,
    question: `Are transactions tried again when one in five statements that write ${table} fails with 40001?`,
    seen: [operationWords(write, target), ...(write.statement === undefined ? [] : [statementWords(write.statement)]), `transactions: ${rateWords(transactions)}`],
    steps: step('conflicts', { fault: 'postgres.error', on: name, where: write.of, params: { error: 'serialization_failure' }, chance: '20%' }),
  }]
}

function lostCommits({ name, commits }: SeenTarget): readonly Idea[] {
  if (commits * LOST < RATE_LEAST) return []
  return [{
    name: slug(`${name}-commit-lost`), target: name, kind: 'errors', fails: true, rate: commits * LOST, hits: '30% of COMMIT',
    question: `When a COMMIT on ${name} is not answered, does what was committed count as failed, or is it done twice?`,
    seen: [`COMMIT: ${rateWords(commits)}`, 'some are committed and some are not; the journal says which. A probe that counts what must be there once tells whether it is'],
    steps: step('lost', { fault: 'postgres.commit_loss', on: name, params: { executed: 'random' }, chance: '30%' }),
  }]
}

function unavailable(target: SeenTarget, [hottest]: readonly Operation[]): readonly Idea[] {
  const { name } = target
  if (!hottest) return []
  return [{
    name: slug(`${name}-${hottest.words}-unavailable`), target: name, kind: 'errors', fails: true, rate: hottest.rate, hits: hottest.words,
    question: `Does the application do without ${hottest.words} while ${name} answers 503 for 10s, and does it leave it alone as it is told to?`,
    seen: [operationWords(hottest, target)],
    steps: step('unavailable', { fault: 'http.status', on: name, where: hottest.of, params: { code: 503, retry_after: '1s' } }),
  }]
}

function ofSockets(target: SeenTarget): readonly Idea[] {
  const { name, messages: { toClient, toServer }, connections } = target
  if (toClient + toServer < RATE_LEAST) return []
  const [rate, direction, way] = toClient >= toServer ? [toClient, 'to_client', 'from'] as const : [toServer, 'to_server', 'to'] as const
  const seen = [`messages: ${rateWords(toClient)} to clients, ${rateWords(toServer)} from them, over ${connections} connections`]
  return [
    {
      name: slug(`${name}-restart`), target: name, kind: 'errors', rate: toClient + toServer, hits: `all WebSockets of ${name}`, seen,
      question: `How soon are all clients back when ${name} closes its WebSockets as for a restart, and what have they missed?`,
      steps: [{ step: 'restart', fault: 'websocket.close', on: name, params: { code: 1012, spread: '1s' }, for: '3s' }],
    },
    ...(rate * SOME < RATE_LEAST ? [] : [{
      name: slug(`${name}-messages-lost`), target: name, kind: 'errors' as const, rate: rate * SOME, hits: `10% of messages ${way} ${name}`, seen,
      question: `Is it noticed when one in ten messages ${way} ${name} is lost?`,
      steps: step('lost', { fault: 'websocket.drop', on: name, direction, chance: '10%' }),
    }]),
  ]
}
