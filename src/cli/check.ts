/** `brownout check`: everything that is wrong with experiment files, and what they would do. */

import picocolors from 'picocolors'
import { EXIT } from '../core/exit.ts'
import { describePlan } from '../experiment/describe.ts'
import { loadExperiment } from '../experiment/load.ts'
import type { Plan } from '../experiment/plan.ts'
import { formatProblem, type Problem } from '../experiment/problem.ts'
import { summarise } from '../experiment/summary.ts'
import type { Command, Context } from './command.ts'
import { readVars } from './vars.ts'

interface Args { file: string[]; var: string[]; 'var-file': string[]; json: boolean }
const NONE: string[] = []
interface Checked { readonly file: string; readonly plan: Plan | undefined; readonly problems: readonly Problem[] }

export const check: Command<Args> = {
  name: 'check <file..>',
  describe: 'Says all that is wrong with experiments, and what they would do',
  builder: (yargs) => yargs
    .positional('file', { type: 'string', array: true, demandOption: true, describe: 'experiment files' })
    .option('var', { type: 'string', array: true, nargs: 1, default: NONE, describe: 'NAME=VALUE, for ${vars.NAME}' })
    .option('var-file', { type: 'string', array: true, nargs: 1, default: NONE, describe: 'a file of NAME=VALUE lines' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .example('$0 check experiments/*.yaml', 'nothing is started, nothing is connected to')
    .example('$0 check cart.yaml --var redis=redis://127.0.0.1:6379', 'with a value of its own')
    .example('$0 check cart.yaml --json', 'problems and the linked plan, secrets hidden'),
  async run({ file: files, var: single, varFile, json }, context) {
    const { registry, env, cwd, stdout, stderr } = context
    const vars = readVars(single, varFile, cwd)
    const checked: Checked[] = []
    for (const file of files) {
      const loaded = await loadExperiment(file, { registry, env, vars, cwd })
      checked.push('plan' in loaded ? { file, plan: loaded.plan, problems: loaded.plan.warnings } : { file, plan: undefined, problems: loaded.problems })
    }
    if (json) stdout.write(`${JSON.stringify({ format: 1, files: checked.map(asJson) }, null, 2)}\n`)
    else stderr.write(checked.map((one) => page(one, context)).join('\n'))
    return checked.every(({ plan }) => plan) ? EXIT.pass : EXIT.usage
  },
}

const asJson = ({ file, plan, problems }: Checked): unknown => ({ file, ok: plan !== undefined, problems, plan: plan ? describePlan(plan) : null })

function page({ file, plan, problems }: Checked, { color }: Context): string {
  const colors = picocolors.createColors(color)
  const lines = problems.map((problem) => `${formatProblem(problem).replace(/ (error|warning) /, (word) => (problem.severity === 'error' ? colors.red(word) : colors.yellow(word)))}\n`)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const verdict = plan ? `${colors.green('ok')}  ${file}` : `${colors.red(errors === 1 ? '1 error' : `${errors} errors`)}  ${file}`
  return `${lines.join('')}${verdict}\n${plan ? summarise(plan) : ''}`
}
