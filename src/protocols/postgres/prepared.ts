/** Prepared statements that are gone: really closed on the server, and the errors that say so. */

import { statementOfBind } from './fields.ts'
import type { PostgresMessage } from './message.ts'
import { own, type Sent } from './refusal.ts'
import type { ErrorFields } from './reply.ts'
import { bind, closeStatement, execute, parse } from './request.ts'

const OURS = 'brownout_deallocate'

/** Sent ahead of a Bind: the statement that it names, or each that the session has prepared, is no more. */
export const closing = (message: PostgresMessage): Sent => own(closeStatement(statementOfBind(message)))
export const closingAll = (): Sent => own(parse(OURS, 'DEALLOCATE ALL'), bind(OURS, OURS), execute(OURS), closeStatement(OURS))

/** Whether a message binds a statement that was prepared under a name. */
export const bindsNamed = ({ type, statement }: PostgresMessage): boolean => type === 'Bind' && statement !== null && statement !== undefined && statement.name !== ''

/** As Postgres 18 words them. */
export const undefinedPrepared = (bound: PostgresMessage): ErrorFields =>
  ({ severity: 'ERROR', code: '26000', message: `prepared statement "${Buffer.from(statementOfBind(bound), 'latin1').toString()}" does not exist` })
export const planChanged = (): ErrorFields => ({ severity: 'ERROR', code: '0A000', message: 'cached plan must not change result type' })
