/** The load of the benches that need no program from elsewhere, in a process of its own. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Done, Work } from './http-load-main.ts'

/** One piece of work at a time. */
export interface Load { run(work: Work): Promise<Done>; stop(): void }

export function startLoad(): Load {
  const child = fork(fileURLToPath(new URL('http-load-main.js', import.meta.url)))
  const gone = once(child, 'exit').then(([code]) => { throw new Error(`the load ended with ${code}`) })
  // Waited for by `run` only.
  gone.catch(() => undefined)
  return {
    run: async (work) => {
      child.send(work)
      const [done] = await Promise.race([once(child, 'message'), gone]) as [Done]
      return done
    },
    stop: () => child.disconnect(),
  }
}
