import { choice } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { cursorOf, doubledPage, emptyPage } from '../../src/protocols/redis/scan.ts'

/** All that a server may do: every element comes at least once. */
export const scanAnomaly = defineFault({
  name: 'redis.scan_anomaly',
  summary: 'Let SCAN and its like give elements twice, or pages without any before the end.',
  tests: 'Whether a loop over SCAN counts an element twice, or takes an empty page for the end.',
  correct: 'Goes on until the cursor is 0, whatever a page holds, and does nothing twice to an element that comes twice.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: { anomaly: choice('Which. doubled: each element of a page twice; empty: a page without elements between any two.', ['doubled', 'empty'], 'doubled') },
  example: '{ step: scanned, at: 0s, fault: redis.scan_anomaly, on: cache, params: { anomaly: doubled }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }, { anomaly }) => {
    const cursor = protocol === 'redis' && exchange !== null && conversation.ordinary ? cursorOf(message) : undefined
    // The page behind cursor 0 is the first; an empty one that says 0 would be the end.
    return cursor !== undefined && (anomaly === 'doubled' || cursor !== '0')
  },
  begin: (): { emptied: string | undefined } => ({ emptied: undefined }),
  decide: (unit, { anomaly }, _scene, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis') return PASS
    if (anomaly === 'doubled') {
      const page = unit.direction === 'to-client' ? doubledPage(unit.message) : undefined
      return page ? inPlace(page) : PASS
    }
    const cursor = unit.direction === 'to-server' ? cursorOf(unit.message) : undefined
    if (cursor === undefined) return PASS
    // Once each, or the loop would never end.
    const again = state.emptied === cursor
    state.emptied = again ? undefined : cursor
    return again ? PASS : { kind: 'answer', raw: emptyPage(cursor) }
  },
})
