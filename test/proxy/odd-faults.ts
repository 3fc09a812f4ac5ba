/** Faults that only tests have. They stand apart from their tests so that a worker process can have them too. */

import { duration, integer } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, DROP, PASS, STALL, type AnyFault } from '../../src/fault.ts'

const about = { summary: 'A fault for tests.', tests: 'Nothing.', correct: 'Nothing.', protocols: [], direction: 'to-client', example: '' } as const
const slow = defineFault({ ...about, name: 'slow', on: ['bytes', 'end'], params: { by: duration('Time.') }, decide: (_unit, { by }) => ({ kind: 'delay', by }) })
const mark = defineFault({
  ...about, name: 'mark', on: ['bytes'], params: {},
  decide: (unit) => (unit.kind === 'bytes' ? { kind: 'replace', parts: [{ raw: Buffer.from(unit.raw.toString('latin1').toUpperCase()), gap: ms(0) }] } : PASS),
})
const hold = defineFault({ ...about, name: 'hold', on: ['bytes', 'end'], params: {}, decide: () => STALL })
const lose = defineFault({ ...about, name: 'lose', on: ['bytes'], params: {}, decide: () => DROP })
const burst = defineFault({ ...about, name: 'burst', on: ['bytes'], params: {}, decide: () => { throw new Error('a bug in a fault') } })
const kick = defineFault({ ...about, name: 'kick', on: ['tick'], params: { after: duration('When.') }, decide: (unit, { after }) => (unit.kind === 'tick' && unit.why === 'armed' ? { kind: 'close', how: 'reset', after } : PASS) })
const count = defineFault({ ...about, name: 'count', on: ['bytes'], params: { upTo: integer('Chunks.') }, begin: () => ({ seen: 0 }),
  decide: (unit, { upTo }, _scene, state) => (++state.seen === upTo && unit.kind === 'bytes' ? { kind: 'close', how: 'end', last: { 'to-client': unit.raw.subarray(0, 1) } } : PASS) })
export const engineFaults: readonly AnyFault[] = [slow, mark, hold, lose, burst, kick, count]

/** Holds each chunk for next to nothing. */
const delaying = (name: string, note: string | undefined) => defineFault({
  name, summary: 'S.', tests: 'T.', correct: 'C.', on: ['bytes'], protocols: [], direction: 'to-client', params: {}, example: '',
  decide: (unit) => (unit.kind === 'bytes' ? { kind: 'delay', by: ms(0.01), ...(note === undefined ? {} : { note }) } : PASS),
})
export const delays: readonly AnyFault[] = [delaying('plain', undefined), delaying('noted', 'executed: yes')]

/** Holds what begins with `h`, closes on what begins with `c`. */
const holding = (name: string, overtakes: boolean) => defineFault({
  name, summary: 'S.', tests: 'T.', correct: 'C.', on: ['bytes'], protocols: [], direction: 'to-client', params: {}, example: '',
  decide: (unit) => {
    if (unit.kind !== 'bytes') return PASS
    if (unit.raw[0] === 'h'.charCodeAt(0)) return STALL
    return unit.raw[0] === 'c'.charCodeAt(0) ? { kind: 'close', how: 'end', note: 'why', ...(overtakes ? { overtakes } : {}) } : PASS
  },
})
export const holds: readonly AnyFault[] = [holding('waits', false), holding('overtakes', true)]
