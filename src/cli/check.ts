/** `brownout check`: everything that is wrong with experiment files, and what they would do. */

import type { Command } from './command.ts'
import type { Args } from './run-check.ts'

const NONE: string[] = []

export const check: Command<Args> = {
  name: 'check <file..>',
  describe: 'Says all that is wrong with experiments, and what they would do',
  builder: (yargs) => yargs
    .positional('file', { type: 'string', array: true, demandOption: true, describe: 'experiment files' })
    .option('var', { type: 'string', array: true, nargs: 1, default: NONE, describe: 'NAME=VALUE, for ${vars.NAME}' })
    .option('var-file', { type: 'string', array: true, nargs: 1, default: NONE, describe: 'a file of NAME=VALUE lines' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .example('$0 check experiments/*.yaml', 'nothing is started, nothing is connected to')
    .example('$0 check cart.yaml --var redis=redis://127.0.0.1:6379', 'with a value of its own')
    .example('$0 check cart.yaml --json', 'problems and the linked plan, secrets hidden'),
  run: async (args, context) => (await import('./run-check.ts')).runCheck(args, context),
}
