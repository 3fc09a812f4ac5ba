/** What can come next at the prompt: commands, faults, parameters, targets and values. Pure. */

import type { Param } from '../core/params.ts'
import { formatParam } from '../core/params.ts'
import { FACETS, tellsApart } from '../match.ts'
import type { AnyFault } from '../fault.ts'
import { COMMANDS } from './command.ts'
import { CHOICES, RULE_WORDS, STANDING, WHERE } from './inject.ts'
import { acts, type Vocabulary } from './vocabulary.ts'
import { wordsOf } from './words.ts'

/** What is armed now. */
export interface Known { readonly id: string; readonly fault: string; readonly on: string }

export interface Completion {
  /** Whole words, each beginning with what is typed of it. */
  readonly candidates: readonly string[]
  /** The word that they stand in place of. */
  readonly word: string
}

const DURATIONS = ['10s', '30s', '1m', '5m'] as const
const SHARES = ['10%', '20%', '50%'] as const

/** Of a line up to the cursor. */
export function complete(line: string, vocabulary: Vocabulary, armed: readonly Known[]): Completion {
  const { words } = wordsOf(line)
  const fresh = line === '' || /\s$/.test(line)
  const before = (fresh ? words : words.slice(0, -1)).map(({ text }) => text)
  const word = fresh ? '' : words.at(-1)?.text ?? ''
  return { word, candidates: candidatesOf(before, word, vocabulary, armed).filter((one) => one.startsWith(word) && one !== word) }
}

function candidatesOf(before: readonly string[], word: string, vocabulary: Vocabulary, armed: readonly Known[]): readonly string[] {
  const [command, ...given] = before
  const ids = armed.map(({ id }) => id)
  switch (command) {
    case undefined: return Object.keys(COMMANDS)
    case 'inject': return injectable(given, word, vocabulary)
    case 'set': return given.length === 0 ? ids : changeable(vocabulary.faults.get(armed.find(({ id }) => id === given[0])?.fault ?? ''), given, word)
    case 'extend': return given.length === 0 ? ids : given.length === 1 ? DURATIONS : []
    case 'clear': return given.length === 0 ? [...ids, ...new Set(armed.map(({ on }) => on))] : []
    case 'mark': return given.length === 0 ? ['detected', 'mitigated'] : given.length === 1 ? ids : []
    case 'help': return given.length === 0 ? [...Object.keys(COMMANDS), ...vocabulary.faults.keys(), ...vocabulary.scenarios.keys()] : []
    case 'wait': return given.length === 0 ? ['5s', ...DURATIONS] : []
    default: return []
  }
}

function injectable([name, ...rest]: readonly string[], word: string, vocabulary: Vocabulary): readonly string[] {
  const { faults, scenarios, targets, steps } = vocabulary
  const spoken = [...targets.values()]
  if (name === undefined) return [...[...faults.values()].filter((fault) => spoken.some((protocol) => acts(fault, protocol))).map((fault) => fault.name), 'scenario', ...(steps.length > 0 ? ['step'] : [])]
  if (name === 'step') return rest.length === 0 ? steps : []
  if (name === 'scenario') {
    const scenario = scenarios.get(rest[0] ?? '')
    if (rest.length === 0) return [...scenarios.keys()]
    return scenario ? [...missing(targets.keys(), rest), ...valuesOrNames(scenario.params, rest, word, [])] : []
  }
  const fault = faults.get(name)
  if (!fault) return []
  const [on] = rest
  if (on === undefined) return [...targets].filter(([, protocol]) => acts(fault, protocol)).map(([target]) => target)
  const protocol = targets.get(on)
  const facets = protocol === undefined ? [] : ['client', 'from', ...(tellsApart(fault) === 'connections' ? [] : Object.keys(FACETS[protocol]))]
  return [
    ...valuesOrNames(fault.params, rest, word, [...RULE_WORDS.filter((key) => key !== 'lease' && (key !== 'corruption' || fault.corruption === true)), ...(word.startsWith(WHERE) ? facets.map((facet) => `${WHERE}${facet}`) : [])]),
    ...(rest.some((one) => one === STANDING || one.startsWith('for=')) ? [] : [STANDING]), ...(word.startsWith(WHERE) || facets.length === 0 ? [] : [WHERE]),
  ]
}

const changeable = (fault: AnyFault | undefined, given: readonly string[], word: string): readonly string[] => (fault ? valuesOrNames(fault.params, given, word, ['chance', 'for']) : [])

type Declared = Readonly<Record<string, Param<unknown>>>

/** `delay=` while the name is typed, then values for it. */
function valuesOrNames(declared: Declared, given: readonly string[], word: string, others: readonly string[]): readonly string[] {
  const at = word.indexOf('=')
  if (at > 0) return valuesOf(declared, word.slice(0, at)).map((value) => `${word.slice(0, at)}=${value}`)
  return missing([...Object.keys(declared), ...others].map((key) => `${key}=`), given.map((one) => `${one.split('=', 1)[0] ?? ''}=`))
}

function valuesOf(declared: Declared, key: string): readonly string[] {
  const param = Object.hasOwn(declared, key) ? declared[key] : undefined
  if (param) return param.kind === 'boolean' ? ['true', 'false'] : param.choices.length > 0 ? param.choices : param.initial === undefined ? [] : [formatParam(param.kind, param.initial)]
  return key === 'for' ? DURATIONS : key === 'chance' ? SHARES : CHOICES[key] ?? []
}

const missing = (all: Iterable<string>, given: readonly string[]): readonly string[] => [...all].filter((one) => !given.includes(one))

/** What all of them begin with. */
export function commonStart(words: readonly string[]): string {
  const [first = '', ...rest] = words
  let length = first.length
  for (const word of rest) while (!word.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}
