/** `brownout halt`: what it can be told. What it does is in run-control.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { withDoor } from './door-options.ts'
import type { HaltArgs } from './run-control.ts'

export const halt: Command<HaltArgs> = {
  name: 'halt',
  describe: 'Heals everything everywhere at once, and refuses new faults until somebody resumes',
  builder: (yargs) => withDoor(yargs.option('reason', { type: 'string', default: '', describe: 'why; it is written down' }))
    .example('$0 halt', 'every brownout of yours on this machine')
    .example('$0 halt --reason "orders are lost" --url http://staging:8474', 'one elsewhere'),
  run: async (args, context) => (await import('./run-control.ts')).runHalt(args, context),
}
