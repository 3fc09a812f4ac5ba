/** `brownout compare`: what it can be told. The work is in run-compare.ts, which is loaded only then. */

import type { Command } from './command.ts'
import { WEBHOOK_OPTIONS } from './outlet-options.ts'
import type { Args } from './run-compare.ts'

export const compare: Command<Args> = {
  name: 'compare <a> <b>',
  describe: 'Two sets of runs held against one another: did it get worse?',
  builder: (yargs) => yargs
    .positional('a', { type: 'string', demandOption: true, describe: 'the runs before: an experiment, tag:NAME, a folder, latest~9..latest~5, or several between commas' })
    .positional('b', { type: 'string', demandOption: true, describe: 'the runs after' })
    .option('signal', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'only this figure: checkout.p95, recovery:checkout.p95' })
    .option('during', { type: 'string', describe: 'baseline, fault, recovery, all or a step, in place of what each figure has' })
    .option('floor', { type: 'string', default: '5%', describe: 'the least difference that counts' })
    .option('json', { type: 'boolean', default: false, describe: 'one JSON document on stdout' })
    .option('html', { type: 'string', describe: 'write a page with a picture of each figure there' })
    .option('md', { type: 'string', describe: 'write Markdown there; by default it goes to $GITHUB_STEP_SUMMARY' })
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .option('webhook', { ...WEBHOOK_OPTIONS.webhook, describe: 'POST to this URL where there is a regression; also by BROWNOUT_WEBHOOK' })
    .option('webhook-format', WEBHOOK_OPTIONS['webhook-format'])
    .example('$0 compare latest~9..latest~5 latest~4..latest', 'the last five runs with the five before; both ends count')
    .example('$0 compare checkout-main checkout-branch', 'all runs of two experiments, best taken in turns: run a.yaml b.yaml --repeat 5 --interleave')
    .example('$0 compare runs/main runs/branch --signal checkout.p95', 'two folders of runs, and one figure: fewer figures need fewer runs')
    .epilogue('Exit codes: 0 no regression, 1 a regression, 2 inconclusive: a regression could hide in the noise, 64 usage.'),
  run: async (args, context) => (await import('./run-compare.ts')).runCompare(args, context),
}
