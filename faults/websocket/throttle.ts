import { choice, rate } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'
import { isData, opensData } from '../../src/protocols/websocket/spoken.ts'

/** When the next message may go. Void once the rule was changed: what it held has gone. */
const newTurns = () => perDirection(() => ({ next: 0, armedAt: 0 }))

/** Messages wait here, up to what a link may hold; past it the sender is not read any more, and waits itself. */
export const throttle = defineFault({
  name: 'websocket.throttle',
  summary: 'Let so many messages through a second, on each connection or on all of the target together.',
  tests: 'Whether a sender notices that its messages pile up, and whether a receiver copes with news that come ever later.',
  correct: 'Watches how much is waiting to be sent, drops or joins what is superseded, and says no before memory runs out.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    rate: rate('Messages a second, each way.', '10/s', { min: '0.01/s', max: '100000/s' }),
    per: choice('What the rate is for: each connection, or all connections of the target together.', ['connection', 'target'], 'connection'),
  },
  example: '{ step: trickle, at: 0s, fault: websocket.throttle, on: cache, params: { rate: 5/s }, for: 10s }',
  concerns: isData,
  open: newTurns,
  limits: ({ per }) => per === 'target',
  begin: newTurns,
  decide: (unit, { rate, per }, { direction, now, armedAt }, own, shared) => {
    if (unit.kind !== 'message' || !opensData(unit)) return PASS
    const turn = (per === 'target' ? shared : own)[direction]
    if (turn.armedAt !== armedAt) Object.assign(turn, { next: 0, armedAt })
    const goes = Math.max(now(), turn.next)
    turn.next = goes + 1000 / rate
    return { kind: 'delay', by: ms(goes - now()) }
  },
})
