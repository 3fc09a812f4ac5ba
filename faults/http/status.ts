import { choice, duration, integer, text } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { UNSAID } from '../../src/protocols/http/head.ts'
import { response } from '../../src/protocols/http/reply.ts'

/** Before: the server never hears of the request. After: it has done what it was asked, and its answer is thrown away. */
export const status = defineFault({
  name: 'http.status',
  summary: 'Answer requests with an error status, before the server has seen them or after it has executed them.',
  tests: 'Whether errors are retried with backoff and within a budget, and only where a repeat does no harm.',
  correct: 'Honours Retry-After, backs off with jitter, retries what is idempotent or bears a key, and fails fast when the budget is spent.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    code: integer('The status.', '503', { min: '400', max: '599' }),
    when: choice('Whether the server executes the request.', ['before', 'after'], 'before'),
    retry_after: duration('What Retry-After says, in whole seconds; 0 leaves it out.', '0s', { max: '1h' }),
    content_type: text('That of the body.', 'text/plain; charset=utf-8'),
    body: text('What it says.', 'injected by brownout\n'),
  },
  example: '{ step: unavailable, at: 0s, fault: http.status, on: cache, params: { code: 503, retry_after: 2s }, for: 10s }',
  decide: (unit, { code, when, retry_after, content_type, body }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const { type, head, answers } = unit.message
    const said = { status: code, fields: [...(retry_after > 0 ? [['Retry-After', String(Math.ceil(retry_after / 1000))] as const] : []), ['Content-Type', content_type] as const], body }
    if (type === 'RequestHead' && head && when === 'before') return { kind: 'answer', raw: response(head, said) }
    if (type !== 'ResponseHead' || !head || head.interim || !answers || when === 'before') return PASS
    // Where the server closes behind its answer, or ends it so, ours is the last as well.
    return { ...inPlace(response(answers.request, { ...said, close: head.close || head.length === UNSAID })), note: `executed ${head.status}` }
  },
})
