/** `brownout report`: a run again, from its journal, in any format. */

import type { Command } from './command.ts'
import type { Args } from './run-report.ts'

export const report: Command<Args> = {
  name: 'report [run]',
  describe: 'A run again, from its journal, in any format',
  builder: (yargs) => yargs
    .positional('run', { type: 'string', default: 'latest', describe: 'latest, latest~2, a name of `runs`, or a path' })
    .option('html', { type: 'string', describe: 'write the HTML report there' })
    .option('md', { type: 'string', describe: 'write Markdown there' })
    .option('junit', { type: 'string', describe: 'write JUnit XML there' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .option('annotations', { type: 'boolean', default: false, describe: 'GitHub annotations on stdout' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .example('$0 report', 'the last run')
    .example('$0 report latest~1 --html before.html', 'the one before it, as a page')
    .example('$0 report checkout-redis-partition --json', 'the last run of that experiment, for a machine'),
  run: async (args, context) => (await import('./run-report.ts')).runReport(args, context),
}
