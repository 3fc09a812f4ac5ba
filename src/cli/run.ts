/** `brownout run`: what it can be told. What it does is in run-all.ts, which is loaded only then: help must not wait for it. */

import type { Command } from './command.ts'
import { withSafety } from './safety-options.ts'
import type { Args } from './run-all.ts'
import { OUTLET_OPTIONS } from './outlet-options.ts'
import { WORKERS_OPTION } from './workers.ts'

export const run: Command<Args> = {
  name: 'run <file..>',
  describe: 'Runs experiments and says how the system degraded and recovered',
  builder: (yargs) => withSafety(yargs)
    .positional('file', { type: 'string', array: true, demandOption: true, describe: 'experiment files' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .option('junit', { type: 'string', describe: 'write JUnit XML there, one file for all runs' })
    .option('html', { type: 'string', describe: 'write the HTML report there too; of several runs FILE-1, FILE-2 …' })
    .option('md', { type: 'string', describe: 'write Markdown there, one file for all runs; by default it goes to $GITHUB_STEP_SUMMARY' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('var', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'NAME=VALUE, for vars of the experiment' })
    .option('var-file', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'a file of NAME=VALUE lines' })
    .option('repeat', { type: 'number', describe: 'run each so many times' })
    .option('interleave', { type: 'boolean', default: false, describe: 'with --repeat: take turns, a b, b a, a b …, to the end whatever the verdicts, so that what changes on the machine meets all alike' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'say what would be done and do nothing' })
    .option('seed', { type: 'number', describe: 'of every random draw; beats that of the file' })
    .option('workers', WORKERS_OPTION)
    .option('ui', { type: 'number', describe: 'a dashboard on that port while it runs, 0 for a free one; `inject` and its like work too' })
    .option('tags', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'run only experiments with one of these tags' })
    .option('keep-going', { type: 'boolean', default: false, describe: 'go on with the next experiment when one does not pass' })
    .option('pause', { type: 'boolean', default: true, describe: 'wait at pauses; --no-pause goes on' })
    .options(OUTLET_OPTIONS)
    .example('$0 run cart.yaml', 'live progress, a summary, a report under .brownout/runs')
    .example('$0 run experiments/*.yaml --keep-going --junit chaos.xml', 'in CI')
    .example('$0 run a.yaml b.yaml --repeat 5 --interleave', 'five of each in turns, for `brownout compare`')
    .example('$0 run cart.yaml --json --seed 42 | jq .outcome', 'for a machine'),
  run: async (args, context) => (await import('./run-all.ts')).runAll(args, context),
}
