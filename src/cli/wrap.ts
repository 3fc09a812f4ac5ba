/** `brownout wrap`: what it can be told. What it does is in run-wrap.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { OUTLET_OPTIONS } from './outlet-options.ts'
import type { Args } from './run-wrap.ts'
import { withSafety } from './safety-options.ts'

const NAMES = { type: 'string', array: true, nargs: 1, default: [] as string[] } as const

export const wrap: Command<Args> = {
  name: 'wrap [words..]',
  describe: 'Starts a command with its databases and caches behind proxies',
  builder: (yargs) => withSafety(yargs)
    .usage('$0 wrap [options] -- COMMAND [ARGUMENT…]\n\nStarts a command with its databases and caches behind proxies. They are found in the environment, then in .env: *_URL variables, PG*, pairs of HOST and PORT.')
    .positional('words', { type: 'string', array: true, default: [] as string[] })
    .hide('words')
    .option('target', { ...NAMES, describe: 'NAME=URL or NAME=VARIABLE: wrap that too; http, https, ws and wss are wrapped only so' })
    .option('ignore', { ...NAMES, describe: 'leave that target or variable alone' })
    .option('tls', { ...NAMES, describe: 'a target whose client has TLS in its code: the proxy speaks it too, and the command is told to trust it' })
    .option('insecure', { ...NAMES, describe: 'do not check the certificate of that target' })
    .option('cluster', { ...NAMES, describe: 'that Redis is a cluster or has sentinels or replicas: its nodes are wrapped as it names them' })
    .option('env-file', { type: 'string', default: '.env', describe: 'where variables are looked for that the environment does not have' })
    .option('for', { type: 'string', describe: 'end the command after so long, as in 10m: SIGTERM, then SIGKILL' })
    .option('experiment', { type: 'string', describe: 'carry out that experiment while the command runs, which takes the place of its app' })
    .option('var', { ...NAMES, describe: 'NAME=VALUE, for vars of the experiment' })
    .option('var-file', { ...NAMES, describe: 'a file of NAME=VALUE lines' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('pause', { type: 'boolean', default: true, describe: 'refuse an experiment that waits for a person; --no-pause goes on without' })
    .option('port', { type: 'number', default: 0, describe: 'of the API and the dashboard; 0 for a free one' })
    .option('seed', { type: 'number', describe: 'of every random draw' })
    .options(OUTLET_OPTIONS)
    .option('dry-run', { type: 'boolean', default: false, describe: 'say what would be put where and start nothing' })
    .option('json', { type: 'boolean', default: false, describe: 'with --dry-run: as JSON on stdout' })
    .example('$0 wrap -- node server.js', 'REDIS_URL, DATABASE_URL and their like lead through proxies')
    .example('$0 wrap --dry-run -- npm test', 'shows what would be wrapped')
    .example('$0 wrap --target payments=PAYMENTS_URL -- npm start', 'an HTTP API too')
    .example('$0 wrap --experiment cart.yaml -- npm test', 'the tests go on while faults come and go')
    .example('$0 wrap --for 10m --ignore analytics -- ./run.sh', 'for ten minutes, and not that one')
    .epilogue('Exits as the command does; 128 + n where signal n ended it, 127 where there is no such command, 126 where it cannot be run, 125 where brownout itself failed.'),
  run: async (args, context) => (await import('./run-wrap.ts')).runWrap(args, context),
}
