/** Pages of SCAN and its like: a cursor, and an array of elements. */

import type { RedisMessage } from './message.ts'
import { aggregate, bulk, elementsOf, endOfLine } from './reply.ts'
import { commandOf, numberAt, wordsOf } from './words.ts'

/** The cursor that a SCAN, HSCAN, SSCAN or ZSCAN asks with; undefined of any other request. */
export function cursorOf(request: RedisMessage): string | undefined {
  const { name } = commandOf(request)
  const at = name === 'SCAN' ? 1 : /^[HSZ]SCAN$/.test(name) ? 2 : undefined
  return at === undefined ? undefined : wordsOf(request.raw, at + 1)[at]?.toString('latin1')
}

/** A page without elements, with `cursor` for the next one. */
export const emptyPage = (cursor: string): Buffer => aggregate('*', [bulk(cursor), aggregate('*', [])])

/** The page with each of its elements twice; undefined of one that has none, and of what is no page. */
export function doubledPage(page: RedisMessage): Buffer | undefined {
  const { raw, type, valueAt, part } = page
  const [cursor] = elementsOf(page, 1)
  if (part !== 'whole' || type !== 'Array' || !cursor) return undefined
  const elementsAt = endOfLine(raw, endOfLine(raw, valueAt)) + cursor.length + 2
  const count = numberAt(raw, elementsAt + 1)
  const elements = raw.subarray(endOfLine(raw, elementsAt))
  return count === 0 ? undefined : Buffer.concat([Buffer.from('*2\r\n'), bulk(cursor), Buffer.from(`*${2 * count}\r\n`), elements, elements])
}
