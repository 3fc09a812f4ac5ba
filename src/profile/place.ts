/** Where a function stands, as short as it is clear: no folder of the machine that is not the application's. Pure. */

import { isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CallFrame } from './cpu-profile.ts'

const OTHERS_MAX = 80

/** `orders.js:42` from the folder the application runs in, `node_modules/pg/lib/client.js:531`, `node:net:301`; empty of what has no source. */
export function placeOf({ url, lineNumber }: CallFrame, cwd: string): string {
  if (url === '') return ''
  const line = lineNumber >= 0 ? `:${lineNumber + 1}` : ''
  return `${sourceOf(url, cwd)}${line}`
}

function sourceOf(url: string, cwd: string): string {
  const path = url.startsWith('file://') ? pathOf(url) : url
  if (!isAbsolute(path)) return path.startsWith('data:') ? 'data:' : (path.split(/[?#]/, 1)[0] ?? '').slice(0, OTHERS_MAX)
  const modules = path.lastIndexOf('/node_modules/')
  if (modules >= 0) return path.slice(modules + 1)
  const own = relative(cwd, path)
  return own.startsWith('..') || isAbsolute(own) ? path.split('/').slice(-2).join('/') : own
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url.split(/[?#]/, 1)[0] ?? '')
  } catch {
    // Of another machine: shown as it is, without its query.
    return url
  }
}
