/** Whether a rule might mean a plain request of Redis, told from its bytes. It may say so of one that the rule does not mean, never the other way round. */

import { beginningOf, messageMatcher } from '../match.ts'
import type { Command } from '../protocols/redis/commands.ts'
import type { PlainRequest } from '../protocols/redis/plain.ts'
import type { Where } from '../rule.ts'

export type PlainMatcher = (request: PlainRequest, chunk: Buffer) => boolean

type Might = 'never' | 'by key' | 'perhaps'
const PUBLISHES: ReadonlySet<string> = new Set(['PUBLISH', 'SPUBLISH'])

export function plainMatcher({ command: wanted, channel, key }: Where = {}): PlainMatcher {
  const named = messageMatcher(wanted === undefined ? {} : { command: wanted })
  const beginnings = key === undefined ? [] : (typeof key === 'object' ? key : [key]).map(beginningOf)
  const might = (command: Command): Might => {
    const { keys, name } = command
    if (!named({ command: name }) || (channel !== undefined && !PUBLISHES.has(name))) return 'never'
    if (key === undefined) return 'perhaps'
    if (keys.at === 'none') return 'never'
    // Of several keys each may be the one.
    return keys.at === 'range' && keys.first === keys.last && beginnings.every((one) => one !== undefined) ? 'by key' : 'perhaps'
  }
  const known = new Map<Command, Might>()
  return ({ command, keyStart, keyEnd }, chunk) => {
    let found = known.get(command)
    if (found === undefined) {
      found = might(command)
      known.set(command, found)
    }
    return found === 'perhaps' || (found === 'by key' && beginnings.some((one) => one !== undefined && beginsWith(chunk, keyStart, keyEnd, one)))
  }
}

function beginsWith(chunk: Buffer, start: number, end: number, { bytes, whole }: { readonly bytes: Buffer; readonly whole: boolean }): boolean {
  const { length } = bytes
  if (whole ? length !== end - start : length > end - start) return false
  for (let at = 0; at < length; at++) if (bytes[at] !== chunk[start + at]) return false
  return true
}
