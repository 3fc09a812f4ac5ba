/** A session as a script: one command a line, all of it read before anything is begun. */

import { BrownoutError, type Place } from '../core/errors.ts'
import { parseCommand, type Order } from './command.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface Line { readonly place: Place; readonly text: string; readonly order: Order }
export type Script = { readonly lines: readonly Line[] } | { readonly problems: readonly BrownoutError[] }

/** Every line that is wrong is said, each at its place. */
export function parseScript(text: string, file: string, vocabulary: Vocabulary): Script {
  const lines: Line[] = []
  const problems: BrownoutError[] = []
  text.split(/\r?\n/).forEach((one, index) => {
    const place = { file, line: index + 1, column: 1 + (/\S/.exec(one)?.index ?? 0) }
    try {
      const order = parseCommand(one, vocabulary)
      if (order) lines.push({ place, text: one.trim(), order })
    } catch (error) {
      if (!(error instanceof BrownoutError)) throw error
      problems.push(placed(error, place))
    }
  })
  return problems.length > 0 ? { problems } : { lines }
}

export const placed = ({ code, message, hint, cause }: BrownoutError, place: Place): BrownoutError => new BrownoutError(code, { message, hint, place, cause })
