/** `brownout gameday`: what it can be told. What it does is in run-gameday.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { OUTLET_OPTIONS } from './outlet-options.ts'
import type { Args } from './run-gameday.ts'
import { withSafety } from './safety-options.ts'

export const gameday: Command<Args> = {
  name: 'gameday [file]',
  describe: 'An interactive session: faults by hand over live figures, with a timeline and a report',
  builder: (yargs) => withSafety(yargs
    .positional('file', { type: 'string', describe: 'an experiment or brownout.yaml, whose targets, apps, load, probes, windows, steady_state and abort are used; the nearest brownout.yaml unless given' })
    .option('as', { type: 'string', requiresArg: true, describe: 'who is at the prompt, for the timeline; your login name unless given' })
    .option('role', { type: 'string', default: 'commander', choices: ['commander', 'operator', 'scribe', 'observer'], describe: 'scribe and observer only write down what they see' })
    .option('html', { type: 'string', describe: 'write the HTML report there too' })
    .option('md', { type: 'string', describe: 'write Markdown there; by default it goes to $GITHUB_STEP_SUMMARY' })
    .option('json', { type: 'boolean', default: false, describe: 'the report as one JSON document on stdout' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('var', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'NAME=VALUE, for vars of the file' })
    .option('var-file', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'a file of NAME=VALUE lines' })
    .option('seed', { type: 'number', describe: 'of every random draw; beats that of the file' })
    .option('port', { type: 'number', default: 0, describe: 'of the admin API and the dashboard; a free one unless given' })
    .options(OUTLET_OPTIONS)
    .option('plain', { type: 'boolean', default: false, describe: 'lines alone, no picture: for terminals that cannot move their cursor' })
    .example('$0 gameday', 'with the targets and the load of brownout.yaml')
    .example('$0 gameday cart.yaml --as anna', 'then: inject latency cache delay=300ms for=30s')
    .example('$0 gameday cart.yaml < friday.txt', 'as a script: one command a line, `wait 5s` between them')),
  run: async (args, context) => (await import('./run-gameday.ts')).runGameday(args, context),
}
