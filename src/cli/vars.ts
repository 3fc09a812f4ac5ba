/** `--var NAME=VALUE` and `--var-file FILE`: values for `${vars.NAME}`. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { BrownoutError } from '../core/errors.ts'

/** Files (NAME=VALUE lines, as .env) in their order, then single ones over them. USAGE, FILE_UNREADABLE. */
export function readVars(single: readonly string[], files: readonly string[], cwd: string): Readonly<Record<string, string>> {
  const pairs = single.map((one) => {
    const at = one.indexOf('=')
    if (at < 1) throw new BrownoutError('USAGE', { message: `--var ${one}: expected NAME=VALUE` })
    return [one.slice(0, at), one.slice(at + 1)] as const
  })
  return Object.assign({}, ...files.map((file) => readEnvFile(resolve(cwd, file))), Object.fromEntries(pairs)) as Record<string, string>
}

/** FILE_UNREADABLE. */
export function readEnvFile(path: string): Readonly<Record<string, string>> {
  try {
    const values = parseEnv(readFileSync(path, 'utf8'))
    return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  } catch (cause) {
    throw new BrownoutError('FILE_UNREADABLE', { message: `${path} cannot be read`, cause })
  }
}
