/**
 * The keeper: a small process of its own that takes our toxics off somebody else's Toxiproxy when brownout is gone, however it went.
 *
 *   brownout ──pipe──▶ keeper        the pipe closes (exit, crash, SIGKILL) ⇒ what was told last is undone
 */

import { fileURLToPath } from 'node:url'
import { startCompanion } from '../watchdog/companion.ts'

/** A request that undoes something. */
export interface Undo { readonly method: 'DELETE' | 'POST'; readonly url: string; readonly body?: unknown }

export interface Keeper {
  /** From now on this, and nothing else, is undone when this process is gone. Told before it is done. */
  tell(undo: readonly Undo[]): void
  /** Lets it go. What was told last is undone by it. Idempotent. */
  close(): void
}

/** Starts one. */
export function startKeeper(): Keeper {
  const { send, close } = startCompanion(fileURLToPath(new URL('./keeper-main.js', import.meta.url)))
  return { tell: send, close }
}
