import { choice, text } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { executes } from '../../src/protocols/postgres/execution.ts'
import { parameterOf } from '../../src/protocols/postgres/fields.ts'
import { parameterStatus } from '../../src/protocols/postgres/reply.ts'

/** A server may report a parameter at any time, and the client takes its word. What the server itself thinks stays as it is. */
export const parameter = defineFault({
  name: 'postgres.parameter',
  summary: 'Report a parameter of the session with another value than the server has.',
  tests: 'What an application takes for granted of its server: its version, its time zone, that it can be written to.',
  correct: 'Sets what it needs itself, asks for a server that can be written to (target_session_attrs), and bears a version that it does not know.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    parameter: text('Which.', 'in_hot_standby', { pattern: /^[A-Za-z_][A-Za-z0-9_.]*$/, says: 'a name such as TimeZone' }),
    value: text('What it is said to be.', 'on'),
    during: choice('When it is said. login: as a session begins; session: in the course of one, behind the first statement that is hit.', ['login', 'session'], 'login'),
  },
  example: '{ step: standby, at: 0s, fault: postgres.parameter, on: cache, params: { parameter: server_version, value: "99.1" }, for: 10s }',
  concerns: (message, { during }) => (during === 'login' ? message.protocol === 'postgres' && message.message.type === 'StartupMessage' : executes(message)),
  begin: () => ({ told: false }),
  decide: (unit, { parameter, value }, _scene, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.direction === 'to-server' || state.told) return PASS
    const { message, raw } = unit
    const said = parameterStatus(parameter, value)
    const reported = message.type === 'ParameterStatus' && parameterOf(message)[0] === parameter
    if (!reported && message.type !== 'ReadyForQuery') return PASS
    state.told = true
    return reported ? inPlace(said) : { kind: 'replace', parts: [{ raw: said, gap: ms(0) }, { raw, gap: ms(0) }] }
  },
})
