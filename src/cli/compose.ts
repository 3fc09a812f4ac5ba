/** `brownout compose`: what it can be told. What it does is in run-compose.ts, which is loaded only then. */

import type { Command } from './command.ts'
import type { Args } from './run-compose.ts'

export const compose: Command<Args> = {
  name: 'compose <file>',
  describe: 'Writes an override for a compose file that puts its databases and caches behind brownout',
  builder: (yargs) => yargs
    .positional('file', { type: 'string', demandOption: true, describe: 'a compose file' })
    .option('service', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'only that service: NAME, NAME=PROTOCOL or NAME=PROTOCOL:PORT; http and websocket only so' })
    .option('name', { type: 'string', default: 'brownout', describe: 'what our service is called' })
    .option('force', { type: 'boolean', default: false, describe: 'write over files that are there already' })
    .example('$0 compose compose.yaml', 'writes compose.brownout.yaml and brownout.serve.yaml beside it')
    .example('$0 compose compose.yaml --service redis --service payments=http:8080', 'those two, and the second speaks HTTP')
    .epilogue('Nothing that is in the file is changed: `docker compose -f FILE -f compose.brownout.yaml up` lays the one over the other.'),
  run: async (args, context) => (await import('./run-compose.ts')).runCompose(args, context),
}
