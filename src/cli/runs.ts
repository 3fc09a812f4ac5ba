/** `brownout runs`: the history. */

import type { Command } from './command.ts'
import type { Args } from './run-runs.ts'

export const runs: Command<Args> = {
  name: 'runs',
  describe: 'The history: every run with its outcome, the latest last',
  builder: (yargs) => yargs
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('last', { type: 'number', default: 20, describe: 'how many' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .example('$0 runs', 'the last twenty')
    .example('$0 report latest~1', 'the one before the last, in full'),
  run: async (args, context) => (await import('./run-runs.ts')).runRuns(args, context),
}
