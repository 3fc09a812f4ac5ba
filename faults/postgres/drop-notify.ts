import { choice, duration } from '../../src/core/params.ts'
import { defineFault, DROP, PASS } from '../../src/fault.ts'
import { ms } from '../../src/core/units.ts'

/** A notification answers nothing: nobody waits for it, and nobody sees that it did not come. */
export const dropNotify = defineFault({
  name: 'postgres.drop_notify',
  summary: 'Lose, delay or double what NOTIFY sends to those who LISTEN.',
  tests: 'Whether work that is announced by a notification is done when the notification does not come.',
  correct: 'Takes a notification for a hint only: polls now and then, reads anew after each reconnect, and does nothing twice.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-client',
  params: {
    how: choice('What becomes of a notification. drop: it is lost; delay: it comes later, and what the server says after it too; double: it comes twice.', ['drop', 'delay', 'double'], 'drop'),
    delay: duration('How much later.', '1s', { max: '1h' }),
  },
  example: '{ step: deaf, at: 0s, fault: postgres.drop_notify, on: cache, params: { how: drop }, for: 10s }',
  concerns: (message) => message.protocol === 'postgres' && message.message.type === 'NotificationResponse',
  decide: (unit, { how, delay }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'NotificationResponse') return PASS
    const { raw } = unit
    switch (how) {
      case 'drop': return DROP
      case 'delay': return { kind: 'delay', by: delay }
      case 'double': return unit.message.part === 'whole' ? { kind: 'replace', parts: [{ raw, gap: ms(0) }, { raw, gap: ms(0) }] } : PASS
    }
  },
})
