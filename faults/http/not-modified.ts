import { flag } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { fieldValue, findField } from '../../src/protocols/http/fields.ts'
import { methodOf } from '../../src/protocols/http/facets.ts'
import type { Head } from '../../src/protocols/http/head.ts'
import { instead } from '../../src/protocols/http/instead.ts'
import { requestOf } from '../../src/protocols/http/parts.ts'

const CONDITIONS = ['If-None-Match', 'If-Modified-Since'] as const

const isConcerned = (head: Head | undefined, unconditional: boolean): head is Head =>
  head !== undefined && !head.switches && /^(GET|HEAD)$/.test(methodOf(head)) && (unconditional || CONDITIONS.some((name) => findField(head.raw, head.fieldsAt, name)))

/** The server hears of none of them. */
export const notModified = defineFault({
  name: 'http.not_modified',
  summary: 'Answer 304 to those who ask whether something has changed, whether it has or not.',
  tests: 'Whether anything relies on a cache to notice a change at once, and what a 304 without a copy leads to.',
  correct: 'Bounds how long it trusts its copy, asks past all caches where it matters, and takes a 304 that it did not ask for as an error.',
  corruption: true,
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: { unconditional: flag('Whether those are answered so too who have not asked for it, and may have no copy.', false) },
  example: '{ step: unchanged, at: 0s, fault: http.not_modified, on: cache, params: { unconditional: true }, for: 10s }',
  concerns: ({ protocol, message }, { unconditional }) => protocol === 'http' && isConcerned(requestOf(message), unconditional),
  decide: (unit, { unconditional }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const head = requestOf(unit.message)
    if (!isConcerned(head, unconditional)) return PASS
    const tag = fieldValue(head.raw, head.fieldsAt, 'If-None-Match')
    return instead(unit, 'before', { status: 304, fields: tag === undefined ? [] : [['ETag', tag]] }) ?? PASS
  },
})
