/**
 * Toxiproxy tells nothing of what its toxics did. This fault changes nothing and is armed beside them on our own proxy, which stands
 * in front: what it sees after the toxics were acknowledged is what they were applied to.
 */

import { text } from '../core/params.ts'
import { defineFault, PASS, type AnyFault, type UnitKind } from '../fault.ts'
import type { Direction } from '../protocols/codec.ts'

export interface Sighting { readonly rule: string; readonly session: number; readonly direction: Direction; readonly kind: UnitKind }

export const WITNESS = 'via_witness'

/** `saw` is told of the units of a session and rule until it answers that it has seen what it looks for. */
export const witness = (saw: (sighting: Sighting) => boolean): AnyFault => defineFault({
  name: WITNESS,
  summary: 'See what passes and change nothing.',
  tests: 'Nothing: it is evidence for faults that are injected elsewhere.',
  correct: 'Does not notice.',
  on: ['connect', 'bytes', 'end'],
  protocols: [],
  direction: 'both',
  params: { rule: text('The rule that it is a witness of.') },
  example: '',
  begin: () => ({ found: false }),
  decide: ({ kind }, { rule }, { session, direction }, state) => {
    state.found ||= saw({ rule, session, direction, kind })
    return PASS
  },
})
