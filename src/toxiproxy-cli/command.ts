/** What a command is, and what it is handed. */

import type { Api } from './api.ts'
import type { Printer } from './printer.ts'

/** A flag without a value, one with a value, or one that may be there several times. */
export interface Flag { readonly kind: 'switch' | 'value' | 'list'; readonly short: string; readonly about: string }

export interface Given {
  readonly api: Api
  readonly print: Printer
  /** What is left when flags are taken out: the name of a proxy. */
  readonly name: string
  value(flag: string): string | undefined
  list(flag: string): readonly string[]
  on(flag: string): boolean
}

export interface Command {
  readonly name: string
  readonly aliases: readonly string[]
  /** Behind the name in help. */
  readonly usage: string
  readonly about: string
  readonly flags: Readonly<Record<string, Flag>>
  /** Whether it needs the name of a proxy. */
  readonly named: boolean
  run(given: Given): Promise<void>
}

/** What ends a command: its text goes to stderr. */
export class Failure extends Error {}

/** What `work` comes to; where it fails, `what` stands before the reason. */
export async function orFail<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new Failure(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** The value of a flag that must be given. */
export function required(given: Given, flag: string): string {
  const value = given.value(flag)
  if (!value) throw new Failure(`Required argument '${flag}' was empty.`)
  return value
}
