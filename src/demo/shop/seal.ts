/** What goes into the cache says of itself what it is: a reply that was damaged on the way, or belongs to another question, is found out. */

import { createHash } from 'node:crypto'
import { fieldsOf, parsedJson } from '../pages.ts'
import { ms } from '../../core/units.ts'
import type { Read } from './store.ts'

const sumOf = (key: string, readAt: number, value: string): string => createHash('sha1').update(`${key}\n${readAt}\n${value}`).digest('base64url')

/** JSON, and with a checksum over the key, the time and the value. */
export const sealed = (key: string, { readAt, value }: Read<unknown>): string => JSON.stringify({ readAt, value, sum: sumOf(key, readAt, JSON.stringify(value)) })

/** Undefined where it is not what was kept under `key`. */
export function unsealed(key: string, text: unknown): Read<unknown> | undefined {
  const { readAt, value, sum } = fieldsOf(typeof text === 'string' ? parsedJson(text) : undefined, 'readAt', 'value', 'sum')
  return typeof readAt === 'number' && sum === sumOf(key, readAt, JSON.stringify(value)) ? { readAt: ms(readAt), value } : undefined
}
