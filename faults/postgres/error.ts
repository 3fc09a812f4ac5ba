import { choice, duration, text } from '../../src/core/params.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { statementOfBind } from '../../src/protocols/postgres/fields.ts'
import { commandName, kindOf, type Kind } from '../../src/protocols/postgres/kinds.ts'
import type { PostgresMessage } from '../../src/protocols/postgres/message.ts'
import { failsAt, Refusals, type Stage } from '../../src/protocols/postgres/refusal.ts'
import { INJECTED, type ErrorFields } from '../../src/protocols/postgres/reply.ts'
import { closeStatement } from '../../src/protocols/postgres/request.ts'
import type { Statement } from '../../src/protocols/postgres/statement.ts'
import type { Spoken, SpokenPostgres } from '../../src/protocols/spoken.ts'

const ERRORS = ['serialization_failure', 'deadlock', 'query_canceled', 'statement_timeout', 'lock_not_available', 'read_only', 'disk_full', 'out_of_memory', 'undefined_prepared', 'cached_plan_changed'] as const
type ErrorName = (typeof ERRORS)[number]

interface Trouble {
  readonly code: string
  /** Which statements a server in that trouble refuses; a rollback never. */
  readonly hits: readonly Kind[]
  readonly message: string | ((statement: Statement, message: PostgresMessage) => string)
  readonly hint?: string
  /** Only of statements that were prepared under a name, when they are bound. */
  readonly prepared?: true
}

const DATA = ['read', 'write', 'either'] as const
const ALL = [...DATA, 'commit', 'other'] as const

/** As Postgres 18 words them. */
const TROUBLES: Readonly<Record<ErrorName, Trouble>> = {
  serialization_failure: { code: '40001', hits: [...DATA, 'commit'], message: 'could not serialize access due to read/write dependencies among transactions', hint: 'The transaction might succeed if retried.' },
  deadlock: { code: '40P01', hits: DATA, message: 'deadlock detected', hint: 'See server log for query details.' },
  query_canceled: { code: '57014', hits: ALL, message: 'canceling statement due to user request' },
  statement_timeout: { code: '57014', hits: ALL, message: 'canceling statement due to statement timeout' },
  lock_not_available: { code: '55P03', hits: DATA, message: 'canceling statement due to lock timeout' },
  read_only: { code: '25006', hits: ['write'], message: (statement) => `cannot execute ${commandName(statement)} in a read-only transaction` },
  disk_full: { code: '53100', hits: ['write'], message: 'could not extend file "base/5/16384": No space left on device', hint: 'Check free disk space.' },
  out_of_memory: { code: '53200', hits: ALL, message: 'out of memory' },
  undefined_prepared: { code: '26000', hits: ALL, message: (_, bind) => `prepared statement "${Buffer.from(statementOfBind(bind), 'latin1').toString()}" does not exist`, prepared: true },
  cached_plan_changed: { code: '0A000', hits: ALL, message: 'cached plan must not change result type', prepared: true },
}

interface Params { readonly error: ErrorName; readonly code: string; readonly text: string; readonly phase: Stage; readonly delay: Ms }

/**
 * The server itself fails (see refusal.ts), so that the two parties agree on everything that comes of it. Of undefined_prepared the
 * statement is closed first: it is really gone.
 */
export const error = defineFault({
  name: 'postgres.error',
  summary: 'Fail statements with an SQLSTATE, in transactions and in extended queries too, so that client and server agree on what is left.',
  tests: 'Whether each SQLSTATE leads to what it calls for: the whole transaction tried again, another server, a new plan, or an honest failure.',
  correct: 'Retries 40001 and 40P01 from BEGIN with backoff and a bound, treats 57014 and 55P03 as no answer in time, reconnects elsewhere on 25006, sheds writes on 53100 and 53200, prepares anew on 26000 and 0A000, and always rolls back.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    error: choice('Which error; it hits the statements that a server in that trouble refuses: read_only and disk_full writes, deadlock and lock_not_available what touches data, serialization_failure COMMIT too, undefined_prepared and cached_plan_changed the binding of statements prepared under a name, the others all but ROLLBACK.', ERRORS, 'serialization_failure'),
    code: text('Another SQLSTATE in its place; it hits every statement but ROLLBACK, unless `where` says which.', '', { pattern: /^([0-9A-Z]{5})?$/, says: 'an SQLSTATE of five digits and capitals, such as 40001' }),
    text: text('The message, in place of what Postgres says.', ''),
    phase: choice('Where an extended query fails; a COMMIT fails when it is executed.', ['parse', 'bind', 'execute'], 'execute'),
    delay: duration('How long the statement seems to run before it fails.', '0ms', { max: '1h' }),
  },
  example: '{ step: conflicts, at: 0s, fault: postgres.error, on: cache, params: { error: serialization_failure }, for: 10s }',
  begin: () => new Refusals(),
  concerns,
  decide: (unit, params, _scene, refusals) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.own) return PASS
    if (unit.direction === 'to-client') {
      const raw = refusals.rewrite(unit)
      return raw ? inPlace(raw) : PASS
    }
    if (!concerns(unit, params)) return PASS
    const sent = [...forgotten(unit, params), ...refusals.refuse(unit, errorOf(unit, params))]
    return { kind: 'replace', parts: sent.map((part, i) => ({ ...part, gap: i === 0 ? params.delay : ms(0) })) }
  },
})

function concerns(unit: Spoken, { error, code, phase }: Params): boolean {
  if (unit.protocol !== 'postgres') return false
  const { statement } = unit.message
  const { hits, prepared } = code === '' ? TROUBLES[error] : { hits: ALL, prepared: undefined }
  if (!statement || !failsAt(unit, prepared ? 'bind' : phase)) return false
  return (hits as readonly Kind[]).includes(kindOf(statement)) && (!prepared || statement.name !== '')
}

function errorOf({ message }: SpokenPostgres, { error, code, text }: Params): ErrorFields {
  const { message: words, hint, code: own } = TROUBLES[error]
  const said = typeof words === 'string' ? words : message.statement ? words(message.statement, message) : ''
  if (code !== '') return { severity: 'ERROR', code, message: text || `error ${code}`, detail: INJECTED }
  return { severity: 'ERROR', code: own, message: text || said, detail: INJECTED, ...(hint === undefined ? {} : { hint }) }
}

const forgotten = ({ message }: SpokenPostgres, { error, code }: Params): { readonly raw: Buffer; readonly own: true }[] =>
  error === 'undefined_prepared' && code === '' ? [{ raw: closeStatement(statementOfBind(message)), own: true }] : []
