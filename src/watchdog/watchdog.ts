/**
 * The watchdog: a small process of its own that ends what brownout started when brownout is gone, however it went.
 *
 *   brownout ──pipe──▶ watchdog        the pipe closes (exit, crash, SIGKILL) ⇒ the wards that are left are ended
 */

import { fileURLToPath } from 'node:url'
import { startCompanion } from './companion.ts'
import { procStat, type Ward } from './ward.ts'

export interface GuardOptions {
  /** `pid` leads a process group (spawned with `detached: true`): all of it is ended. */
  readonly group: boolean
  /** What asks it to end, two seconds before SIGKILL. Absent: SIGTERM. */
  readonly signal?: 'SIGTERM' | 'SIGINT' | undefined
  /** A temporary folder to remove once it has ended. */
  readonly cleanup?: string | undefined
}

export interface Watchdog {
  /** The watchdog's own pid. */
  readonly pid: number
  /** From now on `pid` does not outlive this process. Call it in the tick of the spawn. Guarding it again replaces the options. */
  guard(pid: number, options: GuardOptions): void
  /** It has ended, or its owner has cleaned up: the watchdog forgets it and its folder. */
  release(pid: number): void
  /** Lets the watchdog go. What is still guarded is ended. Idempotent. */
  close(): void
}

/** What goes down the pipe, a line each. */
export type Order = { readonly guard: Ward } | { readonly release: number }

/** Starts one. It is gone within moments of this process. */
export function startWatchdog(): Watchdog {
  const { pid: own, send, close } = startCompanion(fileURLToPath(new URL('./main.js', import.meta.url)))
  const order = (one: Order): void => send(one)
  return {
    pid: own, close,
    guard: (pid, { group, signal = 'SIGTERM', cleanup }) => order({ guard: { pid, group, signal, cleanup, startedAt: procStat(pid)?.startedAt } }),
    release: (pid) => order({ release: pid }),
  }
}
