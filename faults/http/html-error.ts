import { choice, integer } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { instead } from '../../src/protocols/http/instead.ts'
import { FINAL_STATUS, reasonOf } from '../../src/protocols/http/reply.ts'
import { isHttp } from '../../src/protocols/http/parts.ts'

/** What a proxy, a firewall or a login page puts in the place of an API's answer. */
export const htmlError = defineFault({
  name: 'http.html_error',
  summary: 'Answer with a page of HTML where something else is due, with an error status or with 200.',
  tests: 'Whether a body is parsed before anything has looked at its status and type.',
  correct: 'Checks status and Content-Type before it parses, reports what it got instead, cut short, and treats it as an error of the way and not of the data.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    code: integer('The status.', '502', { min: '200', max: '599' }, FINAL_STATUS),
    when: choice('Whether the server executes the request.', ['before', 'after'], 'before'),
  },
  example: '{ step: page, at: 0s, fault: http.html_error, on: cache, params: { when: after }, for: 10s }',
  concerns: isHttp,
  decide: (unit, { code, when }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    return instead(unit, when, { status: code, fields: [['Content-Type', 'text/html; charset=utf-8']], body: pageOf(code) }) ?? PASS
  },
})

function pageOf(code: number): string {
  const title = `${code} ${reasonOf(code)}`.trim()
  return `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1><p>injected by brownout</p></body>\n</html>\n`
}
