/** `brownout schema`: the format of experiments as JSON Schema. */

import { EXIT } from '../core/exit.ts'
import type { Command } from './command.ts'

export const schema: Command<Record<never, never>> = {
  name: 'schema',
  describe: 'The format of experiment files as JSON Schema, on stdout',
  builder: (yargs) => yargs
    .example('$0 schema > experiment.schema.json', 'then open an experiment with this as its first line:')
    .example('# yaml-language-server: $schema=experiment.schema.json', ''),
  async run(_args, { registry, stdout }) {
    const { experimentSchema } = await import('../experiment/json-schema.ts')
    stdout.write(`${JSON.stringify(experimentSchema(registry), null, 2)}\n`)
    return EXIT.pass
  },
}
