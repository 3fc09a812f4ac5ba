/** Runs the experiment that this machine can run, of those on the sample stack. */

import { BrownoutError } from '../core/errors.ts'
import type { Exit } from '../core/exit.ts'
import { demoExperiment } from '../demo/demo.ts'
import { loadExperiment } from '../experiment/load.ts'
import { formatProblem } from '../experiment/problem.ts'
import type { Context } from './command.ts'
import { execute } from './execute.ts'
import { historyFolder } from './history.ts'

/** `out`: the folder of runs, where it is not the usual one. */
export async function runDemo(out: string | undefined, context: Context): Promise<Exit> {
  const { registry, env, cwd, packageRoot, stderr } = context
  const { file, note } = demoExperiment(packageRoot, env)
  if (note) stderr.write(`${note}\n`)
  const loaded = await loadExperiment(file, { registry, env, vars: {}, cwd })
  if (!('plan' in loaded)) throw new BrownoutError('EXPERIMENT_INVALID', { message: `${loaded.problems.map(formatProblem).join('\n')}` })
  const { exit } = await execute(loaded.plan, { out: historyFolder(context, out), wanted: {}, pause: false }, context)
  return exit
}
