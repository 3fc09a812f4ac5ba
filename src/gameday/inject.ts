/** `inject latency cache delay=300ms for=30s chance=20%`, read as far as that can be done before it is armed. */

import type { InjectRequest } from '../control/contract.ts'
import { BrownoutError, nearest } from '../core/errors.ts'
import { NAME } from '../experiment/schema.ts'
import { facetProblem, isClientPattern, tellsApart } from '../match.ts'
import type { Protocol } from '../protocols/codec.ts'
import { faultNamed, type Wanted } from '../rule.ts'
import { chanceOf, pairsOf, paramsOf, refuseMissing, timeOf, type Pair } from './pairs.ts'
import { acts, type Vocabulary } from './vocabulary.ts'

/** Keys of `inject` that are no parameters of the fault; `where.KEY` too. */
export const RULE_WORDS = ['for', 'chance', 'direction', 'scope', 'skip', 'times', 'sequence', 'id', 'corruption', 'lease'] as const
type RuleWord = (typeof RULE_WORDS)[number]
const isRuleWord = (key: string): key is RuleWord => (RULE_WORDS as readonly string[]).includes(key)
export const WHERE = 'where.'
export const STANDING = 'standing'
/** Values of those that have a list. */
export const CHOICES: Readonly<Record<string, readonly string[]>> = { direction: ['to_server', 'to_client', 'both'], scope: ['connection', 'message'], corruption: ['allow'] }

/** USAGE, FAULT_UNKNOWN, TARGET_UNKNOWN, PROTOCOL_MISMATCH, CORRUPTION_REFUSED, PARAM_*, VALUE_INVALID. */
export function injectionOf([name, on, ...words]: readonly string[], vocabulary: Vocabulary): InjectRequest {
  if (name === undefined || on === undefined || on.includes('=')) throw new BrownoutError('USAGE', { message: 'inject needs a fault and a target', hint: 'inject latency cache delay=300ms for=30s' })
  const fault = faultNamed(vocabulary.faults, name)
  const protocol = targetNamed(on, vocabulary)
  if (!acts(fault, protocol)) throw new BrownoutError('PROTOCOL_MISMATCH', { message: `${name} acts on ${fault.protocols.join(', ')}, and "${on}" speaks ${protocol}` })
  const standing = words.includes(STANDING)
  const pairs = pairsOf(words.filter((word) => word !== STANDING))
  const own = pairs.filter(({ key }) => !isRuleWord(key) && !key.startsWith(WHERE))
  const params = paramsOf(name, fault.params, own)
  refuseMissing(name, fault.params, params)
  const rule = ruleOf(pairs)
  if (fault.corruption && !vocabulary.corruption && rule.corruption !== 'allow') throw new BrownoutError('CORRUPTION_REFUSED', { message: `${name} falsifies data`, hint: 'add corruption=allow where no data of worth can be reached' })
  if ((rule.for !== undefined) === standing) throw new BrownoutError('USAGE', { message: standing ? 'give either for=… or standing' : 'how long?', hint: 'for=30s, or standing until it is cleared' })
  const where = whereOf(pairs, protocol, tellsApart(fault))
  return {
    fault: name, on, ...(Object.keys(params).length > 0 ? { params } : {}), ...(Object.keys(where).length > 0 ? { where } : {}), ...rule, ...(standing ? { standing } : {}), ...(fault.corruption ? { corruption: 'allow' } : {}),
  }
}

/** One request for all its targets where it is a sequence of them. SCENARIO_UNKNOWN too. */
export function scenarioOf(name: string | undefined, words: readonly string[], vocabulary: Vocabulary): readonly InjectRequest[] {
  const { scenarios } = vocabulary
  const scenario = scenarios.get(name ?? '')
  if (!scenario) {
    const near = nearest(name ?? '', scenarios.keys())
    throw new BrownoutError('SCENARIO_UNKNOWN', { message: `no scenario is named "${name ?? ''}"`, hint: near ? `did you mean "${near}"?` : `there is ${[...scenarios.keys()].join(', ')}` })
  }
  const on = words.filter((word) => !word.includes('='))
  if (on.length === 0) throw new BrownoutError('USAGE', { message: 'a scenario needs a target', hint: `inject scenario ${scenario.name} ${[...vocabulary.targets.keys()][0] ?? 'TARGET'}` })
  for (const target of on) targetNamed(target, vocabulary)
  const pairs = pairsOf(words.filter((word) => word.includes('=')))
  const id = pairs.find(({ key }) => key === 'id')?.value
  const params = paramsOf(scenario.name, scenario.params, pairs.filter(({ key }) => key !== 'id'))
  return [{ scenario: scenario.name, on: on.length > 1 ? on : on[0] ?? '', ...(Object.keys(params).length > 0 ? { params } : {}), ...(id === undefined ? {} : { id: named(id) }) }]
}

function targetNamed(name: string, { targets }: Vocabulary): Protocol {
  const protocol = targets.get(name)
  if (protocol) return protocol
  const near = nearest(name, targets.keys())
  throw new BrownoutError('TARGET_UNKNOWN', { message: `no target is named "${name}"`, hint: near ? `did you mean "${near}"?` : `targets here: ${[...targets.keys()].join(', ')}` })
}

type RuleRequest = Pick<InjectRequest, 'for' | 'chance' | 'direction' | 'scope' | 'skip' | 'times' | 'sequence' | 'id' | 'corruption' | 'lease'>

const ruleOf = (pairs: readonly Pair[]): RuleRequest =>
  Object.assign({}, ...pairs.map(({ key, value }) => (isRuleWord(key) ? { [key]: READERS[key](value, key) } : {}))) as RuleRequest

const READERS: Readonly<Record<RuleWord, (value: string, key: string) => unknown>> = {
  for: (value, key) => timeOf(key, value), chance: chanceOf,
  direction: choiceOf, scope: choiceOf, corruption: choiceOf,
  skip: countOf, times: countOf,
  sequence(value) {
    const [, fail, pass] = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/.exec(value) ?? []
    if (fail === undefined) throw new BrownoutError('VALUE_INVALID', { message: `sequence: expected how many fail and then pass, such as 2/8, not "${value}"` })
    return { fail: Number(fail), pass: Number(pass) }
  },
  id: named, lease: (value) => value,
}

function choiceOf(value: string, key: string): string {
  const choices = CHOICES[key] ?? []
  if (!choices.includes(value)) throw new BrownoutError('VALUE_INVALID', { message: `${key}: expected ${choices.join(' or ')}, not "${value}"` })
  return value
}

function countOf(value: string, key: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new BrownoutError('VALUE_INVALID', { message: `${key}: expected a whole number, not "${value}"` })
  return Number(value)
}

function named(value: string): string {
  if (!NAME.test(value)) throw new BrownoutError('NAME_INVALID', { message: `"${value}" cannot be a name` })
  return value
}

/** `where.command=GET,SET`: one of several; a regular expression between slashes stays whole. */
function whereOf(pairs: readonly Pair[], protocol: Protocol, apart: ReturnType<typeof tellsApart>): Readonly<Record<string, Wanted>> {
  return Object.fromEntries(pairs.filter(({ key }) => key.startsWith(WHERE)).map(({ key, value }) => {
    const name = key.slice(WHERE.length)
    const all = value.startsWith('/') ? [value] : value.split(',')
    // A status and an opcode are compared as what they are: whichever reading fits is meant.
    const readings = [all.map(typed), all].map((values): Wanted => (values.length === 1 ? values[0] ?? '' : values))
    const problems = readings.map((wanted) => problemOf(name, wanted, protocol, apart))
    const fits = problems.indexOf(undefined)
    if (fits < 0) throw new BrownoutError('VALUE_INVALID', { message: `where.${problems[1]?.problem ?? name}`, hint: problems[1]?.hint })
    return [name, readings[fits] ?? '']
  }))
}

const typed = (value: string): string | number | boolean => (/^\d+$/.test(value) ? Number(value) : value === 'true' ? true : value === 'false' ? false : value)

function problemOf(name: string, wanted: Wanted, protocol: Protocol, apart: ReturnType<typeof tellsApart>): { readonly problem: string; readonly hint?: string } | undefined {
  if (name === 'client') return typeof wanted === 'string' && isClientPattern(wanted) ? undefined : { problem: `client: expected an address or a CIDR block, not "${String(wanted)}"` }
  if (name === 'from' || name === 'node') return typeof wanted === 'object' || typeof wanted === 'string' ? undefined : { problem: `${name}: expected text` }
  if (apart === 'connections') return { problem: `${name}: the fault acts on whole connections, which have no such thing`, hint: 'where.client and where.from tell connections apart' }
  return facetProblem(name, wanted, protocol, apart)
}
