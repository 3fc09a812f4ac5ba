/** Which of a client's messages has a statement executed. */

import type { Spoken } from '../spoken.ts'

/** For faults that act on what a statement is answered: what they count, and draw for. */
export const executes = (unit: Spoken): boolean => unit.protocol === 'postgres' && (unit.message.type === 'Query' || unit.message.type === 'Execute')
