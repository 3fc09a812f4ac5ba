import { choice } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** The server's side is gone, as after a power cut; the client's side stays, and whatever it sends goes nowhere. */
export const halfOpen = defineFault({
  name: 'half_open',
  summary: 'Take the server away without telling the client.',
  tests: 'Whether a dead connection that looks alive is found out, above all by those who only listen: subscribers and blocked reads.',
  correct: 'Pings or sets TCP keepalive on connections that may be silent, puts deadlines on the others, and connects anew.',
  on: ['connect', 'tick'],
  protocols: [],
  direction: 'both',
  params: {
    which: choice('Which connections it hits. all: those that come later are dead as well; live: only those that were there at the arming.', ['all', 'live'], 'all'),
  },
  example: '{ step: power_cut, at: 0s, fault: half_open, on: cache, params: { which: live }, for: 10s }',
  begin: () => ({ later: false }),
  decide: (unit, { which }, _scene, state) => {
    if (unit.kind === 'connect') state.later = true
    if (unit.kind !== 'tick' || unit.why !== 'armed' || (which === 'live' && state.later)) return PASS
    return { kind: 'close', how: 'reset', side: 'server' }
  },
})
