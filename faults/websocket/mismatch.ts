import { choice, text } from '../../src/core/params.ts'
import { assertNever } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { removeField, setField } from '../../src/protocols/http/edit.ts'
import { makesOne } from '../../src/protocols/websocket/spoken.ts'

const [SUBPROTOCOL, EXTENSIONS] = ['Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions'] as const

/** The server goes by what it has answered, the client by what it is told: one that is strict fails the connection at once. */
export const mismatch = defineFault({
  name: 'websocket.mismatch',
  summary: 'Change which subprotocol or extension the answer to a handshake names.',
  tests: 'Whether a client looks at what was agreed, and says which version it wanted when it does not get it.',
  correct: 'Fails the connection where the subprotocol is not one that it asked for, tells its user, and does not try the same again and again.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    what: choice('What is changed. other_subprotocol: it is called `name`; no_subprotocol: none is named; other_extension: one called `name` is named, in the place of any; no_extension: none is named, though the server may use it.', ['other_subprotocol', 'no_subprotocol', 'other_extension', 'no_extension'], 'other_subprotocol'),
    name: text('What is named.', 'v0.brownout', { pattern: /^[\w!#$%&'*+.^`|~-]{1,64}$/, says: 'a token of at most 64 characters' }),
  },
  example: '{ step: versions, at: 0s, fault: websocket.mismatch, on: cache, params: { what: other_subprotocol }, for: 10s }',
  concerns: makesOne,
  decide: (unit, { what, name }) => {
    if (unit.kind !== 'message' || !makesOne(unit)) return PASS
    switch (what) {
      case 'other_subprotocol': return inPlace(setField(unit.raw, SUBPROTOCOL, name))
      case 'no_subprotocol': return inPlace(removeField(unit.raw, SUBPROTOCOL))
      case 'other_extension': return inPlace(setField(unit.raw, EXTENSIONS, name))
      case 'no_extension': return inPlace(removeField(unit.raw, EXTENSIONS))
      default: return assertNever(what)
    }
  },
})
