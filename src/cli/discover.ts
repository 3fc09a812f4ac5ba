/** `brownout discover`: what it can be told. What it does is in run-discover.ts, loaded only then. */

import type { Command } from './command.ts'
import type { Args } from './run-discover.ts'
import { withSafety } from './safety-options.ts'

const NONE: string[] = []

export const discover: Command<Args> = {
  name: 'discover <from>',
  describe: 'Watches traffic and writes experiments for what it saw',
  builder: (yargs) => withSafety(yargs)
    .positional('from', { type: 'string', demandOption: true, describe: 'an experiment or brownout.yaml, whose targets, app and load are opened and watched; or a run that has been (latest)' })
    .option('for', { type: 'string', default: '30s', describe: 'how long is watched, once the warm-up is over' })
    .option('out', { type: 'string', default: 'experiments/discovered', describe: 'the folder they are written to' })
    .option('force', { type: 'boolean', default: false, describe: 'write over files that are there already' })
    .option('top', { type: 'number', default: 3, describe: 'how many of the hottest operations of each target are tried alone' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .option('var', { type: 'string', array: true, nargs: 1, default: NONE, describe: 'NAME=VALUE, for ${vars.NAME}' })
    .option('var-file', { type: 'string', array: true, nargs: 1, default: NONE, describe: 'a file of NAME=VALUE lines' })
    .example('$0 discover cart.yaml', 'opens what `run` would, injects nothing, and writes experiments/discovered/*.yaml')
    .example('$0 discover brownout.yaml --for 5m', 'of an application that runs already, pointed at the `listen` of its targets')
    .example('$0 discover latest --out drafts', 'from the baseline of the last run (of a game day until its first fault), at once'),
  run: async (args, context) => (await import('./run-discover.ts')).runDiscover(args, context),
}
