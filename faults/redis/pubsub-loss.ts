import { choice, duration } from '../../src/core/params.ts'
import { assertNever } from '../../src/core/units.ts'
import { defineFault, DROP, inPlace, PASS } from '../../src/fault.ts'
import { isDelivery } from '../../src/protocols/redis/subscriptions.ts'

/** Confirmations answer somebody and always come; what was published answers nobody. */
export const pubsubLoss = defineFault({
  name: 'redis.pubsub_loss',
  summary: 'Lose, delay, double or swap messages that were published to a subscriber.',
  tests: 'Whether anything relies on each published message coming, once and in order.',
  correct: 'Takes a message for a hint, reads the state anew now and then and after each reconnect, and uses streams where nothing may be lost.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'to-client',
  params: {
    how: choice('What becomes of a message. drop: it is lost; delay: it is late, and with it all that follows on its connection; double: it comes twice; swap: it comes behind the next one.', ['drop', 'delay', 'double', 'swap'], 'drop'),
    delay: duration('How late.', '1s', { max: '1h' }),
  },
  example: '{ step: deaf, at: 0s, fault: redis.pubsub_loss, on: cache, params: { how: drop }, for: 10s }',
  concerns: ({ message, exchange, protocol, direction }) => protocol === 'redis' && direction === 'to-client' && exchange === null && isDelivery(message),
  begin: (): { waiting: Buffer | undefined } => ({ waiting: undefined }),
  decide: (unit, { how, delay }, _scene, state) => {
    if (unit.kind !== 'message') return PASS
    const { raw, message: { part } } = unit
    if (how === 'drop') return DROP
    if (how === 'delay') return part === 'whole' || part === 'first' ? { kind: 'delay', by: delay } : PASS
    // Of a large one the end is not here yet.
    if (part !== 'whole') return PASS
    if (how === 'double') return inPlace(Buffer.concat([raw, raw]))
    if (how !== 'swap') return assertNever(how)
    const { waiting } = state
    // What comes may lie in memory that is used again.
    state.waiting = waiting ? undefined : Buffer.from(raw)
    return waiting ? inPlace(Buffer.concat([raw, waiting])) : DROP
  },
})
