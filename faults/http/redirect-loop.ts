import { choice, text } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { targetOf } from '../../src/protocols/http/facets.ts'
import { instead } from '../../src/protocols/http/instead.ts'
import { requestOf } from '../../src/protocols/http/parts.ts'

const CODES = ['301', '302', '303', '307', '308'] as const

/** The server hears of none of them. */
export const redirectLoop = defineFault({
  name: 'http.redirect_loop',
  summary: 'Redirect requests to where they came from, over and over, or to another place.',
  tests: 'Whether redirects are followed without end, and whether credentials go along to another host.',
  correct: 'Follows a few redirects at the most and none for what it sends, drops Authorization and cookies when the origin changes, and remembers no permanent one for ever.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: {
    code: choice('The status.', CODES, '302'),
    location: text('Where to; empty for the very target that was asked for.', ''),
  },
  example: '{ step: circle, at: 0s, fault: http.redirect_loop, on: cache, for: 10s }',
  concerns: ({ protocol, message }) => protocol === 'http' && requestOf(message)?.switches === false,
  decide: (unit, { code, location }) => {
    const request = unit.kind === 'message' && unit.protocol === 'http' ? requestOf(unit.message) : undefined
    if (!request || unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    return instead(unit, 'before', { status: Number(code), fields: [['Location', location === '' ? targetOf(request) : location]] }) ?? PASS
  },
})
