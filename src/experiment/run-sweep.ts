/** Runs a sweep in a run folder of its own. */

import { redact } from '../core/redact.ts'
import { Journal } from '../record/journal.ts'
import { createRunFolder } from '../record/runs.ts'
import type { SweepResult } from '../sweep/result.ts'
import type { Plan } from './plan.ts'
import { planeFor, startedBody, type RunOptions } from './run.ts'
import { Sweep, type Progress, type SweepSettings } from './sweep.ts'

export interface RunSweepOptions extends Omit<RunOptions, 'pause' | 'onInside'> {
  /** After each point. */
  readonly onPoint?: ((progress: Progress) => void) | undefined
}

/** Longest name of a run, less what is put before it. */
const NAME_MAX = 58

/** Rejects only when there can be no sweep at all: JOURNAL_FAILED, RUN_NAME_INVALID. Whatever goes wrong later is in the result, and all is healed. */
export async function runSweep(plan: Plan, settings: SweepSettings, options: RunSweepOptions): Promise<{ readonly result: SweepResult; readonly folder: string }> {
  const { registry, env, out, startServer, onEvent, onStart, onPoint } = options
  const name = `sweep-${plan.name.slice(0, NAME_MAX)}`
  const folder = createRunFolder(out, name)
  const journal = Journal.create(folder, { redact: (text) => redact(text, plan.secrets), ...options.journal })
  try {
    const running = new Sweep({
      // What each point did to it is not told apart.
      plan: { ...plan, profile: undefined }, folder, journal, env, startServer, registry, settings,
      plane: options.plane?.(plan) ?? planeFor(plan, registry, undefined, options.admit),
      onEvent: (event) => onEvent?.(event), onPoint: (progress) => onPoint?.(progress),
      started: (targets) => ({ ...startedBody(plan, options, folder, targets), name }),
    })
    onStart?.({ folder, interrupt: (signal) => running.interrupt(signal), abandon: (signal) => running.abandon(signal), crash: (error) => running.crash(error) })
    return { result: await running.run(), folder }
  } finally {
    journal.close()
  }
}
