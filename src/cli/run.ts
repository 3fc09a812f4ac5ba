/** `brownout run`: what it can be told. What it does is in run-all.ts, which is loaded only then: help must not wait for it. */

import type { Command } from './command.ts'
import type { Args } from './run-all.ts'
import { withRunOptions } from './run-options.ts'

export const run: Command<Args> = {
  name: 'run <file..>',
  describe: 'Runs experiments and says how the system degraded and recovered',
  builder: (yargs) => withRunOptions(yargs)
    .option('pause', { type: 'boolean', default: true, describe: 'wait at pauses; --no-pause goes on' })
    .example('$0 run cart.yaml', 'live progress, a summary, a report under .brownout/runs')
    .example('$0 run experiments/*.yaml --keep-going --junit chaos.xml', 'in CI')
    .example('$0 run a.yaml b.yaml --repeat 5 --interleave', 'five of each in turns, for `brownout compare`')
    .example('$0 run cart.yaml --json --seed 42 | jq .outcome', 'for a machine'),
  run: async (args, context) => (await import('./run-all.ts')).runAll(args, context),
}
