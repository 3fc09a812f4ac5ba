/** `brownout faults`: the catalogue, made from what each fault says of itself. */

import type { Command } from './command.ts'
import type { Args } from './run-faults.ts'

export const faults: Command<Args> = {
  name: 'faults [fault]',
  describe: 'The catalogue of faults, or one of them with its parameters',
  builder: (yargs) => yargs
    .positional('fault', { type: 'string', describe: 'the name of a fault' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .example('$0 faults', 'all of them')
    .example('$0 faults bandwidth', 'what it does, what it tests, its parameters, an example'),
  run: async (args, context) => (await import('./run-faults.ts')).runFaults(args, context),
}
