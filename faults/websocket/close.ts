import { choice, duration, integer, text } from '../../src/core/params.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { defineFault, PASS, type Verdict } from '../../src/fault.ts'
import { ends, opposite } from '../../src/protocols/codec.ts'
import { CLOSE_CODE, goodbyes, REASON, type Goodbyes } from '../../src/protocols/websocket/goodbye.ts'
import { attends, isData, liveIn } from '../../src/protocols/websocket/spoken.ts'

/** How often it is looked whether the time of a connection has come. */
const TICK = ms(20)
/** How long it waits for the end of a large frame, within which no close can be said. */
const PATIENCE = ms(1000)

interface State { seen: number; dueAt: Ms | undefined }

/** A close frame to both sides and the end of the connection behind it; what either says after that is read and thrown away. */
export const close = defineFault({
  name: 'websocket.close',
  summary: 'Close WebSockets with a code, at once, after a time or behind so many messages.',
  tests: 'Whether a client comes back after a restart, an error or an overload, when it comes back, and what it has missed by then.',
  correct: 'Reconnects with backoff and jitter, waits longer after 1013, does not insist after a code that says it is unwanted, and resumes from the last message that it has.',
  on: ['tick', 'message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  scope: 'connection',
  params: {
    code: integer('What both sides are told. 1005: a close without a code; 1006: no close at all, the connection is cut.', '1001', { min: '1000', max: '4999' }, CLOSE_CODE),
    reason: text('The reason that the close gives.', '', REASON),
    time: duration('How long a connection lives: from the arming, or from when it became a WebSocket.', '0ms', { max: '24h' }),
    spread: duration('Each lives longer by a time of its own, up to this.', '0ms', { max: '24h' }),
    messages: integer('In place of a time: it ends behind so many of its messages that the step means.', '0', { max: '1000000000' }),
    how: choice('How the connection ends then. end: FIN; reset: RST.', ['end', 'reset'], 'end'),
  },
  example: '{ step: restart, at: 0s, fault: websocket.close, on: cache, params: { code: 1012, reason: restarting, spread: 2s }, for: 10s }',
  every: () => TICK,
  attends,
  concerns: (unit, { messages }) => messages > 0 && isData(unit) && attends(unit.conversation),
  begin: (): State => ({ seen: 0, dueAt: undefined }),
  decide: (unit, { code, reason, time, spread, messages, how }, { conversation, random, now }, state) => {
    const websocket = liveIn(conversation)
    if (!websocket) return PASS
    const close = (words: Goodbyes['words']): Verdict => ({ kind: 'close', how, last: words, note: String(code) })
    if (unit.kind === 'tick') {
      if (unit.why === 'disarm') return PASS
      if (messages === 0 && (state.dueAt === undefined || unit.why === 'armed')) state.dueAt = ms(now() + time + spread * random())
      if (state.dueAt === undefined || now() < state.dueAt) return PASS
      const { words, whole } = goodbyes(websocket, code, reason, random)
      return whole || now() > state.dueAt + PATIENCE ? close(words) : PASS
    }
    if (unit.kind !== 'message' || unit.protocol !== 'websocket' || !ends(unit.message) || !unit.message.fin || ++state.seen < messages) return PASS
    const { words, whole } = goodbyes(websocket, code, reason, random, unit.direction)
    // Behind this message, and not before the next tick where the other side is in the middle of one.
    state.dueAt = now()
    return whole ? close({ [unit.direction]: Buffer.concat([unit.raw, words[unit.direction] ?? Buffer.alloc(0)]), [opposite(unit.direction)]: words[opposite(unit.direction)] }) : PASS
  },
})
