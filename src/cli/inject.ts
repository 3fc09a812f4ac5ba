/** `brownout inject`: what it can be told. What it does is in run-inject.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { withDoor } from './door-options.ts'
import type { Args } from './run-inject.ts'

export const inject: Command<Args> = {
  name: 'inject <fault> [words..]',
  describe: 'Injects a fault into a running brownout: serve, wrap, gameday',
  builder: (yargs) => withDoor(yargs
    .positional('fault', { type: 'string', demandOption: true, describe: 'its name, or `scenario NAME`' })
    .positional('words', { type: 'string', array: true, default: [] as string[], describe: 'the target, and PARAM=VALUE, chance=20%, where.KEY=VALUE, times=3 …' })
    .option('for', { type: 'string', describe: 'how long it lasts' })
    .option('standing', { type: 'boolean', default: false, describe: 'until it is cleared' })
    .option('hold', { type: 'boolean', default: false, describe: 'stay, and heal it when this command ends, however it ends' })
    .option('json', { type: 'boolean', default: false, describe: 'what was injected as JSON on stdout' }))
    .example('$0 inject latency cache delay=300ms chance=20% --for 30s', 'every fifth connection waits')
    .example('$0 inject redis.error cache error=LOADING where.command=GET --for 10s', 'GET alone')
    .example('$0 inject scenario redis.failover cache down=3s', 'a shipped sequence')
    .example('$0 inject partition db --hold --standing', 'until Ctrl-C')
    .epilogue('`brownout faults` lists the faults, `brownout status` the targets. Whoever holds the proxies keeps the time.'),
  run: async (args, context) => (await import('./run-inject.ts')).runInject(args, context),
}
