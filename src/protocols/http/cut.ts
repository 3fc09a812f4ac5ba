/** Where the body of an answer is cut off, as its parts come. */

import { answerOf, dataOf } from './parts.ts'
import type { HttpMessage } from './message.ts'

/** Bytes of the body before the cut that are still to come; undefined where nothing says yet how many. */
export interface Cut { left: number | undefined; over: boolean }
export const newCut = (): Cut => ({ left: undefined, over: false })

/** What a parameter says that such a cut takes. */
export const KEEPS = 'Share of the body that arrives, less than all of it; where its length is not declared, of its first piece. With 100% chunks lack nothing but their end.'

/** An answer whose body can be cut begins with it. */
export const hasBody = (message: HttpMessage): boolean => message.part === 'first' && answerOf(message) !== undefined

/** Bytes of the body that this part still brings, where the cut is in it; undefined of any other. Each part once, from the head of the answer on. */
export function cutIn(message: HttpMessage, keep: number, cut: Cut): number | undefined {
  const answer = answerOf(message)
  if (answer) {
    const { length } = answer.head
    Object.assign(cut, { left: length >= 0 ? Math.floor(Math.min(length - 1, length * keep)) : keep < 1 ? undefined : Number.POSITIVE_INFINITY, over: false })
  }
  if (answer || cut.over) return undefined
  const { length } = dataOf(message)
  if (length > 0) cut.left ??= Math.floor(length * keep)
  if (message.type === 'BodyData' && length < (cut.left ?? 1)) {
    if (cut.left !== undefined) cut.left -= length
    return undefined
  }
  cut.over = true
  return message.type === 'BodyData' ? cut.left : 0
}
