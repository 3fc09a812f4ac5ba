/** Where the commands look for runs. */

import { dirname, resolve } from 'node:path'
import { findShared } from '../experiment/inherit.ts'
import { runsFolder } from '../record/runs.ts'
import type { Context } from './command.ts'

/** The folder of runs: `--out`, else BROWNOUT_OUT, else `.brownout/runs` beside the nearest brownout.yaml or in the working directory. */
export function historyFolder({ cwd, env }: Pick<Context, 'cwd' | 'env'>, out: string | undefined): string {
  const { BROWNOUT_OUT: set } = env
  const given = out ?? set
  if (given) return resolve(cwd, given)
  const shared = findShared(cwd)
  return runsFolder(shared === undefined ? cwd : dirname(shared))
}
