import { duration } from '../../src/core/params.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** As the setting `timeout` does it: those who wait in a blocking command, subscribe or monitor are not idle. */
export const idleTimeout = defineFault({
  name: 'redis.idle_timeout',
  summary: 'Close connections that have been idle for a while, as a server with a timeout does.',
  tests: 'Whether a connection that was closed while it rested is found out before it is used.',
  correct: 'Notices the end of a connection when it comes, connects anew at once or at the next command, and pings more often than the server closes.',
  on: ['tick', 'message'],
  protocols: ['redis'],
  direction: 'both',
  scope: 'connection',
  params: { idle: duration('How long a connection may rest.', '1s', { min: '40ms', max: '1h' }) },
  example: '{ step: idle, at: 0s, fault: redis.idle_timeout, on: cache, params: { idle: 500ms }, for: 10s }',
  every: ({ idle }) => ms(idle / 4),
  /** When each conversation was busy last. */
  open: () => new WeakMap<object, Ms>(),
  begin: (): { from: Ms | undefined } => ({ from: undefined }),
  concerns: () => false,
  observe: ({ conversation }, busyAt, { now }) => { busyAt.set(conversation, now()) },
  decide: (unit, { idle }, { conversation, now }, state, busyAt) => {
    state.from ??= now()
    if (unit.kind !== 'tick' || unit.why === 'disarm' || conversation?.protocol !== 'redis') return PASS
    const { unanswered, subscribed, monitoring, opaque } = conversation
    if (unanswered > 0 || subscribed || monitoring || opaque !== undefined) return PASS
    return now() - Math.max(state.from, busyAt.get(conversation) ?? 0) >= idle ? { kind: 'close', how: 'end' } : PASS
  },
})
