/** The pages of docs/ that are made from the source. */

import { catalogue } from '../../faults/catalogue.ts'
import { faults } from '../../faults/index.ts'
import { ERRORS } from '../../src/core/errors.ts'

const errorPage = (): string => [
  '# Errors', '',
  'Every way in which brownout can say no: the code that stands in its message, what it means, what to do, and the exit code of the command.', '',
  'Made by `make docs` from the table of errors; do not edit.', '',
  '| code | what it means | what to do | exit |', '| --- | --- | --- | --- |',
  ...Object.entries(ERRORS).map(([code, { means, hint, exit }]) => `| \`${code}\` | ${cell(means)} | ${cell(hint)} | ${exit} |`), '',
].join('\n')

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** By file, from the project's root. */
export const pages = (): Readonly<Record<string, string>> => ({ 'docs/errors.md': errorPage(), 'docs/faults.md': catalogue(faults) })
