import { choice } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { answerOf, executed } from '../../src/protocols/http/parts.ts'

const SAID = {
  status_line: 'HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok',
  chunk_size: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok\r\n0\r\n\r\n',
  nul: 'HTTP/1.1 200 OK\r\nX-Trace: a\0b\r\nContent-Length: 2\r\n\r\nok',
  two_lengths: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nokok',
  two_framings: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  version: 'HTTP/4.2 200 OK\r\nContent-Length: 2\r\n\r\nok',
} as const

/** Behind it the connection ends: nothing is ever taken for the answer to something else. */
export const malformed = defineFault({
  name: 'http.malformed',
  summary: 'Answer requests that were executed with something that is not HTTP, and close.',
  tests: 'Whether an error of the parser is handled as one of the request, or ends the process.',
  correct: 'Fails that request alone, throws its connection away, and reports what it was; it repeats nothing that may not be repeated.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    what: choice('What is wrong. status_line: it has no status; chunk_size: no number; nul: a field with a byte of zero; two_lengths: which differ; two_framings: a length and chunks; version: HTTP/4.2.', ['status_line', 'chunk_size', 'nul', 'two_lengths', 'two_framings', 'version'], 'status_line'),
  },
  example: '{ step: gibberish, at: 0s, fault: http.malformed, on: cache, params: { what: chunk_size }, for: 10s }',
  concerns: ({ protocol, message }) => protocol === 'http' && answerOf(message) !== undefined,
  decide: (unit, { what }) => {
    const answer = unit.kind === 'message' && unit.protocol === 'http' ? answerOf(unit.message) : undefined
    return answer ? { kind: 'close', how: 'end', note: executed(answer.head.status), last: { 'to-client': Buffer.from(SAID[what], 'latin1') } } : PASS
  },
})
