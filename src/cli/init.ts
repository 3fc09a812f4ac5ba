/** `brownout init`: a first experiment that runs, made from what the environment shows. */

import type { Command } from './command.ts'
import type { Args } from './run-init.ts'

export const init: Command<Args> = {
  name: 'init [file]',
  describe: 'Writes a first experiment that runs',
  builder: (yargs) => yargs
    .positional('file', { type: 'string', default: 'first-experiment.yaml', describe: 'where to; never overwritten' })
    .option('command', { type: 'string', describe: 'what starts your application, started anew for each run' })
    .option('url', { type: 'string', describe: 'a URL of your application to send requests to' })
    .option('yes', { type: 'boolean', alias: 'y', default: false, describe: 'asks nothing' })
    .example('$0 init', 'looks for *_URL variables in the environment and in .env; without any, uses the sample stack')
    .example('$0 init cart.yaml --command "node server.js" --url http://127.0.0.1:3000/', 'with your application in it'),
  run: async (args, context) => (await import('./run-init.ts')).runInit(args, context),
}
