/** A small process of its own that outlives this one by moments: it reads orders from a pipe, and the pipe's end tells it that we are gone. */

import { spawn } from 'node:child_process'

export interface Companion {
  readonly pid: number
  /** One line of JSON down the pipe; nothing where it has gone. */
  send(order: unknown): void
  /** Lets it go. Idempotent. */
  close(): void
}

/** Starts `main`, the path of a script. It keeps no event loop alive and survives Ctrl-C. Without it brownout still cleans up itself, unless it is killed. */
export function startCompanion(main: string): Companion {
  const child = spawn(process.execPath, [main], {
    // A group of its own, so that Ctrl-C misses it; no folder, terminal or pipe of ours held open.
    detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, NODE_OPTIONS: '' },
  })
  const { stdin } = child
  let open = true
  const lost = (): void => { open = false }
  child.on('error', lost).on('exit', lost)
  stdin.on('error', lost)
  child.unref()
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return {
    pid: child.pid ?? 0,
    send: (order) => { if (open) stdin.write(`${JSON.stringify(order)}\n`) },
    close: () => { if (open) { open = false; stdin.end() } },
  }
}
