import { throughput } from '../../src/core/params.ts'
import { byteRate } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { drip, newDrip } from '../../src/protocols/http/drip.ts'
import { isBody, sendsBody } from '../../src/protocols/http/parts.ts'

/** Bytes that are read at a time. */
const PIECE = 4096

/** The head is sent on at once, and past 64 KiB of body the client is not read any more: its window closes. */
export const slowUpload = defineFault({
  name: 'http.slow_upload',
  summary: 'Read the body of requests slowly, or not at all, so that the client cannot write.',
  tests: 'Whether an upload that does not get on is bounded in time, and what it holds meanwhile.',
  correct: 'Has a deadline for sending as well as for the answer, heeds backpressure and does not queue the body in memory, and gives the connection up when it is over.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: { rate: throughput('Bytes of body a second, on each connection; 0B/s: none.', '0B/s') },
  example: '{ step: upload, at: 0s, fault: http.slow_upload, on: cache, params: { rate: 2KiB/s }, for: 10s }',
  concerns: (unit) => unit.protocol === 'http' && sendsBody(unit.message),
  begin: newDrip,
  decide: (unit, { rate }, { now }, stream) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || !isBody(unit.message)) return PASS
    return rate === 0 ? { kind: 'stall', narrow: true } : { kind: 'replace', parts: drip(unit.raw, byteRate(rate), PIECE, now(), stream), narrow: true }
  },
})
