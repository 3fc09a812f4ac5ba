import { duration } from '../../src/core/params.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { defineFault, DROP, PASS, type Part, type Verdict } from '../../src/fault.ts'
import { DIRECTIONS, perDirection, type Direction } from '../../src/protocols/codec.ts'
import { endsMessage } from '../../src/protocols/websocket/frame.ts'
import { refusal } from '../../src/protocols/websocket/refusal.ts'
import { canSay, isData, isWebSocket } from '../../src/protocols/websocket/spoken.ts'

type Waiting = Readonly<Record<Direction, { held: { readonly raw: Buffer; readonly until: Ms } | undefined }>>

/**
 * A message that is hit waits until the next that is hit has gone, or its time is over; those that are not hit overtake it. Only one
 * that is a single frame of up to 64 KiB waits. It goes before a close that is hit; behind one that is not it can go no more, and is lost.
 */
export const reorder = defineFault({
  name: 'websocket.reorder',
  summary: 'Let messages change places with those that come behind them.',
  tests: 'Whether anything relies on the order of messages, as between what comes from several servers or from a resumed session.',
  correct: 'Numbers its messages, puts them in order or asks anew when one is missing, and never lets an older state replace a newer one.',
  on: ['message', 'tick'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: { within: duration('The longest that a message waits for another to overtake it.', '100ms', { min: '10ms', max: '1m' }) },
  example: '{ step: shuffled, at: 0s, fault: websocket.reorder, on: cache, for: 10s }',
  every: ({ within }) => ms(Math.max(10, within / 4)),
  attends: isWebSocket,
  concerns: (unit) => unit.protocol === 'websocket' && (unit.message.type === 'close' || isData(unit)),
  begin: (): Waiting => perDirection(() => ({ held: undefined })),
  decide: (unit, { within }, { conversation, direction, now }, state) => {
    if (unit.kind === 'tick') {
      const due = DIRECTIONS.filter((way) => state[way].held && (unit.why === 'disarm' || state[way].held.until <= now()))
      return release(due, state, (way) => canSay(conversation, way), unit.why === 'disarm')
    }
    if (unit.kind !== 'message' || unit.protocol !== 'websocket') return PASS
    const { message, raw } = unit
    const waiting = state[direction]
    const { held } = waiting
    if (held && (message.type === 'close' || endsMessage(message))) {
      waiting.held = undefined
      const [first, second] = message.type === 'close' ? [held.raw, raw] : [raw, held.raw]
      return { kind: 'replace', parts: [{ raw: first, gap: ms(0) }, { raw: second, gap: ms(0) }] }
    }
    if (held || message.part !== 'whole' || message.place !== 'first' || !message.fin || !isData(unit)) return PASS
    const bound = refusal(unit)
    if (bound) return bound
    // What comes may lie in memory that is used again.
    waiting.held = { raw: Buffer.from(raw), until: ms(now() + within) }
    return DROP
  },
})

/** Lets go of what waits to go `due`. Where nothing can be said now it waits on; at the end the connection, which lacks a message then, is reset. */
function release(due: readonly Direction[], state: Waiting, says: (way: Direction) => boolean | undefined, last: boolean): Verdict {
  const parts: Part[] = []
  for (const way of due) {
    const { held } = state[way]
    const can = says(way)
    if (held && can) parts.push({ raw: held.raw, gap: ms(0), towards: way })
    if (last && can === false) return { kind: 'close', how: 'reset' }
    if (can !== false) state[way].held = undefined
  }
  return parts.length > 0 ? { kind: 'replace', parts } : PASS
}
