/**
 * The keeper: a small process of its own that takes our toxics off somebody else's Toxiproxy when brownout is gone, however it went.
 *
 *   brownout ──pipe──▶ keeper        the pipe closes (exit, crash, SIGKILL) ⇒ what was told last is undone
 */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A request that undoes something. */
export interface Undo { readonly method: 'DELETE' | 'POST'; readonly url: string; readonly body?: unknown }

export interface Keeper {
  /** From now on this, and nothing else, is undone when this process is gone. Told before it is done. */
  tell(undo: readonly Undo[]): void
  /** Lets it go. What was told last is undone by it. Idempotent. */
  close(): void
}

/** Starts one. It keeps no event loop alive and survives Ctrl-C. */
export function startKeeper(): Keeper {
  const main = fileURLToPath(new URL('./keeper-main.js', import.meta.url))
  const child = spawn(process.execPath, [main], { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, NODE_OPTIONS: '' } })
  const { stdin } = child
  let open = true
  // Without it brownout still undoes everything itself, unless it is killed.
  const lost = (): void => { open = false }
  child.on('error', lost).on('exit', lost)
  stdin.on('error', lost)
  child.unref()
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return {
    tell: (undo) => { if (open) stdin.write(`${JSON.stringify(undo)}\n`) },
    close: () => { if (open) { open = false; stdin.end() } },
  }
}
