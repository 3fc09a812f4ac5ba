import { choice, duration } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS, type Part, type Verdict } from '../../src/fault.ts'
import { ends } from '../../src/protocols/codec.ts'
import { setField } from '../../src/protocols/http/edit.ts'
import { CHUNKED, type Head } from '../../src/protocols/http/head.ts'
import { findField } from '../../src/protocols/http/fields.ts'
import { requestOf } from '../../src/protocols/http/parts.ts'
import type { HttpMessage } from '../../src/protocols/http/message.ts'

/** Bytes of a request that are kept. */
const KEPT_MAX = 2 ** 20
const AT_ONCE = ms(0)

/** Of the request in hand; `alone`: it is sent once. */
interface Kept { parts: Buffer[]; size: number; alone: boolean }

/** A request of more than 1 MiB is sent once; where the second answer is wanted, one whose length is not declared, or that waits for 100 Continue, too. */
export const duplicate = defineFault({
  name: 'http.duplicate',
  summary: 'Send requests twice, as a client, a gateway or a queue does that has given up on the first.',
  tests: 'Whether anything is done twice when a request arrives twice: paid, sent, counted.',
  correct: 'Knows a request again by its idempotency key or by what it is about, does it once, and answers the repeat as it answered the first.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: {
    answer: choice('Which answer the client gets; the other is lost.', ['first', 'second'], 'first'),
    delay: duration('How long after the first the second is sent.', '0ms', { max: '1h' }),
  },
  example: '{ step: twice, at: 0s, fault: http.duplicate, on: cache, for: 10s }',
  concerns: ({ protocol, message }) => protocol === 'http' && requestOf(message)?.switches === false,
  begin: (): Kept => ({ parts: [], size: 0, alone: false }),
  decide: (unit, { answer, delay }, _scene, kept) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || unit.direction === 'to-client') return PASS
    const { message } = unit
    const head = requestOf(message)
    if (head) Object.assign(kept, { parts: [], size: 0, alone: false })
    return kept.alone ? PASS : answer === 'first' ? copyBehind(message, head, delay, kept) : copyAhead(message, head, delay, kept)
  },
})

/** As it comes it is sent on, and with its last part goes the copy. */
function copyBehind(message: HttpMessage, head: Head | undefined, delay: Part['gap'], kept: Kept): Verdict {
  if (!keep(message, kept)) return { ...PASS, note: 'a request of more than 1 MiB' }
  const sent = head?.close ? goingOn(message.raw) : message.raw
  if (!ends(message)) return sent === message.raw ? PASS : inPlace(sent)
  return { kind: 'replace', parts: [{ raw: sent, gap: AT_ONCE }, { raw: Buffer.concat(kept.parts), gap: delay, own: true }] }
}

/** As it comes the copy is sent, and with its last part goes the request itself. */
function copyAhead(message: HttpMessage, head: Head | undefined, delay: Part['gap'], kept: Kept): Verdict {
  if (head && (head.length === CHUNKED || head.length > KEPT_MAX || findField(head.raw, head.fieldsAt, 'expect'))) {
    kept.alone = true
    return { ...PASS, note: 'a request whose second answer cannot be had' }
  }
  kept.parts.push(message.raw)
  const copy: Part = { raw: head?.close ? goingOn(message.raw) : message.raw, gap: AT_ONCE, own: true }
  return { kind: 'replace', parts: ends(message) ? [copy, { raw: Buffer.concat(kept.parts), gap: delay }] : [copy] }
}

function keep({ raw }: HttpMessage, kept: Kept): boolean {
  kept.parts.push(raw)
  kept.size += raw.length
  if (kept.size > KEPT_MAX) Object.assign(kept, { parts: [], alone: true })
  return !kept.alone
}

/** The connection must outlive the first of the two. */
const goingOn = (raw: Buffer): Buffer => setField(raw, 'Connection', 'keep-alive')
