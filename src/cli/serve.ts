/** `brownout serve`: what it can be told. What it does is in run-serve.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { OUTLET_OPTIONS } from './outlet-options.ts'
import type { Args } from './run-serve.ts'
import { withSafety } from './safety-options.ts'
import { WORKERS_OPTION } from './workers.ts'

export const serve: Command<Args> = {
  name: 'serve',
  describe: 'Serves proxies and the admin API of Toxiproxy, until it is told to stop',
  builder: (yargs) => withSafety(yargs)
    .option('host', { type: 'string', default: 'localhost', describe: 'where the admin API listens; other than loopback it needs a token' })
    .option('port', { type: 'number', default: 8474, describe: 'its port; 0 for a free one' })
    .option('config', { type: 'string', describe: 'YAML with targets, toxics and rules, or the JSON of Toxiproxy; read again at SIGHUP' })
    .option('token', { type: 'string', describe: 'asked for by the API; also by BROWNOUT_TOKEN, which no list of processes shows' })
    .option('without-token', { type: 'boolean', default: false, describe: 'serve the API to a network without a token: whoever reaches it commands it' })
    .option('allow-listen', { type: 'boolean', default: false, describe: 'let proxies listen on other than loopback' })
    .option('allow-host', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'a name that the API may be called by, beside localhost and addresses' })
    .option('seed', { type: 'number', describe: 'of every random draw' })
    .option('drain', { type: 'string', default: '2s', describe: 'how long connections may take to end when it stops' })
    .option('workers', WORKERS_OPTION)
    .option('metrics', { type: 'boolean', default: true, describe: 'serve /metrics; --no-metrics does not' })
    .option('proxy-metrics', { type: 'boolean', default: false, describe: 'only those of proxies, as Toxiproxy has it' })
    .option('runtime-metrics', { type: 'boolean', default: false, describe: 'only those of the process, as Toxiproxy has it' })
    .option('log', { choices: ['stdout', 'stderr'] as const, default: 'stderr' as const, describe: 'where logs go, a JSON object a line' })
    .options(OUTLET_OPTIONS)
    .option('keep-going', { type: 'boolean', default: false, describe: 'serve even where the configuration cannot be used' })
    .example('$0 serve', 'every Toxiproxy client can drive it')
    .example('$0 serve --config proxies.yaml', 'with targets, toxics and standing rules')
    .example('$0 serve --workers auto', 'over all cores; SIGTTIN is one worker more, SIGTTOU one less')
    .example('$0 serve -host 0.0.0.0 -port 8474', 'Go spellings are understood')
    .epilogue('LOG_LEVEL sets the level: trace, debug, info, warn, error, fatal.'),
  run: async (args, context) => (await import('./run-serve.ts')).runServe(args, context),
}
