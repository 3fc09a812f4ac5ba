/** Loads that programs of others make: the program is there, its script too, and it is told where to send. */

import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import type { DrivenLoad, LoadSpec, ProgramRun } from '../load/spec.ts'
import { checkUrl } from './link-requests.ts'
import { checkReferences, fromFile, type Linking } from './linking.ts'
import type { LoadInput } from './schema.ts'
import type { Path } from './tree.ts'

export const DRIVERS = ['locust', 'artillery', 'k6', 'command'] as const
export type Driver = (typeof DRIVERS)[number]

const HINTS: Readonly<Record<Driver, string>> = {
  locust: 'install it: `pip install locust`, or Debian\'s python3-locust',
  artillery: 'install it: `npm install --global artillery`',
  k6: 'install it from its packages, and put it on the PATH',
  command: 'a program on the PATH, or a path to one',
}
const WORKERS_MAX = 64

export function linkDriven(linking: Linking, path: Path, input: LoadInput, driver: Driver): DrivenLoad | undefined {
  const { reader, cwd, env: variables } = linking
  const [program = '', ...words] = driver === 'command' ? input.command ?? [] : [driver]
  const found = programAt(program, cwd, variables['PATH'])
  if (!found) reader.fail('LOAD_DRIVER_MISSING', driver === 'command' ? [...path, 'command', 0] : [...path, driver], `${program} is not on the PATH`, HINTS[driver])
  const script = driver === 'command' ? undefined : fromFile(linking, [...path, driver], input[driver] ?? '')
  if (script !== undefined && !existsSync(script)) reader.fail('FILE_UNREADABLE', [...path, driver], `${script} is not there`, 'the path is meant from this file\'s folder')
  if (input.host !== undefined) checkUrl(linking, [...path, 'host'], input.host, 'http')
  const args = [...words, ...(input.args ?? []).map(String)]
  for (const one of args) checkReferences(linking, [...path, driver === 'command' ? 'command' : 'args'], one)
  const env = Object.entries(input.env ?? {}).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) reader.failKey('NAME_INVALID', [...path, 'env', name], `"${name}" is no name of a variable`, 'letters, digits and underscores, no digit first')
    checkReferences(linking, [...path, 'env', name], String(value))
    return [name, String(value)] as const
  })
  if (driver === 'locust' && input.users === undefined) reader.failKey('KEY_MISSING', path, '`users` is missing: how many locust lets loose', 'such as users: 50')
  if ((input.workers ?? 1) > WORKERS_MAX) reader.fail('VALUE_INVALID', [...path, 'workers'], `workers: at most ${WORKERS_MAX}`)
  if (!found) return undefined
  return {
    kind: 'driven', driver, file: script ?? (program.includes('/') ? resolve(cwd, program) : program), args, env: Object.fromEntries(env), cwd,
    ...(input.host === undefined ? {} : { host: input.host }),
    ...(driver === 'locust' ? { users: input.users, spawnRate: input.spawn_rate ?? input.users, workers: input.workers ?? 1 } : {}),
  }
}

/** A program that is run for each operation. */
export function linkProgram(linking: Linking, path: Path, input: LoadInput): ProgramRun | undefined {
  const driven = linkDriven(linking, path, input, 'command')
  return driven && { kind: 'program', argv: [driven.file, ...driven.args], env: driven.env, cwd: driven.cwd }
}

/** What is not ours to pace has no rate of ours; its figures come as it tells them. */
export const drivenSpec = (name: string, send: DrivenLoad, ok: string, none: Pick<LoadSpec, 'rate' | 'timeout'>): LoadSpec =>
  ({ name, send, ...none, ok, inFlightMax: 0, connections: 0 })

/** Where the program would be started from; undefined where it would not. */
function programAt(program: string, cwd: string, path = ''): string | undefined {
  const places = program.includes('/') ? [resolve(cwd, program)] : path.split(delimiter).filter((one) => isAbsolute(one)).map((folder) => join(folder, program))
  return program === '' ? undefined : places.find((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch (error) {
      if (error instanceof Error && 'code' in error) return false
      throw error
    }
  })
}
