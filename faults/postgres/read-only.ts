import { flag } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { parameterOf } from '../../src/protocols/postgres/fields.ts'
import { commandName, kindOf } from '../../src/protocols/postgres/kinds.ts'
import type { PostgresMessage } from '../../src/protocols/postgres/message.ts'
import { failsAt, Refusals } from '../../src/protocols/postgres/refusal.ts'
import { parameterStatus } from '../../src/protocols/postgres/reply.ts'
import type { Spoken } from '../../src/protocols/spoken.ts'

/** A standby has no locks, no notifications and no tidying of its own. (PostgreSQL 18, 26.4.2) */
const NOT_IN_RECOVERY: ReadonlySet<string> = new Set(['LISTEN', 'NOTIFY', 'VACUUM', 'ANALYZE', 'CLUSTER', 'REINDEX'])
const STANDBY = 'in_hot_standby'

/** Writes fail on the server itself, see refusal.ts: a transaction that tries one is lost, as it would be. */
export const readOnly = defineFault({
  name: 'postgres.read_only',
  summary: 'Refuse writes with 25006 and let reads pass: the server has become a standby, and nobody has noticed.',
  tests: 'Whether a pool keeps connections for ever on which every write fails, because its health check only reads.',
  correct: 'Drops a connection on 25006, connects anew with target_session_attrs=read-write, and tries the transaction again there.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    announce: flag('Whether new connections are told in_hot_standby = on, as a standby tells them.', true),
  },
  example: '{ step: demoted, at: 0s, fault: postgres.read_only, on: cache, for: 10s }',
  begin: () => new Refusals(),
  concerns,
  decide: (unit, params, _scene, refusals) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.own) return PASS
    if (unit.direction === 'to-client') {
      const raw = isAboutStandby(unit.message) ? parameterStatus(STANDBY, 'on') : refusals.rewrite(unit)
      return raw ? inPlace(raw) : PASS
    }
    const message = refusedWords(unit.message)
    if (message === undefined || !concerns(unit, params)) return PASS
    return { kind: 'replace', parts: refusals.refuse(unit, { severity: 'ERROR', code: '25006', message }) }
  },
})

function concerns(unit: Spoken, { announce }: { readonly announce: boolean }): boolean {
  if (unit.protocol !== 'postgres') return false
  if (unit.message.type === 'StartupMessage') return announce
  return failsAt(unit, 'execute') && refusedWords(unit.message) !== undefined
}

/** What a standby says to a statement; undefined where it does as it is told. */
function refusedWords({ statement }: PostgresMessage): string | undefined {
  if (!statement) return undefined
  if (kindOf(statement) === 'write') return `cannot execute ${commandName(statement)} in a read-only transaction`
  return NOT_IN_RECOVERY.has(statement.keyword) ? `cannot execute ${statement.keyword} during recovery` : undefined
}

/** At login; told later it belongs to no exchange and is not shown. */
const isAboutStandby = (message: PostgresMessage): boolean => message.type === 'ParameterStatus' && parameterOf(message)[0] === STANDBY
