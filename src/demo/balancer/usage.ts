/** How busy the event loop of a process is, as the system sees it. */

import { readFileSync } from 'node:fs'
import { ms, type Ms } from '../../core/units.ts'

/** Time at work or waiting for a processor, since the start; undefined where the system does not tell. Of the process's first thread, which is Node's event loop. (Linux, sched-stats: ns on the CPU, ns on the run queue) */
export function busyTime(pid: number): Ms | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/schedstat`, 'latin1')
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
  const [ran = Number.NaN, waited = Number.NaN] = text.split(' ').map(Number)
  return Number.isFinite(ran + waited) ? ms((ran + waited) / 1e6) : undefined
}

/** The share of the time between two looks. */
export class Usage {
  readonly #pid: number
  #busy: Ms | undefined
  #at: Ms

  constructor(pid: number, now: Ms) {
    this.#pid = pid
    this.#at = now
    this.#busy = busyTime(pid)
  }

  /** Since the last look; undefined where it is not known. */
  look(now: Ms): number | undefined {
    const [busy, before, elapsed] = [busyTime(this.#pid), this.#busy, now - this.#at]
    this.#busy = busy
    this.#at = now
    return busy === undefined || before === undefined || elapsed <= 0 ? undefined : Math.min(1, Math.max(0, (busy - before) / elapsed))
  }
}
