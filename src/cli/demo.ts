/** `brownout demo`: a real application on real servers loses its cache for some seconds. */

import { BrownoutError } from '../core/errors.ts'
import { demoExperiment } from '../demo/demo.ts'
import { loadExperiment } from '../experiment/load.ts'
import { formatProblem } from '../experiment/problem.ts'
import type { Command } from './command.ts'
import { execute } from './execute.ts'
import { historyFolder } from './history.ts'

interface Args { readonly out: string | undefined }

export const demo: Command<Args> = {
  name: 'demo',
  describe: 'Runs a sample application on embedded servers, takes its cache away, and reports',
  builder: (yargs) => yargs
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .example('$0 demo', 'about a minute; nothing stays but the report')
    .example('RESILIENT=0 $0 demo', 'the same application without timeouts and fallbacks'),
  async run({ out }, context) {
    const { registry, env, cwd, packageRoot, stderr } = context
    const { file, note } = demoExperiment(packageRoot, env)
    if (note) stderr.write(`${note}\n`)
    const loaded = await loadExperiment(file, { registry, env, vars: {}, cwd })
    if (!('plan' in loaded)) throw new BrownoutError('EXPERIMENT_INVALID', { message: `${loaded.problems.map(formatProblem).join('\n')}` })
    const { exit } = await execute(loaded.plan, { out: historyFolder(context, out), wanted: {}, pause: false }, context)
    return exit
  },
}
