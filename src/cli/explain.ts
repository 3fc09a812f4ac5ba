/** What a command threw, said to people. */

import { formatError, knownError } from '../core/errors.ts'
import type { Exit } from '../core/exit.ts'
import { withoutPasswords } from '../core/redact.ts'
import type { Context } from './command.ts'

/** Says what went wrong without a stack, unless BROWNOUT_DEBUG asks for it. */
export function explain(error: unknown, { stderr, env }: Pick<Context, 'stderr' | 'env'>): Exit {
  const known = knownError(error)
  stderr.write(`${withoutPasswords(formatError(known))}\n`)
  const root = known.cause instanceof Error ? known.cause : known
  if (env['BROWNOUT_DEBUG']) stderr.write(`${withoutPasswords(root.stack ?? '')}\n`)
  return known.exit
}
