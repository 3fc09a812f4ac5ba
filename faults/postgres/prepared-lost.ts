import { choice } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { bindsNamed, closing, closingAll, planChanged, undefinedPrepared } from '../../src/protocols/postgres/prepared.ts'
import { failsAt, Refusals } from '../../src/protocols/postgres/refusal.ts'
import type { Spoken } from '../../src/protocols/spoken.ts'

/** What is said to be gone is really gone: the server agrees with what the client was told, and so does every later Bind. */
export const preparedLost = defineFault({
  name: 'postgres.prepared_lost',
  summary: 'Take away prepared statements that a client counts on, as a pooler or a migration does.',
  tests: 'Whether a prepared statement that is gone or stale breaks one query, or every query of its connection for ever.',
  correct: 'Prepares anew on 26000 and 0A000, outside of a transaction tries again at once, and does not give back a connection that keeps failing.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    how: choice('What happens when a statement is bound that was prepared under a name. one: it has been deallocated, 26000; all: each one of the session has; plan: it is there, and its cached plan does not fit any more, 0A000.', ['one', 'all', 'plan'], 'one'),
  },
  example: '{ step: forgotten, at: 0s, fault: postgres.prepared_lost, on: cache, params: { how: all }, for: 10s }',
  begin: () => new Refusals(),
  concerns,
  decide: (unit, { how }, _scene, refusals) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.own) return PASS
    if (unit.direction === 'to-client') {
      const raw = refusals.rewrite(unit)
      return raw ? inPlace(raw) : PASS
    }
    if (!concerns(unit)) return PASS
    const { message } = unit
    const gone = how === 'plan' ? [] : [how === 'one' ? closing(message) : closingAll()]
    return { kind: 'replace', parts: [...gone, ...refusals.refuse(unit, how === 'plan' ? planChanged() : undefinedPrepared(message))] }
  },
})

function concerns(unit: Spoken): boolean {
  return unit.protocol === 'postgres' && bindsNamed(unit.message) && failsAt(unit, 'bind')
}
