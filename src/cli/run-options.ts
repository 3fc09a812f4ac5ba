/** What `run` and `load` can both be told. */

import type { Argv } from 'yargs'
import { OUTLET_OPTIONS } from './outlet-options.ts'
import { withSafety } from './safety-options.ts'
import { WORKERS_OPTION } from './workers.ts'

export const withRunOptions = <T>(yargs: Argv<T>) => withSafety(yargs)
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
  .options(OUTLET_OPTIONS)
