import { integer } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { executes } from '../../src/protocols/postgres/execution.ts'
import { INJECTED, noticeResponse } from '../../src/protocols/postgres/reply.ts'

/** They come behind the answer of a statement, before its ReadyForQuery. */
export const notices = defineFault({
  name: 'postgres.notices',
  summary: 'Send a flood of notices with the answer of each statement.',
  tests: 'Whether the server can fill logs and memory by what nobody asked for.',
  correct: 'Ignores notices or logs them at a bounded rate, and sets client_min_messages where they are not wanted.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-client',
  params: {
    count: integer('How many for each statement.', '100', { min: '1', max: '10000' }),
    length: integer('Characters in each of them.', '100', { min: '1', max: '8000' }),
  },
  example: '{ step: chatter, at: 0s, fault: postgres.notices, on: cache, params: { count: 1000 }, for: 10s }',
  concerns: executes,
  decide: (unit, { count, length }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'ReadyForQuery') return PASS
    const notice = noticeResponse({ severity: 'NOTICE', code: '00000', message: 'notice '.repeat(Math.ceil(length / 7)).slice(0, length), detail: INJECTED })
    const all = Buffer.alloc(count * notice.length, notice)
    return { kind: 'replace', parts: [{ raw: all, gap: ms(0) }, { raw: unit.raw, gap: ms(0) }] }
  },
})
