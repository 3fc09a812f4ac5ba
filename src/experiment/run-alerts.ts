/** `alerts:` of an experiment: what is raised stands in the journal of its run. */

import type { AlertSpec } from '../alerts/alert.ts'
import { AlertWatch, tellChanges } from '../alerts/watch.ts'
import { Live } from '../control/live.ts'
import type { Recorder } from './recorder.ts'

/** From before anything is armed; the answer ends it. */
export function watchRun(specs: readonly AlertSpec[], recorder: Pick<Recorder, 'write' | 'on'>): () => void {
  const watch = new AlertWatch(specs)
  const live = new Live({ ticks: (ticks) => tellChanges(watch, ticks, recorder), resources: () => undefined })
  recorder.on((event) => { live.hear(event); watch.event(event) })
  return () => live.close()
}
