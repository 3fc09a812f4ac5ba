import { duration } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** A CancelRequest comes on a connection of its own, and nobody answers it: whoever sent it sees that connection close, whatever was done. */
export const cancelLoss = defineFault({
  name: 'postgres.cancel_loss',
  summary: 'Let requests to cancel a statement go nowhere, or arrive late.',
  tests: 'Whether anything relies on a cancelled statement being over, and whether a late cancel hits the statement after it.',
  correct: 'Has a statement_timeout on the server behind its own, gives a connection back to the pool only when the statement on it has ended, and bears 57014 where it did not cancel.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-server',
  params: { delay: duration('How late it arrives; 0 for never.', '0ms', { max: '1h' }) },
  example: '{ step: uncancelled, at: 0s, fault: postgres.cancel_loss, on: cache, for: 10s }',
  concerns: (message) => message.protocol === 'postgres' && message.message.type === 'CancelRequest',
  decide: (unit, { delay }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'CancelRequest') return PASS
    return delay > 0 ? { kind: 'delay', by: delay } : { kind: 'close', how: 'end' }
  },
})
