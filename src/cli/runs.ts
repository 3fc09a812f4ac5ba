/** `brownout runs`: the history. */

import type { Command } from './command.ts'
import type { Args } from './run-runs.ts'

export const runs: Command<Args> = {
  name: 'runs',
  describe: 'The history: every run with its outcome and key figures, the latest last',
  builder: (yargs) => yargs
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('last', { type: 'number', default: 20, describe: 'how many' })
    .option('tags', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'only runs of experiments with one of these tags' })
    .option('changes', { type: 'string', describe: 'the history of this experiment: where its figures changed for good' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .example('$0 runs', 'the last twenty')
    .example('$0 runs --changes checkout', 'each figure over time, and the run since which it is otherwise')
    .example('$0 report latest~1', 'the one before the last, in full'),
  run: async (args, context) => (await import('./run-runs.ts')).runRuns(args, context),
}
