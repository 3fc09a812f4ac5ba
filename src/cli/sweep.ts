/** `brownout sweep`: what it can be told. What it does is in run-sweep.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { OUTLET_OPTIONS } from './outlet-options.ts'
import { withSafety } from './safety-options.ts'
import type { Args } from './run-sweep.ts'

export const sweep: Command<Args> = {
  name: 'sweep <file>',
  describe: 'Finds how much a system bears: turns one number up until steady state breaks',
  builder: (yargs) => withSafety(yargs)
    .positional('file', { type: 'string', demandOption: true, describe: 'an experiment file with steady_state' })
    .option('vary', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'what is turned: STEP.PARAM=a..b, STEP.chance=a..b, load.NAME.rate=a..b, .users or .connections' })
    .option('all', { type: 'boolean', default: false, describe: 'every target: answers up to 2s later, and cut off for good' })
    .option('steps', { type: 'number', default: 8, describe: 'values from a to b before it is halved' })
    .option('resolution', { type: 'string', default: '2%', describe: 'how near the last value that holds and the first that breaks must come' })
    .option('repeats', { type: 'number', default: 3, describe: 'how often the values beside the edge are tried' })
    .option('window', { type: 'string', describe: 'how long each point is measured; else as long as its quantiles need, at least 2s' })
    .option('warm', { type: 'string', describe: 'how long each point is in force before that' })
    .option('points', { type: 'number', default: 60, describe: 'the most points of each knob' })
    .option('budget', { type: 'string', default: '20m', describe: 'the longest that the whole sweep may take' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .option('html', { type: 'string', describe: 'write the HTML report there too' })
    .option('md', { type: 'string', describe: 'write Markdown there; by default it goes to $GITHUB_STEP_SUMMARY' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('var', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'NAME=VALUE, for vars of the experiment' })
    .option('var-file', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'a file of NAME=VALUE lines' })
    .option('seed', { type: 'number', describe: 'of every random draw; beats that of the file' })
    .options(OUTLET_OPTIONS)
    .example('$0 sweep cart.yaml --vary slow.delay=0ms..2s', 'how slow may the cache become?')
    .example('$0 sweep cart.yaml --vary load.checkout.rate=100/s..5000/s', 'how much load does it take, and where is its peak?')
    .example('$0 sweep cart.yaml --all --md tolerance.md', 'what it bears of each dependency'),
  run: async (args, context) => (await import('./run-sweep.ts')).runSweepCommand(args, context),
}
