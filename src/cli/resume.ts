/** `brownout resume`: what it can be told. What it does is in run-control.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { withDoor } from './door-options.ts'
import type { ResumeArgs } from './run-control.ts'

export const resume: Command<ResumeArgs> = {
  name: 'resume',
  describe: 'Lets faults be injected again after a halt',
  builder: (yargs) => withDoor(yargs.option('reason', { type: 'string', demandOption: true, describe: 'why it is safe; it is written down' }))
    .example('$0 resume --reason "orders were a test"', 'all that are halted on this machine'),
  run: async (args, context) => (await import('./run-control.ts')).runResume(args, context),
}
