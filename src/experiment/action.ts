/** A real action of a step: a command that is run, and one that undoes it whatever happens in between. */

import { monotonicNow, realClock } from '../core/clock.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import { Child, describeEnding, type ChildOptions } from './child.ts'

export interface ActionResult { readonly ok: boolean; readonly exit: number | null; readonly tookMs: number; readonly problem?: string | undefined }

/** Runs a command to its end, at most `timeout`, or until `signal`; its group is killed then. Never throws for what the command does. */
export async function runAction(options: ChildOptions, timeout: Ms, signal?: AbortSignal): Promise<ActionResult> {
  const from = monotonicNow()
  const child = Child.start(options)
  let late = false
  const timer = realClock.at(ms(from + timeout), () => { late = true; child.kill() })
  const halt = (): void => child.kill()
  signal?.addEventListener('abort', halt, { once: true })
  if (signal?.aborted) halt()
  const ending = await child.ended
  signal?.removeEventListener('abort', halt)
  timer.cancel()
  await child.stop()
  const tookMs = monotonicNow() - from
  if (ending.exit === 0) return { ok: true, exit: 0, tookMs }
  const why = late ? `not done after ${formatDuration(timeout)}` : describeEnding(ending)
  return { ok: false, exit: ending.exit, tookMs, problem: `${options.argv[0] ?? ''}: ${why}` }
}
