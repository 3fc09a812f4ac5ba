/** `--workers`: how many, and what starts one. */

import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { BrownoutError } from '../core/errors.ts'
import type { StartWorker } from '../proxy/cluster/crew.ts'

export const WORKERS_OPTION = { type: 'string', describe: 'serve in so many processes, or `auto`: one a core; in this one unless given' } as const
const WORKERS_MAX = 64

export interface Workers { readonly count: number; readonly start: StartWorker }

/** Undefined where the proxies are to be in this process. USAGE. */
export function workersOf(asked: string | undefined, worker: URL): Workers | undefined {
  if (asked === undefined) return undefined
  const count = asked === 'auto' ? availableParallelism() : /^\d{1,3}$/.test(asked) ? Number(asked) : Number.NaN
  if (!(count >= 1 && count <= WORKERS_MAX)) throw new BrownoutError('USAGE', { message: `--workers ${asked}: expected a number from 1 to ${WORKERS_MAX}, or auto` })
  return { count, start: () => fork(worker, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }) }
}
