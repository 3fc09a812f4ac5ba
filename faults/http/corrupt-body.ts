import { choice, integer } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { removeField, setField } from '../../src/protocols/http/edit.ts'
import { findField } from '../../src/protocols/http/fields.ts'
import { hasBody } from '../../src/protocols/http/cut.ts'
import { dataOf } from '../../src/protocols/http/parts.ts'

/** The framing stays: lengths, chunks and the connection are as they were. */
export const corruptBody = defineFault({
  name: 'http.corrupt_body',
  summary: 'Change bytes in the body of answers, or say that it is compressed when it is not.',
  tests: 'Whether a body that was damaged on the way is noticed, and an error of the decompressor handled.',
  correct: 'Catches errors of decoding as errors of the request, keeps a checksum with what must not be wrong, and stores nothing that failed a check.',
  corruption: true,
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    how: choice('What is wrong. bytes: some of them are others than were sent; encoding: Content-Encoding says gzip of a body that is not, and nothing of one that is encoded.', ['bytes', 'encoding'], 'bytes'),
    bytes: integer('How many are changed, of each piece of the body as it comes.', '1', { min: '1', max: '65536' }),
  },
  example: '{ step: damaged, at: 0s, fault: http.corrupt_body, on: cache, params: { bytes: 3 }, for: 10s }',
  concerns: (unit) => unit.protocol === 'http' && hasBody(unit.message),
  decide: (unit, { how, bytes }, { random }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const { message, raw } = unit
    if (how === 'encoding') {
      if (!hasBody(message) || !message.head) return PASS
      const name = 'Content-Encoding'
      return inPlace(findField(raw, message.head.fieldsAt, name) ? removeField(raw, name) : setField(raw, name, 'gzip'))
    }
    const { length } = dataOf(message)
    if (length === 0 || message.direction === 'to-server') return PASS
    const changed = Buffer.from(raw)
    for (let n = 0; n < bytes; n++) {
      const at = message.dataAt + Math.floor(random() * length)
      // Never to what it was.
      changed[at] = ((raw[at] ?? 0) + 1 + Math.floor(random() * 255)) % 256
    }
    return inPlace(changed)
  },
})
