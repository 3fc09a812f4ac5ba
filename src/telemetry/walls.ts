/** When something happened on the clocks of others: an event's times are on the monotonic clock of the machine that wrote it. */

import type { JournalEvent } from '../record/events.ts'

type Stamped = Pick<JournalEvent, 'at' | 'wall'>

/** What is added to a monotonic time to have ms since 1970, as the two clocks stood at that event. */
export const offsetOf = ({ at, wall }: Stamped): number => Date.parse(wall) - at
