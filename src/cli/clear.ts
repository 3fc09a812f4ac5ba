/** `brownout clear`: what it can be told. What it does is in run-control.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { withDoor } from './door-options.ts'
import type { ClearArgs } from './run-control.ts'

export const clear: Command<ClearArgs> = {
  name: 'clear [what]',
  describe: 'Heals what is injected: one fault, those of a target, or all',
  builder: (yargs) => withDoor(yargs
    .positional('what', { type: 'string', describe: 'the name of what is injected, or of a target; all unless given' })
    .option('json', { type: 'boolean', default: false, describe: 'what was cleared as JSON on stdout' }))
    .example('$0 clear', 'heals everything')
    .example('$0 clear cache', 'everything on the target cache')
    .example('$0 clear latency-cache', 'one, by the name that `brownout status` shows'),
  run: async (args, context) => (await import('./run-control.ts')).runClear(args, context),
}
