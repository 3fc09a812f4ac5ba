import { choice } from '../../src/core/params.ts'
import { defineFault, PASS, STALL, type Verdict } from '../../src/fault.ts'
import { commandOf, tagOfCommandComplete } from '../../src/protocols/postgres/fields.ts'
import { kindOf } from '../../src/protocols/postgres/kinds.ts'
import { runs } from '../../src/protocols/postgres/message.ts'
import { Outcomes } from '../../src/protocols/postgres/outcome.ts'
import type { Spoken, SpokenPostgres } from '../../src/protocols/spoken.ts'
import { truthOf } from '../../src/protocols/truth.ts'

/**
 * Nothing is cut before the server has said what became of the statement. A COMMIT is known by its own answer; of a statement outside of a
 * transaction the answer is held until the ReadyForQuery, for an extended query commits no sooner.
 */
export const commitLoss = defineFault({
  name: 'postgres.commit_loss',
  summary: 'Break the connection at a COMMIT, or at a write outside of a transaction, so that the client cannot know whether it was done.',
  tests: 'Whether a commit without an answer is repeated blindly, or taken for failed.',
  correct: 'Treats a COMMIT without an answer as unknown and reads back what became of it, by a key of its own or by txid_status, before it tries again.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    executed: choice('The truth, which the journal notes each time. yes: it was done and the answer is lost; no: it was never sent; random: one or the other, which the client cannot tell.', ['yes', 'no', 'random'], 'yes'),
    how: choice('How the connection breaks. end: FIN, as when a server is shut down; reset: RST, as when it dies.', ['end', 'reset'], 'reset'),
  },
  example: '{ step: ambiguous, at: 0s, fault: postgres.commit_loss, on: cache, params: { executed: random }, for: 10s }',
  open: () => new Outcomes(),
  concerns,
  observe: (unit, outcomes) => { if (unit.protocol === 'postgres') outcomes.observe(unit) },
  decide: (unit, { executed, how }, { random }, _state, outcomes) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres') return PASS
    const cut = (done: boolean): Verdict => ({ kind: 'close', how, overtakes: true, note: truthOf(done, 0) })
    if (unit.direction === 'to-client') {
      const done = unit.message.type === 'CommandComplete' ? isDone(unit, outcomes) : unit.last ? outcomes.known(unit) : undefined
      return done === undefined ? PASS : done === 'held' ? STALL : cut(done)
    }
    if (!concerns(unit) || executed === 'yes' || (executed === 'random' && random() < 0.5)) return PASS
    return { kind: 'close', how, note: truthOf(false, 0) }
  },
})

/** A COMMIT, and what may write and is not known to be part of a transaction, when it is executed. */
function concerns(unit: Spoken): boolean {
  if (unit.protocol !== 'postgres' || !unit.message.statement || !runs(unit.message) || unit.conversation.status === 'E') return false
  const kind = kindOf(unit.message.statement)
  return kind === 'commit' || ((kind === 'write' || kind === 'either') && unit.conversation.status === 'I')
}

/** Of a CommandComplete: true where it has been committed, undefined where it has not and nothing is to be lost, `held` until it is known. */
function isDone(unit: SpokenPostgres, outcomes: Outcomes): true | 'held' | undefined {
  const { message } = unit
  if (message.statement && kindOf(message.statement) === 'commit') return /^(COMMIT|PREPARE TRANSACTION)$/.test(commandOf(tagOfCommandComplete(message))) ? true : undefined
  return outcomes.awaits(unit) ? 'held' : undefined
}
