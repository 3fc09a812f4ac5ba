import { flag, integer, rate } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { instead } from '../../src/protocols/http/instead.ts'
import { isHttp, requestOf } from '../../src/protocols/http/parts.ts'
import { ERROR_STATUS } from '../../src/protocols/http/reply.ts'

/** One limit for the target, as a gateway has one for a key. Requests that are refused are not counted, and `chance` says which are. */
export const rateLimit = defineFault({
  name: 'http.rate_limit',
  summary: 'Answer 429 to requests past a rate, with a Retry-After that is true.',
  tests: 'Whether a client that is told to slow down does, or makes it worse with retries.',
  correct: 'Waits as Retry-After says, with jitter, lowers its rate for all of its workers and not for the one that was told, and sheds what cannot wait.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: {
    rate: rate('Requests a second that are let through, of all connections together.', '10/s', { min: '0.01/s', max: '100000/s' }),
    burst: integer('Requests that are let through at once after a quiet time.', '1', { min: '1', max: '1000000' }),
    code: integer('The status of the others.', '429', { min: '400', max: '599' }, ERROR_STATUS),
    retry_after: flag('Whether they are told when to come again, in whole seconds.', true),
  },
  example: '{ step: limited, at: 0s, fault: http.rate_limit, on: cache, params: { rate: 5/s }, for: 10s }',
  concerns: isHttp,
  /** When all that was let through is paid for. */
  open: () => ({ paid: Number.NEGATIVE_INFINITY }),
  limits: () => true,
  decide: (unit, { rate, burst, code, retry_after }, { now }, _state, limit) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || !requestOf(unit.message)) return PASS
    const price = 1000 / rate
    const paid = Math.max(limit.paid, now())
    const wait = paid - now() - (burst - 1) * price
    if (wait <= 0) {
      limit.paid = paid + price
      return PASS
    }
    const fields = [...(retry_after ? [['Retry-After', String(Math.ceil(wait / 1000))] as const] : []), ['Content-Type', 'text/plain; charset=utf-8'] as const]
    return instead(unit, 'before', { status: code, fields, body: 'too many requests\n' }) ?? PASS
  },
})
