/**
 * The watchdog: a small process of its own that ends what brownout started when brownout is gone, however it went.
 *
 *   brownout ──pipe──▶ watchdog        the pipe closes (exit, crash, SIGKILL) ⇒ the wards that are left are ended
 */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
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

/** Starts one. It keeps no event loop alive, survives Ctrl-C, and is gone within moments of this process. */
export function startWatchdog(): Watchdog {
  const main = fileURLToPath(new URL('./main.js', import.meta.url))
  const child = spawn(process.execPath, [main], {
    // A group of its own, so that Ctrl-C misses it; no folder, terminal or pipe of ours held open.
    detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, NODE_OPTIONS: '' },
  })
  const { stdin } = child
  let open = true
  // Without a watchdog brownout still ends everything itself, unless it is killed.
  const lost = (): void => { open = false }
  child.on('error', lost).on('exit', lost)
  stdin.on('error', lost)
  child.unref()
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  const send = (order: Order): void => { if (open) stdin.write(`${JSON.stringify(order)}\n`) }
  return {
    pid: child.pid ?? 0,
    guard: (pid, { group, signal = 'SIGTERM', cleanup }) => {
      send({ guard: { pid, group, signal, cleanup, startedAt: procStat(pid)?.startedAt } })
    },
    release: (pid) => send({ release: pid }),
    close: () => { if (open) { open = false; stdin.end() } },
  }
}
