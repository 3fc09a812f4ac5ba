import { duration } from '../../src/core/params.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** A NAT or load balancer that forgets: nobody is told, and whoever speaks next gets a RST. The other side never hears of it. */
export const idleReaper = defineFault({
  name: 'idle_reaper',
  summary: 'Forget idle connections silently, so that the next packet meets a reset.',
  tests: 'Whether connections that rested in a pool are trusted blindly.',
  correct: 'Keeps connections alive by pings more often than middleboxes forget, or checks one before use, and retries once on a fresh one.',
  on: ['bytes', 'end', 'tick'],
  protocols: [],
  direction: 'both',
  params: { idle: duration('How long a connection may rest before it is forgotten.') },
  example: '{ step: nat, at: 0s, fault: idle_reaper, on: cache, params: { idle: 1s }, for: 30s }',
  begin: (): { busyAt: Ms | undefined } => ({ busyAt: undefined }),
  decide: (unit, { idle }, { now, direction }, state) => {
    const rested = ms(now() - (state.busyAt ?? now()))
    state.busyAt = now()
    if (unit.kind === 'tick' || rested <= idle) return PASS
    return { kind: 'close', how: 'reset', side: direction === 'to-server' ? 'client' : 'server' }
  },
})
