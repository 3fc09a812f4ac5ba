/** Who may do what at the prompt. */

import { BrownoutError } from '../core/errors.ts'
import { COMMANDS, type CommandName } from './command.ts'

export const ROLES = ['commander', 'operator', 'scribe', 'observer'] as const
export type Role = (typeof ROLES)[number]

/** Those who touch the system under test; the others write down what they see. */
const HANDS: ReadonlySet<Role> = new Set(['commander', 'operator'])

/** USAGE where the role does not go that far. Whoever holds the session may end it. */
export function refuseBeyond(role: Role, command: CommandName): void {
  if (HANDS.has(role) || COMMANDS[command].harmless) return
  throw new BrownoutError('USAGE', { message: `${role === 'observer' ? 'an' : 'a'} ${role} does not ${command}`, hint: 'note and mark write down what you see; `--role operator` may touch the system' })
}
