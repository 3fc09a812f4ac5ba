/** `brownout load`: what it can be told. What it does is what `run` does with an experiment cut down to its load, loaded only then. */

import { BrownoutError } from '../core/errors.ts'
import { parseDuration, type Ms } from '../core/units.ts'
import type { Command } from './command.ts'
import type { Args as RunArgs } from './run-all.ts'
import { withRunOptions } from './run-options.ts'

interface Args extends Omit<RunArgs, 'pause'> { for: string | undefined }

export const load: Command<Args> = {
  name: 'load <file..>',
  describe: 'Runs only the load of experiments: a performance test with limits that must hold',
  builder: (yargs) => withRunOptions(yargs)
    .option('for', { type: 'string', describe: 'how long is measured, such as 60s; else as long as the rates change, at least windows.baseline' })
    .example('$0 load cart.yaml', 'its load, and whether its limits hold when nothing is wrong')
    .example('$0 load cart.yaml --for 5m --junit load.xml', 'longer, in CI')
    .example('$0 load cart.yaml --json | jq .loads', 'figures for a machine'),
  async run(args, context) {
    const length = lengthOf(args.for)
    const [{ runAll }, { loadOnly }] = await Promise.all([import('./run-all.ts'), import('../experiment/load-only.ts')])
    return runAll({ ...args, pause: false }, context, (plan) => {
      const { plan: only, left } = loadOnly(plan, length)
      if (left.length > 0) context.stderr.write(`${plan.file}: left out, for nothing is injected: ${left.join('; ')}\n`)
      return only
    })
  },
}

function lengthOf(text: string | undefined): Ms | undefined {
  const length = text === undefined ? undefined : parseDuration(text)
  if (text !== undefined && (length === undefined || length <= 0)) throw new BrownoutError('USAGE', { message: `--for ${text}: expected a duration such as 60s or 5m` })
  return length
}
