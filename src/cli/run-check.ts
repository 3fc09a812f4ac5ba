/** Checks experiment files: nothing is started, nothing is connected to. */

import picocolors from 'picocolors'
import { EXIT, type Exit } from '../core/exit.ts'
import { describePlan } from '../experiment/describe.ts'
import { loadExperiment } from '../experiment/load.ts'
import type { Plan } from '../experiment/plan.ts'
import { formatProblem, type Problem } from '../experiment/problem.ts'
import { summarise } from '../experiment/summary.ts'
import type { Context } from './command.ts'
import { readVars } from './vars.ts'

export interface Args { readonly file: readonly string[]; readonly var: readonly string[]; readonly 'var-file': readonly string[]; readonly json: boolean }
interface Checked { readonly file: string; readonly plan: Plan | undefined; readonly problems: readonly Problem[] }

export async function runCheck({ file: files, var: single, 'var-file': varFile, json }: Args, context: Context): Promise<Exit> {
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
}

const asJson = ({ file, plan, problems }: Checked): unknown => ({ file, ok: plan !== undefined, problems, plan: plan ? describePlan(plan) : null })

function page({ file, plan, problems }: Checked, { color }: Context): string {
  const colors = picocolors.createColors(color)
  const lines = problems.map((problem) => `${formatProblem(problem).replace(/ (error|warning) /, (word) => (problem.severity === 'error' ? colors.red(word) : colors.yellow(word)))}\n`)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const verdict = plan ? `${colors.green('ok')}  ${file}` : `${colors.red(errors === 1 ? '1 error' : `${errors} errors`)}  ${file}`
  return `${lines.join('')}${verdict}\n${plan ? summarise(plan) : ''}`
}
