/**
 * Errors that client and server agree on: the server itself fails, and its error is given our words.
 *
 *   in place of              the server is sent
 *   Query                    a Query that it must refuse
 *   Parse, Bind, Execute     a Parse that it must refuse: it passes over the rest of the batch, up to the Sync
 *   the same of COMMIT       ROLLBACK on our own account, then the same
 *
 * So the status of the transaction, what is left of it, the savepoints and the end of the batch are the server's own doing. In a transaction
 * that has failed already it answers 25P02, as it would have, and that goes through as it is.
 */

import { ms, type Ms } from '../../core/units.ts'
import type { ExchangeId, OperationId } from '../codec.ts'
import type { SpokenPostgres } from '../spoken.ts'
import { errorFields } from './fields.ts'
import { kindOf } from './kinds.ts'
import { begins, type MessageType } from './message.ts'
import { errorResponse, INJECTED, type ErrorFields } from './reply.ts'
import { bind, closeStatement, execute, parse, query } from './request.ts'

/** It stands in the server's error, whatever its language, and in its log. */
const MARK = 'brownout_refuses_this'
/** Grammar lets it pass, so that a failed transaction says what it says; analysis does not. */
const REFUSED = `SELECT ${MARK}`
const ROLLBACK = 'brownout_rollback'

/** Where an extended query fails. */
export type Stage = 'parse' | 'bind' | 'execute'
const STAGES = { parse: 'Parse', bind: 'Bind', execute: 'Execute' } as const satisfies Record<Stage, MessageType>

/** To the server, in this order, each so long after the one before; `own`: what it is answered is not for the client. */
export interface Sent { readonly raw: Buffer; readonly gap: Ms; readonly own?: true }
export const own = (...messages: readonly Buffer[]): Sent => ({ raw: Buffer.concat(messages), gap: ms(0), own: true })

/** Whether a statement would fail at this message of the client's. A COMMIT fails when it is executed and never before. */
export function failsAt({ message, conversation }: SpokenPostgres, stage: Stage): boolean {
  const { type, direction, statement } = message
  if (direction === 'to-client' || !statement || !begins(message) || conversation.status === 'E') return false
  return type === 'Query' || type === STAGES[kindOf(statement) === 'commit' ? 'execute' : stage]
}

/** The errors of one session that are on their way. */
export class Refusals {
  readonly #errors = new Map<OperationId, { readonly exchange: ExchangeId; readonly error: ErrorFields }>()

  /** What the server is sent in the place of a message at which a statement fails; `delay`: so long after it came. */
  refuse({ message: { type, statement }, exchange, operation }: SpokenPostgres, error: ErrorFields, delay: Ms = ms(0)): readonly Sent[] {
    if (exchange !== null && operation !== null) this.#errors.set(operation, { exchange, error })
    const commits = statement ? kindOf(statement) === 'commit' : false
    const simple = type === 'Query'
    const refused = { raw: simple ? query(REFUSED) : parse(MARK, REFUSED), gap: commits ? ms(0) : delay }
    return commits ? [{ ...(simple ? own(query('ROLLBACK')) : ROLLBACK_EXTENDED), gap: delay }, refused] : [refused]
  }

  /** What the client is told in the place of that message; undefined where it is told that. */
  rewrite({ message, exchange, operation, last }: SpokenPostgres): Buffer | undefined {
    const refused = operation === null ? undefined : this.#errors.get(operation)
    const ours = refused && message.type === 'ErrorResponse' && errorFields(message).get('M')?.includes(MARK)
    // Of what the server passed over because something before it had failed nothing is heard again.
    if (last && exchange !== null) for (const [of, one] of this.#errors) if (one.exchange <= exchange) this.#errors.delete(of)
    return ours ? errorResponse({ detail: INJECTED, ...refused.error }) : undefined
  }
}

const ROLLBACK_EXTENDED = own(parse(ROLLBACK, 'ROLLBACK'), bind(ROLLBACK, ROLLBACK), execute(ROLLBACK), closeStatement(ROLLBACK))
