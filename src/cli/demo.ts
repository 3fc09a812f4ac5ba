/** `brownout demo`: a real application on real servers loses its cache for some seconds. */

import type { Command } from './command.ts'

interface Args { readonly out: string | undefined }

export const demo: Command<Args> = {
  name: 'demo',
  describe: 'Runs a sample application on embedded servers, takes its cache away, and reports',
  builder: (yargs) => yargs
    .option('out', { type: 'string', describe: 'the folder of runs, when it is not .brownout/runs' })
    .example('$0 demo', 'about a minute; nothing stays but the report')
    .example('RESILIENT=0 $0 demo', 'the same application without timeouts and fallbacks'),
  run: async ({ out }, context) => (await import('./run-demo.ts')).runDemo(out, context),
}
