/** `brownout load`: what it can be told. What it does is what `run` does with an experiment cut down to its load, loaded only then. */

import { BrownoutError } from '../core/errors.ts'
import { parseDuration, type Ms } from '../core/units.ts'
import type { Command } from './command.ts'
import { OUTLET_OPTIONS } from './outlet-options.ts'
import { withSafety } from './safety-options.ts'
import type { Args as RunArgs } from './run-all.ts'

interface Args extends Omit<RunArgs, 'workers' | 'pause' | 'ui'> { for: string | undefined }

export const load: Command<Args> = {
  name: 'load <file..>',
  describe: 'Runs only the load of experiments: a performance test with limits that must hold',
  builder: (yargs) => withSafety(yargs)
    .positional('file', { type: 'string', array: true, demandOption: true, describe: 'experiment files' })
    .option('for', { type: 'string', describe: 'how long is measured, such as 60s; else as long as the rates change, at least windows.baseline' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .option('junit', { type: 'string', describe: 'write JUnit XML there, one file for all runs' })
    .option('html', { type: 'string', describe: 'write the HTML report there too; of several runs FILE-1, FILE-2 …' })
    .option('md', { type: 'string', describe: 'write Markdown there, one file for all runs; by default it goes to $GITHUB_STEP_SUMMARY' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('var', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'NAME=VALUE, for vars of the experiment' })
    .option('var-file', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'a file of NAME=VALUE lines' })
    .option('repeat', { type: 'number', default: 1, describe: 'run each so many times' })
    .option('interleave', { type: 'boolean', default: false, describe: 'with --repeat: take turns, for `brownout compare`' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'say what would be done and do nothing' })
    .option('seed', { type: 'number', describe: 'of every random draw; beats that of the file' })
    .option('tags', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'run only experiments with one of these tags' })
    .option('keep-going', { type: 'boolean', default: false, describe: 'go on with the next experiment when one does not pass' })
    .options(OUTLET_OPTIONS)
    .example('$0 load cart.yaml', 'its load, and whether its limits hold when nothing is wrong')
    .example('$0 load cart.yaml --for 5m --junit load.xml', 'longer, in CI')
    .example('$0 load cart.yaml --json | jq .loads', 'figures for a machine'),
  async run(args, context) {
    const length = lengthOf(args.for)
    const [{ runAll }, { loadOnly }] = await Promise.all([import('./run-all.ts'), import('../experiment/load-only.ts')])
    return runAll({ ...args, pause: false, workers: undefined, ui: undefined }, context, (plan) => {
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
