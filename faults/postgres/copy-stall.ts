import { choice, size } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS, STALL, type Verdict } from '../../src/fault.ts'
import type { Direction, ExchangeId } from '../../src/protocols/codec.ts'
import { executes } from '../../src/protocols/postgres/execution.ts'
import { copyFail } from '../../src/protocols/postgres/request.ts'

interface State { exchange: ExchangeId | null; bytes: number; hit: boolean }

/** A COPY that fails does so at the server, which is sent a CopyFail: both parties know that nothing was stored. What the client still sends it passes over. */
export const copyStall = defineFault({
  name: 'postgres.copy_stall',
  summary: 'Stop a COPY half-way, in or out.',
  tests: 'Whether a bulk load or an export that stands still is noticed, and what is left of one that failed.',
  correct: 'Bounds the whole COPY in time, runs it in a transaction or into a table of its own, and can begin again where the last whole part ended.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    data: size('How much of the data passes.', '64KiB'),
    how: choice('What then. stall: nothing, until it is healed; fail: the server gives up with 57014, a COPY in only; reset: RST.', ['stall', 'fail', 'reset'], 'stall'),
  },
  example: '{ step: half_loaded, at: 0s, fault: postgres.copy_stall, on: cache, params: { data: 1KiB }, for: 10s }',
  concerns: (message) => executes(message) && message.protocol === 'postgres' && message.message.statement?.keyword === 'COPY',
  begin: (): State => ({ exchange: null, bytes: 0, hit: false }),
  decide: (unit, { data, how }, _scene, state): Verdict => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'CopyData') return PASS
    const { exchange, direction, message: { part, sizeBytes } } = unit
    if (part === 'middle' || part === 'last') return PASS
    if (state.exchange !== exchange) Object.assign(state, { exchange, bytes: 0, hit: false })
    if (state.hit || state.bytes >= data) return state.hit ? PASS : strike(how, direction, state)
    state.bytes += sizeBytes
    return PASS
  },
})

function strike(how: 'stall' | 'fail' | 'reset', direction: Direction, state: State): Verdict {
  if (how === 'fail' && direction === 'to-client') return PASS
  state.hit = true
  switch (how) {
    case 'stall': return STALL
    case 'fail': return inPlace(copyFail('canceling statement due to user request'))
    case 'reset': return { kind: 'close', how: 'reset' }
  }
}
