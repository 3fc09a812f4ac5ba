/** What people type to inject: `latency cache delay=300ms for=30s chance=20%`, `scenario redis.failover cache down=3s`. */

import { BrownoutError } from '../core/errors.ts'
import { nearest } from '../core/errors.ts'
import type { ParamKind } from '../core/params.ts'
import { typedFacet } from '../match.ts'
import type { ChangeRequest, FaultEntry, InjectRequest } from './contract.ts'

/** Keys beside the fault's own parameters. */
export const RULE_WORDS = ['for', 'chance', 'direction', 'scope', 'skip', 'times', 'sequence', 'id', 'corruption'] as const
const USAGE = 'inject FAULT TARGET [PARAM=VALUE …] for=30s [chance=20%] [where.KEY=VALUE]'

type Values = Record<string, unknown>

/** USAGE where it cannot be told what is meant; what the words say of a fault is judged by whoever injects it. */
export function readInjectWords(words: readonly string[], catalogue: readonly FaultEntry[]): InjectRequest {
  const plain = words.filter((word) => !word.includes('='))
  const standing = plain.includes('standing')
  const [first, ...targets] = plain.filter((word) => word !== 'standing')
  if (first === 'scenario') return scenarioOf(targets, pairsOf(words), standing)
  const fault = catalogue.find(({ name }) => name === first)
  if (first === undefined) throw usage('which fault?')
  if (!fault) {
    const near = nearest(first, catalogue.map(({ name }) => name))
    throw new BrownoutError('FAULT_UNKNOWN', { message: `no fault is named "${first}"`, hint: near ? `did you mean "${near}"? \`brownout faults\` lists all` : undefined })
  }
  const [on, odd] = targets
  if (on === undefined) throw usage(`${first} on which target?`)
  if (odd !== undefined) throw usage(`"${odd}" is neither KEY=VALUE nor "standing"`)
  const request: Values = { fault: first, on, ...(standing ? { standing: true } : {}) }
  const params: Values = {}
  const where: Values = {}
  for (const [key, value] of pairsOf(words)) {
    const param = fault.params.find(({ name }) => name === key)
    if (param) params[key] = typed(param.kind, value)
    else if (key.startsWith('where.')) addTo(where, key.slice('where.'.length), value)
    else if ((RULE_WORDS as readonly string[]).includes(key)) request[key] = ruleWord(key, value)
    else params[key] = value
  }
  return { ...request, ...some('params', params), ...some('where', where) } as unknown as InjectRequest
}

/** `delay=500ms chance=10% for=1m`, of what is injected already. */
export function readChangeWords(words: readonly string[], fault: FaultEntry | undefined): ChangeRequest {
  const params: Values = {}
  const change: Values = {}
  for (const word of words) if (!word.includes('=')) throw usage(`"${word}" is no PARAM=VALUE`)
  for (const [key, value] of pairsOf(words)) {
    const param = fault?.params.find(({ name }) => name === key)
    if (!param && (key === 'for' || key === 'extend')) change[key] = value
    else if (!param && key === 'chance') change[key] = ramped(value)
    else params[key] = param ? typed(param.kind, value) : value
  }
  return { ...change, ...some('params', params) }
}

function scenarioOf([scenario, ...targets]: readonly string[], pairs: readonly (readonly [string, string])[], standing: boolean): InjectRequest {
  if (scenario === undefined) throw usage('which scenario?')
  if (targets.length === 0) throw usage(`${scenario} on which target?`)
  const request: Values = { scenario, on: targets.length > 1 ? targets : targets[0], ...(standing ? { standing } : {}) }
  const params: Values = {}
  for (const [key, value] of pairs) {
    if (key === 'id') request[key] = value
    else params[key] = value
  }
  return { ...request, ...some('params', params) } as unknown as InjectRequest
}

const usage = (message: string): BrownoutError => new BrownoutError('USAGE', { message, hint: USAGE })
const some = (key: string, values: Values): Values => (Object.keys(values).length > 0 ? { [key]: values } : {})

const pairsOf = (words: readonly string[]): readonly (readonly [string, string])[] => words.filter((word) => word.includes('=')).map((word) => {
  const at = word.indexOf('=')
  return [word.slice(0, at), word.slice(at + 1)] as const
})

/** The same key twice: any of them. */
function addTo(where: Values, name: string, text: string): void {
  const value = typedFacet(name, text)
  const before = where[name]
  where[name] = before === undefined ? value : [...(Array.isArray(before) ? before as unknown[] : [before]), value]
}

function typed(kind: ParamKind, text: string): unknown {
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return kind === 'text' || kind === 'choice' ? text : ramped(text)
}

/** `0ms..500ms/20s`: from, to, over. */
function ramped(text: string): unknown {
  const [, from, to, over] = /^(.+)\.\.(.+)\/(.+)$/.exec(text) ?? []
  return from === undefined ? text : { from, to, over }
}

function ruleWord(key: string, text: string): unknown {
  if (key === 'chance') return ramped(text)
  if (key === 'skip' || key === 'times') return /^\d+$/.test(text) ? Number(text) : text
  const [, fail, pass] = key === 'sequence' ? /^(\d+)\/(\d+)$/.exec(text) ?? [] : []
  return fail === undefined ? text : { fail: Number(fail), pass: Number(pass) }
}
