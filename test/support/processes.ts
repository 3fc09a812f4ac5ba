/** Looking at processes from outside, for tests of what is left behind. */

import { setTimeout as pause } from 'node:timers/promises'
import { procStat } from '../../src/watchdog/ward.ts'

/** Runs, and is no zombie. */
export const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return procStat(pid)?.state !== 'Z'
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

/** Resolves with how long it took for `holds` to be true, in ms; with undefined when it was not within `patience`. */
export async function until(holds: () => boolean, patience: number): Promise<number | undefined> {
  const start = performance.now()
  while (!holds()) {
    if (performance.now() - start > patience) return undefined
    await pause(10)
  }
  return performance.now() - start
}
