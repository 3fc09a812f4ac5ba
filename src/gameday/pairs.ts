/** `delay=300ms chance=20%`: names and values as they are typed, and what they mean. */

import type { ChangeRequest } from '../control/contract.ts'
import { BrownoutError, nearest } from '../core/errors.ts'
import { readParam, type Param } from '../core/params.ts'
import { parseDuration } from '../core/units.ts'
import { CHANCE } from '../experiment/schema.ts'

export interface Pair { readonly key: string; readonly value: string }

/** USAGE where a word is none. */
export function pairOf(word: string): Pair {
  const at = word.indexOf('=')
  if (at < 1) throw new BrownoutError('USAGE', { message: `expected NAME=VALUE, not "${word}"` })
  return { key: word.slice(0, at), value: word.slice(at + 1) }
}

/** Each key once. USAGE. */
export function pairsOf(words: readonly string[]): readonly Pair[] {
  const pairs = words.map(pairOf)
  const twice = pairs.find(({ key }, i) => pairs.findIndex((one) => one.key === key) < i)
  if (twice) throw new BrownoutError('USAGE', { message: `${twice.key} is given twice` })
  return pairs
}

/** `0ms..500ms/20s`, or as it is told: `0ms to 500ms over 20s`. */
const RAMP = /^(.+?)(?:\.\.| to )(.+?)(?:\/| over )(.+)$/

/** A value as an experiment would have it. */
export function written(param: Param<unknown>, value: string): unknown {
  if (param.kind === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  if (param.kind === 'text' || param.kind === 'choice') return value
  const [, from, to, over] = RAMP.exec(value) ?? []
  return from === undefined ? value : { from, to, over }
}

/** The parameters that are given, each as an experiment would have it. PARAM_UNKNOWN, PARAM_INVALID. */
export function paramsOf(owner: string, declared: Readonly<Record<string, Param<unknown>>>, pairs: readonly Pair[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => {
    const param = Object.hasOwn(declared, key) ? declared[key] : undefined
    if (!param) {
      const near = nearest(key, Object.keys(declared))
      throw new BrownoutError('PARAM_UNKNOWN', { message: `${owner} has no parameter "${key}"`, hint: near ? `did you mean "${near}"?` : `${owner} has ${Object.keys(declared).join(', ') || 'none'}` })
    }
    const given = written(param, value)
    const read = readParam(param, given)
    if ('problem' in read) throw new BrownoutError('PARAM_INVALID', { message: `${owner}.${key}: ${read.problem}` })
    return [key, given]
  }))
}

/** PARAM_MISSING for the first that has no default and is not given. */
export function refuseMissing(owner: string, declared: Readonly<Record<string, Param<unknown>>>, given: Readonly<Record<string, unknown>>): void {
  const missing = Object.entries(declared).find(([name, { initial }]) => initial === undefined && !Object.hasOwn(given, name))
  if (missing) throw new BrownoutError('PARAM_MISSING', { message: `${owner} needs ${missing[0]}=…: ${missing[1].doc}` })
}

export function chanceOf(value: string): unknown {
  const chance = written(CHANCE, value)
  const read = readParam(CHANCE, chance)
  if ('problem' in read) throw new BrownoutError('VALUE_INVALID', { message: `chance: ${read.problem}` })
  return chance
}

export function timeOf(key: string, value: string): string {
  const length = parseDuration(value)
  if (length === undefined || length <= 0) throw new BrownoutError('VALUE_INVALID', { message: `${key}: expected a time such as 500ms, 30s or 2m, not "${value}"` })
  return value
}

/** What `set` asks for, of a fault whose parameters these are. */
export function changeRequestOf(owner: string, declared: Readonly<Record<string, Param<unknown>>>, pairs: readonly Pair[]): ChangeRequest {
  const value = (key: string): string | undefined => pairs.find((pair) => pair.key === key)?.value
  const [chance, length] = [value('chance'), value('for')]
  const params = paramsOf(owner, declared, pairs.filter(({ key }) => key !== 'chance' && key !== 'for'))
  return {
    ...(Object.keys(params).length > 0 ? { params } : {}),
    ...(chance === undefined ? {} : { chance: chanceOf(chance) }), ...(length === undefined ? {} : { for: timeOf('for', length) }),
  }
}
