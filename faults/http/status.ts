import { httpDate } from '../../src/core/clock.ts'
import { choice, duration, integer, text } from '../../src/core/params.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { fieldsIn, FIELDS } from '../../src/protocols/http/fields.ts'
import { instead } from '../../src/protocols/http/instead.ts'
import { isHttp } from '../../src/protocols/http/parts.ts'
import { ERROR_STATUS } from '../../src/protocols/http/reply.ts'

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
    code: integer('The status.', '503', { min: '400', max: '599' }, ERROR_STATUS),
    when: choice('Whether the server executes the request.', ['before', 'after'], 'before'),
    retry_after: duration('What Retry-After says, in whole seconds; 0 leaves it out.', '0s', { max: '1h' }),
    retry_as: choice('How Retry-After says it. seconds: how long to wait; date: until when, by the clock of this machine.', ['seconds', 'date'], 'seconds'),
    content_type: text('That of the body.', 'text/plain; charset=utf-8'),
    headers: text('More fields, one a line.', '', FIELDS),
    body: text('What it says.', 'injected by brownout\n'),
  },
  example: '{ step: unavailable, at: 0s, fault: http.status, on: cache, params: { code: 503, retry_after: 2s }, for: 10s }',
  concerns: isHttp,
  decide: (unit, { code, when, retry_after, retry_as, content_type, headers, body }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const wait = retry_after > 0 ? [['Retry-After', waitOf(retry_after, retry_as)] as const] : []
    return instead(unit, when, { status: code, fields: [...wait, ['Content-Type', content_type], ...fieldsIn(headers)], body }) ?? PASS
  },
})

function waitOf(time: Ms, as: 'seconds' | 'date'): string {
  const seconds = Math.ceil(time / 1000)
  return as === 'seconds' ? String(seconds) : httpDate(ms(seconds * 1000))
}
