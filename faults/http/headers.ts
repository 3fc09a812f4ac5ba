import { choice, text } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { duplicateField, removeField, setField } from '../../src/protocols/http/edit.ts'
import { FIELD_NAME } from '../../src/protocols/http/fields.ts'
import { answerOf, isHttp, requestOf } from '../../src/protocols/http/parts.ts'

/** No other byte of the head changes, nor the framing of the body. */
export const headers = defineFault({
  name: 'http.headers',
  summary: 'Set, remove or double a field of requests or of answers, as a proxy on the way does.',
  tests: 'Whether anything relies on a field that a hop may take away, change or repeat.',
  correct: 'Checks what it is sent: a missing, unknown or doubled field is refused or has a default, and never a crash or a guess.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    of: choice('Whose field.', ['request', 'answer'], 'answer'),
    change: choice('What becomes of it. set: it says `value`, once; remove: it is taken out; duplicate: it stands there once more, with `value` or with what it said.', ['set', 'remove', 'duplicate'], 'remove'),
    name: text('Of the field, whatever its capitals.', 'Content-Type', FIELD_NAME),
    value: text('What it says.', ''),
  },
  example: '{ step: untyped, at: 0s, fault: http.headers, on: cache, params: { change: set, name: Content-Type, value: text/html }, for: 10s }',
  concerns: isHttp,
  decide: (unit, { of, change, name, value }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || !(of === 'request' ? requestOf : answerOf)(unit.message)) return PASS
    const { raw } = unit
    const changed = change === 'set' ? setField(raw, name, value) : change === 'remove' ? removeField(raw, name) : duplicateField(raw, name, value === '' ? undefined : value)
    return changed.equals(raw) ? PASS : inPlace(changed)
  },
})
