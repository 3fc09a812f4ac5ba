import { choice, duration } from '../../src/core/params.ts'
import { defineFault, DROP, inPlace, PASS, type Verdict } from '../../src/fault.ts'
import type { ExchangeId, OperationId } from '../../src/protocols/codec.ts'
import { kindOf } from '../../src/protocols/postgres/kinds.ts'
import { runs } from '../../src/protocols/postgres/message.ts'
import { failsAt, Refusals } from '../../src/protocols/postgres/refusal.ts'
import { hasSameColumns, Remembered, type Answer } from '../../src/protocols/postgres/remembered.ts'
import type { ErrorFields } from '../../src/protocols/postgres/reply.ts'
import type { Spoken, SpokenPostgres } from '../../src/protocols/spoken.ts'

/** The read that is answered from memory, and what the server has said of it meanwhile. */
interface Replay { readonly exchange: ExchangeId; readonly answer: Answer; described: Buffer | undefined }

/** Of one session. */
class Replays {
  readonly refusals = new Refusals()
  readonly #replays = new Map<OperationId, Replay>()

  begin({ exchange, operation }: SpokenPostgres, answer: Answer): void {
    if (exchange !== null && operation !== null) this.#replays.set(operation, { exchange, answer, described: undefined })
  }

  /** The server runs the read too, so that nothing is lost of its order: its rows are left out, and the old ones come in their place. */
  hear({ message: { type, raw }, exchange, operation, conversation, last }: SpokenPostgres): Verdict {
    const replay = this.#replays.get(operation ?? -1)
    if (last) for (const [of, one] of this.#replays) if (exchange !== null && one.exchange <= exchange) this.#replays.delete(of)
    if (!replay || operation === null) return PASS
    if (type === 'RowDescription') replay.described = Buffer.from(raw)
    if (type === 'ErrorResponse') this.#replays.delete(operation)
    if (type !== 'DataRow' && type !== 'CommandComplete') return PASS
    // Within a transaction, or where the columns have changed, only the server knows.
    if (conversation.status !== 'I' || !hasSameColumns(replay.answer, replay.described)) {
      this.#replays.delete(operation)
      return PASS
    }
    if (type === 'DataRow') return DROP
    this.#replays.delete(operation)
    return inPlace(Buffer.concat([...replay.answer.rows, replay.answer.complete]))
  }
}

const CONFLICT: ErrorFields = { severity: 'ERROR', code: '40001', message: 'canceling statement due to conflict with recovery', detail: 'User query might have needed to see row versions that must be removed.' }

export const staleReplica = defineFault({
  name: 'postgres.stale_replica',
  summary: 'Answer reads as a replica does that lags: with what was there some time ago, or by a conflict with recovery.',
  tests: 'Whether a write is followed by a read that does not see it, and what the application makes of that.',
  correct: 'Reads what it has just written from the primary, shows no value as final that may be old, and tries a read again that met a conflict with recovery.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  corruption: true,
  params: {
    how: choice('What becomes of a read outside of a transaction. lag: it is answered as the same read was, with the same values, before; conflict: it fails with 40001.', ['lag', 'conflict'], 'lag'),
    age: duration('How far the replica lags; a read whose answer of then was not seen under this fault is answered by the server.', '5s', { min: '1ms', max: '1h' }),
  },
  example: '{ step: lagging, at: 0s, fault: postgres.stale_replica, on: cache, params: { age: 2s }, for: 10s }',
  open: () => new Remembered(),
  begin: () => new Replays(),
  concerns,
  observe: (unit, remembered, { now }) => { if (unit.protocol === 'postgres') remembered.observe(unit, now()) },
  decide: (unit, { how, age }, { now }, replays, remembered) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres') return PASS
    if (unit.direction === 'to-client') {
      const raw = replays.refusals.rewrite(unit)
      return raw ? inPlace(raw) : replays.hear(unit)
    }
    if (!concerns(unit)) return PASS
    if (how === 'conflict') return { kind: 'replace', parts: replays.refusals.refuse(unit, CONFLICT) }
    const answer = remembered.asOf(unit, now() - age)
    if (answer) replays.begin(unit, answer)
    return PASS
  },
})

function concerns(unit: Spoken): boolean {
  return unit.protocol === 'postgres' && unit.conversation.status === 'I' && runs(unit.message) && failsAt(unit, 'execute') &&
    unit.message.statement !== null && unit.message.statement !== undefined && kindOf(unit.message.statement) === 'read'
}
