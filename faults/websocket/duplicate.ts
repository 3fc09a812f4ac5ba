import { integer } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS, type Part } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'
import { endsMessage, opensMessage } from '../../src/protocols/websocket/frame.ts'
import { refusal } from '../../src/protocols/websocket/refusal.ts'
import { isData } from '../../src/protocols/websocket/spoken.ts'

/** What is kept of a message until it is over. */
const KEPT_MAX = 2 ** 20

/** Undefined: too large. */
interface Kept { frames: Buffer[] | undefined; bytes: number }

/** The copies go behind the whole message, with all its fragments. */
export const duplicate = defineFault({
  name: 'websocket.duplicate',
  summary: 'Let messages come more than once.',
  tests: 'Whether anything is counted, shown or done twice when a message is, as it is after a resumed session or a retried publish.',
  correct: 'Gives each message a number or an id, and does nothing for one that it has seen.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: { copies: integer('How often a message comes again, at once; one past 1 MiB comes once only.', '1', { min: '1', max: '100' }) },
  example: '{ step: twice, at: 0s, fault: websocket.duplicate, on: cache, for: 10s }',
  concerns: isData,
  begin: () => perDirection((): Kept => ({ frames: [], bytes: 0 })),
  decide: (unit, { copies }, { direction }, state) => {
    if (unit.kind !== 'message' || !isData(unit)) return PASS
    const bound = refusal(unit)
    if (bound) return bound
    const { message, raw } = unit
    const kept = state[direction]
    if (opensMessage(message)) Object.assign(kept, { frames: [], bytes: 0 })
    kept.bytes += raw.length
    if (kept.bytes > KEPT_MAX) kept.frames = undefined
    // What comes may lie in memory that is used again.
    kept.frames?.push(Buffer.from(raw))
    if (!endsMessage(message)) return PASS
    if (!kept.frames) return { kind: 'pass', note: 'it is larger than 1 MiB' }
    const again: Part = { raw: Buffer.concat(kept.frames), gap: ms(0) }
    return { kind: 'replace', parts: [{ raw, gap: ms(0) }, ...Array.from({ length: copies }, () => again)] }
  },
})
