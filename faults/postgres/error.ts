import { choice, duration, text } from '../../src/core/params.ts'
import type { Ms } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { commandName, kindOf, type Kind } from '../../src/protocols/postgres/kinds.ts'
import { bindsNamed, closing, planChanged, undefinedPrepared } from '../../src/protocols/postgres/prepared.ts'
import { failsAt, Refusals, type Stage } from '../../src/protocols/postgres/refusal.ts'
import type { ErrorFields } from '../../src/protocols/postgres/reply.ts'
import type { Spoken, SpokenPostgres } from '../../src/protocols/spoken.ts'

const ERRORS = ['serialization_failure', 'deadlock', 'query_canceled', 'statement_timeout', 'lock_not_available', 'read_only', 'disk_full', 'out_of_memory', 'undefined_prepared', 'cached_plan_changed'] as const
type ErrorName = (typeof ERRORS)[number]

/** Which statements a server in that trouble refuses; a rollback never. */
const DATA: readonly Kind[] = ['read', 'write', 'either']
const ALL: readonly Kind[] = [...DATA, 'commit', 'other']
const HITS: Readonly<Record<ErrorName, readonly Kind[]>> = {
  serialization_failure: [...DATA, 'commit'], deadlock: DATA, query_canceled: ALL, statement_timeout: ALL, lock_not_available: DATA, read_only: ['write'], disk_full: ['write'],
  out_of_memory: ALL, undefined_prepared: ALL, cached_plan_changed: ALL,
}
const ofPrepared = (error: ErrorName): boolean => error === 'undefined_prepared' || error === 'cached_plan_changed'

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
    code: text('Another SQLSTATE in its place; it hits every statement but ROLLBACK, unless `where` says which.', '', { pattern: /^([0-9A-Z]{5})?$/, says: 'an SQLSTATE in quotes, five digits and capitals such as "40001"' }),
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
    const parts = refusals.refuse(unit, errorOf(unit, params), params.delay)
    return { kind: 'replace', parts: params.error === 'undefined_prepared' && params.code === '' ? [closing(unit.message), ...parts] : parts }
  },
})

function concerns(unit: Spoken, { error, code, phase }: Params): boolean {
  if (unit.protocol !== 'postgres') return false
  const { message } = unit
  const prepared = code === '' && ofPrepared(error)
  if (!message.statement || !failsAt(unit, prepared ? 'bind' : phase)) return false
  return (code === '' ? HITS[error] : ALL).includes(kindOf(message.statement)) && (!prepared || bindsNamed(message))
}

function errorOf(unit: SpokenPostgres, { error, code, text }: Params): ErrorFields {
  const fields = code === '' ? said(error, unit) : { severity: 'ERROR', code, message: `error ${code}` }
  return text === '' ? fields : { ...fields, message: text }
}

/** As Postgres 18 words it. */
function said(error: ErrorName, { message: of }: SpokenPostgres): ErrorFields {
  const fields = (code: string, message: string, hint?: string): ErrorFields => ({ severity: 'ERROR', code, message, ...(hint === undefined ? {} : { hint }) })
  switch (error) {
    case 'serialization_failure': return fields('40001', 'could not serialize access due to read/write dependencies among transactions', 'The transaction might succeed if retried.')
    case 'deadlock': return fields('40P01', 'deadlock detected', 'See server log for query details.')
    case 'query_canceled': return fields('57014', 'canceling statement due to user request')
    case 'statement_timeout': return fields('57014', 'canceling statement due to statement timeout')
    case 'lock_not_available': return fields('55P03', 'canceling statement due to lock timeout')
    case 'read_only': return fields('25006', `cannot execute ${of.statement ? commandName(of.statement) : ''} in a read-only transaction`)
    case 'disk_full': return fields('53100', 'could not extend file "base/5/16384": No space left on device', 'Check free disk space.')
    case 'out_of_memory': return fields('53200', 'out of memory')
    case 'undefined_prepared': return undefinedPrepared(of)
    case 'cached_plan_changed': return planChanged()
  }
}
