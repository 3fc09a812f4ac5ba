/** `brownout advise`: what could be done about what a run measured. */

import type { Command } from './command.ts'
import type { Args } from './run-advise.ts'

export const advise: Command<Args> = {
  name: 'advise [run]',
  describe: 'What could be done about what a run measured: with what was seen, and what it would bring at most',
  builder: (yargs) => yargs
    .positional('run', { type: 'string', default: 'latest', describe: 'latest, latest~2, a name of `runs`, or a path' })
    .option('md', { type: 'string', describe: 'write Markdown there' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .example('$0 advise', 'on the last run')
    .example('$0 advise catalogue --md advice.md', 'on the last run of that experiment, for a pull request')
    .example('$0 advise latest~1 --json', 'on the one before it, for a machine'),
  run: async (args, context) => (await import('./run-advise.ts')).runAdvise(args, context),
}
