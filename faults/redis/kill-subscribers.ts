import { choice, duration, share, size } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** Bytes pushed to each subscriber since it was looked at last, by its conversation. */
type Pushed = WeakMap<object, number>

/** At once, and again at every interval. Other connections are left alone. */
export const killSubscribers = defineFault({
  name: 'redis.kill_subscribers',
  summary: 'Break the connections of subscribers, all of them or those to whom much is published.',
  tests: 'Whether a subscriber comes back, subscribes again and finds out what it has missed meanwhile.',
  correct: 'Connects and subscribes again, and reads the state anew after each reconnect, for what was published in between is gone.',
  on: ['tick', 'message'],
  protocols: ['redis'],
  direction: 'both',
  scope: 'connection',
  params: {
    share: share('Share of them that dies each time.', '100%'),
    interval: duration('Time between one killing and the next.', '1s', { min: '10ms', max: '1h' }),
    pushed: size('Only those to whom at least so much was pushed since the killing before, as client-output-buffer-limit hits those who read too slowly.', '0B'),
    how: choice('How the connection breaks. end: FIN; reset: RST.', ['end', 'reset'], 'end'),
  },
  example: '{ step: deafened, at: 0s, fault: redis.kill_subscribers, on: cache, params: { share: 50%, interval: 200ms }, for: 10s }',
  every: ({ interval }) => interval,
  open: (): Pushed => new WeakMap(),
  concerns: () => false,
  observe: ({ conversation, direction, exchange, raw }, pushed) => {
    if (direction === 'to-client' && exchange === null) pushed.set(conversation, (pushed.get(conversation) ?? 0) + raw.length)
  },
  decide: (unit, { share, pushed: least, how }, { conversation, random }, _state, pushed) => {
    if (unit.kind !== 'tick' || unit.why === 'disarm' || conversation?.protocol !== 'redis') return PASS
    const dies = random() < share
    const much = pushed.get(conversation) ?? 0
    pushed.delete(conversation)
    return dies && conversation.subscribed && much >= least ? { kind: 'close', how } : PASS
  },
})
