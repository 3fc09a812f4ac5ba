import { choice } from '../../src/core/params.ts'
import { assertNever } from '../../src/core/units.ts'
import { defineFault, DROP, PASS, STALL, type Unit, type Verdict } from '../../src/fault.ts'

/** Cuts the network between the application and the target, for live and for new connections, one way or both. */
export const partition = defineFault({
  name: 'partition',
  summary: 'Cut the network to the target, one way or both.',
  tests: 'Whether calls have deadlines of their own: nothing fails, nothing comes back.',
  correct: 'Gives up at its deadline, answers without the dependency where it can, drops the connection and comes back soon after the network does.',
  on: ['connect', 'bytes', 'end', 'tick'],
  protocols: [],
  direction: 'both',
  params: {
    how: choice('What becomes of the traffic. stall: held and delivered at heal, as TCP would; discard: read and thrown away, what lost bytes is reset at heal; reject: RST to all.', ['stall', 'discard', 'reject'], 'stall'),
  },
  example: '{ step: cut, at: 0s, fault: partition, on: cache, params: { how: stall }, for: 10s }',
  begin: () => ({ lost: false }),
  decide: (unit, { how }, _scene, state) => {
    switch (how) {
      case 'stall': return unit.kind === 'tick' ? PASS : STALL
      case 'discard': return discard(unit, state)
      case 'reject': return reject(unit)
      default: return assertNever(how)
    }
  },
})

function discard(unit: Unit, state: { lost: boolean }): Verdict {
  if (unit.kind === 'tick') return unit.why === 'disarm' && state.lost ? { kind: 'close', how: 'reset' } : PASS
  state.lost = true
  // A dial that waits: the client is connected and its bytes are acknowledged, as by a far end that has gone.
  return unit.kind === 'connect' ? STALL : DROP
}

function reject(unit: Unit): Verdict {
  if (unit.kind === 'connect') return { kind: 'refuse', how: 'reset' }
  return unit.kind === 'tick' && unit.why !== 'armed' ? PASS : { kind: 'close', how: 'reset' }
}
