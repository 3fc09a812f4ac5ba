/** An experiment that is done while a wrapped command runs: the command takes the place of its `app:`, what was found that of its targets. */

import { BrownoutError } from '../core/errors.ts'
import { loadExperiment } from '../experiment/load.ts'
import type { Plan, PlannedTarget } from '../experiment/plan.ts'
import { formatProblem } from '../experiment/problem.ts'
import { lateIn } from '../experiment/references.ts'
import { refusePauses, type Inside } from '../experiment/run.ts'
import type { DynamicPlane, OpenTarget } from '../proxy/plane.ts'
import type { WrappedCommand } from '../wrap/command.ts'
import { LentPlane } from '../wrap/lent-plane.ts'
import type { Asked, Wrapping } from '../wrap/targets.ts'
import type { Variables } from '../wrap/variables.ts'
import type { Context } from './command.ts'
import { execute } from './execute.ts'
import { historyFolder } from './history.ts'
import { readVars } from './vars.ts'
import type { WrapControl } from './wrap-control.ts'

export interface ExperimentArgs { readonly experiment: string | undefined; readonly var: readonly string[]; readonly 'var-file': readonly string[]; readonly out: string | undefined; readonly pause: boolean; readonly seed: number | undefined }

/** What a run beside a command is handed. */
export interface Around { readonly plane: DynamicPlane; readonly open: readonly OpenTarget[]; readonly command: WrappedCommand; readonly control: WrapControl; /** Of the policy in effect. */ readonly note: string | undefined }
export interface Beside {
  /** Names that it has for upstreams. */
  readonly known: Asked['known']
  /** What carries it out, on what was wrapped; ends with the command, if not before. PROTOCOL_MISMATCH. */
  fitted(wrapping: Wrapping): { readonly targets: readonly PlannedTarget[]; run(around: Around): Promise<void> }
}

/** EXPERIMENT_INVALID, PAUSE_NEEDS_TERMINAL, USAGE. Variables that stand in .env alone can be referred to as well. */
export async function loadBeside(file: string, args: ExperimentArgs, variables: Variables, context: Context): Promise<Beside> {
  const plan = await planOf(file, args, variables, context)
  return {
    known: namesOf(plan),
    fitted(wrapping) {
      const ours = fitted(plan, wrapping)
      return { targets: ours.targets, run: (around) => runBeside(ours, args, around, context) }
    },
  }
}

async function planOf(file: string, args: ExperimentArgs, variables: Variables, { registry, cwd, stderr, rest }: Context): Promise<Plan> {
  const loaded = await loadExperiment(file, { registry, env: Object.fromEntries(variables.values), vars: readVars(args.var, args['var-file'], cwd), seed: args.seed, cwd })
  const problems = 'plan' in loaded ? loaded.plan.warnings : loaded.problems
  stderr.write(problems.map((problem) => `${formatProblem(problem)}\n`).join(''))
  if (!('plan' in loaded)) throw new BrownoutError('EXPERIMENT_INVALID', { message: `${file}: nothing was started` })
  const { plan } = loaded
  if (args.pause) refusePauses(plan)
  const [app, ...others] = plan.apps
  if (others.length > 0) throw new BrownoutError('USAGE', { message: `${file} starts several applications, and wrap is one`, hint: '`brownout run` starts them all' })
  const asked = lateIn(JSON.stringify([plan.loads, plan.probes, app?.ready])).find(({ of }) => of === 'app')
  if (asked) throw new BrownoutError('USAGE', { message: `${file} asks for \${${asked.text}}, and a command that is wrapped has a port of its own`, hint: 'write the port: "${PORT:-3000}"' })
  return { ...plan, apps: app ? [{ ...app, command: rest, env: {}, cwd }] : [] }
}

const namesOf = ({ targets }: Plan): Asked['known'] => targets.flatMap(({ spec, url, demo, app }) =>
  (demo !== undefined || app !== undefined ? [] : [{ name: spec.name, at: { address: spec.upstream, url, protocol: spec.protocol, tls: /^(rediss|https|wss):$/.test(url.protocol) } }]))

/** With the targets that were wrapped in place of its own of those names. PROTOCOL_MISMATCH. */
function fitted(plan: Plan, { targets }: Wrapping): Plan {
  return {
    ...plan,
    targets: plan.targets.map((own): PlannedTarget => {
      const found = targets.find(({ name }) => name === own.spec.name)?.planned
      if (!found) return own
      if (found.spec.protocol !== own.spec.protocol) throw new BrownoutError('PROTOCOL_MISMATCH', { message: `"${own.spec.name}" speaks ${own.spec.protocol} in ${plan.file}, and ${found.spec.protocol} as it was found`, hint: `name it as it is: --target ${own.spec.name}=URL` })
      return { ...found, ...(own.unobserved ? { unobserved: true } : {}) }
    }),
  }
}

async function runBeside(plan: Plan, args: ExperimentArgs, { plane, open, command, control, note }: Around, context: Context): Promise<void> {
  let over = false
  const ended = command.ended.then(() => {
    if (!over) context.stderr.write('brownout: the command has ended before the experiment\n')
  })
  // Signals are for the command.
  let leave = (): void => undefined
  const onInside = (inside: Inside): void => { leave = control.inside(inside) }
  const deaf = { onSignal: () => () => undefined, onCrash: () => () => undefined, quit: () => undefined }
  await execute(plan, {
    out: historyFolder(context, args.out), wanted: {}, pause: false, note,
    beside: { plane: () => new LentPlane(plane, open), running: command.untouched, until: ended, onInside, trace: control.trace },
  }, { ...context, ...deaf }).finally(() => leave())
  over = true
}
