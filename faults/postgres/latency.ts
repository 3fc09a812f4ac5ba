import { choice, duration } from '../../src/core/params.ts'
import { deviation, DISTRIBUTIONS } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import type { OperationId } from '../../src/protocols/codec.ts'
import { kindOf } from '../../src/protocols/postgres/kinds.ts'
import { begins, runs, type PostgresMessage } from '../../src/protocols/postgres/message.ts'
import type { SpokenPostgres } from '../../src/protocols/spoken.ts'

const PHASES = ['parse', 'bind', 'execute', 'commit', 'first_row', 'each_row'] as const
type Phase = (typeof PHASES)[number]

/** What was held of a session last: of each statement one message, or the rows one behind the other. */
interface Held { of: OperationId | null; until: number }

/** By statement, where `latency` is by chunk. A session answers in order: what stands behind a late answer is late too. */
export const latency = defineFault({
  name: 'postgres.latency',
  summary: 'Delay the answers to some statements, or one part of them.',
  tests: 'Whether one slow statement, or a slow COMMIT, uses up the pool, and whether a deadline ends the wait.',
  correct: 'Puts a deadline on every statement and on waiting for a connection, the one for the pool being shorter, keeps transactions short, and sheds load while the database is slow.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-client',
  params: {
    delay: duration('Time to hold an answer back, from when it comes.', undefined, { max: '1h' }),
    jitter: duration('How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others.', '0ms', { max: '1h' }),
    distribution: choice('How the jitter is drawn.', DISTRIBUTIONS, 'uniform'),
    phase: choice('Which answer. parse: that the statement is prepared; bind: that it is bound; execute: the first word of the result, or of an error; commit: the same of a COMMIT; first_row: the first row; each_row: every row, each so long after the one before.', PHASES, 'execute'),
  },
  example: '{ step: slow, at: 0s, fault: postgres.latency, on: cache, params: { delay: 150ms, jitter: 50ms }, for: 10s }',
  begin: (): Held => ({ of: null, until: 0 }),
  concerns: (unit, { phase }) => unit.protocol === 'postgres' && isRequestOf(unit, phase),
  decide: (unit, { delay, jitter, distribution, phase }, { random, now }, held) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || !begins(unit.message)) return PASS
    const { message, operation } = unit
    if (message.direction === 'to-server' ? !isRequestOf(unit, phase) : !isAnswerOf(message, phase)) return PASS
    const rows = phase === 'each_row'
    if (!rows && held.of === operation && message.direction === 'to-client') return PASS
    held.of = operation
    const time = Math.max(0, delay + deviation(random, distribution, jitter))
    held.until = Math.max(now(), rows ? held.until : 0) + time
    return { kind: 'delay', by: ms(held.until - now()) }
  },
})

function isRequestOf({ message }: SpokenPostgres, phase: Phase): boolean {
  switch (phase) {
    case 'parse': return message.type === 'Parse' && begins(message)
    case 'bind': return message.type === 'Bind' && begins(message)
    case 'commit': return runs(message) && message.statement ? kindOf(message.statement) === 'commit' : false
    default: return runs(message)
  }
}

function isAnswerOf({ type, answers }: PostgresMessage, phase: Phase): boolean {
  switch (phase) {
    case 'parse': return answers === 'Parse'
    case 'bind': return answers === 'Bind'
    case 'first_row': case 'each_row': return type === 'DataRow'
    default: return answers === 'Query' || answers === 'Execute'
  }
}
