/** `brownout status`: what it can be told. What it does is in run-control.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { withDoor } from './door-options.ts'
import type { StatusArgs } from './run-control.ts'

export const status: Command<StatusArgs> = {
  name: 'status',
  describe: 'Tells what runs here: targets, what is injected, the dashboard',
  builder: (yargs) => withDoor(yargs.option('json', { type: 'boolean', default: false, describe: 'all of it as JSON on stdout' }))
    .example('$0 status', 'of every brownout of yours on this machine')
    .example('$0 status --url http://staging:8474', 'of one elsewhere, with its token in BROWNOUT_TOKEN'),
  run: async (args, context) => (await import('./run-control.ts')).runStatus(args, context),
}
