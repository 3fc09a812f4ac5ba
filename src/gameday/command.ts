/** What can be said at the prompt of a game day: one line, one command. Pure; whatever is wrong with a line is a BrownoutError with a hint. */

import type { ChangeRequest, InjectRequest, Mark } from '../control/contract.ts'
import { BrownoutError, nearest } from '../core/errors.ts'
import { parseDuration, type Ms } from '../core/units.ts'
import { injectionOf, scenarioOf } from './inject.ts'
import { pairsOf, type Pair } from './pairs.ts'
import type { Vocabulary } from './vocabulary.ts'
import { wordsOf } from './words.ts'

export type Order =
  | { readonly do: 'inject'; readonly requests: readonly InjectRequest[] }
  /** A step of the experiment's method, by its name. */
  | { readonly do: 'step'; readonly step: string }
  /** Typed once it is known which fault `id` is. */
  | { readonly do: 'set'; readonly id: string; readonly pairs: readonly Pair[] }
  | { readonly do: 'extend'; readonly id: string; readonly change: ChangeRequest }
  /** An injection, all on a target, or everything. */
  | { readonly do: 'clear'; readonly what: string | undefined }
  | { readonly do: 'note'; readonly text: string }
  | { readonly do: 'mark'; readonly mark: Mark; readonly text: string }
  | { readonly do: 'halt' | 'resume'; readonly reason: string }
  | { readonly do: 'export'; readonly file: string | undefined }
  | { readonly do: 'help'; readonly about: string | undefined }
  | { readonly do: 'wait'; readonly length: Ms }
  | { readonly do: 'undo' | 'pause' | 'status' | 'timeline' | 'quit' }

export interface CommandDoc { readonly usage: string; readonly says: string; /** Does nothing to the system under test. */ readonly harmless: boolean }
const acts = (usage: string, says: string): CommandDoc => ({ usage, says, harmless: false })
const tells = (usage: string, says: string): CommandDoc => ({ usage, says, harmless: true })

/** In the order of the help. */
export const COMMANDS = {
  inject: acts('inject FAULT TARGET [PARAM=VALUE …] for=30s|standing', 'arms a fault; also chance=20% where.KEY=VALUE direction=to_client skip=N times=N sequence=2/8 id=NAME. `inject scenario NAME TARGET … [PARAM=VALUE …]`, `inject step NAME` of the file'),
  set: acts('set ID PARAM=VALUE …', 'changes parameters or chance of what is armed; for=30s counts from now'),
  extend: acts('extend ID 30s', 'lets it last longer'),
  clear: acts('clear [ID|TARGET]', 'ends one fault, those of a target, or all'),
  undo: acts('undo', 'takes back the last inject, set, extend or clear'),
  pause: acts('pause', 'clears everything and remembers it'),
  resume: acts('resume [REASON]', 'arms again what `pause` cleared; after `halt` allows new faults'),
  halt: acts('halt [REASON]', 'heals everything at once, and refuses new faults until `resume`'),
  note: tells('note TEXT', 'writes it into the timeline'),
  mark: tells('mark detected|mitigated [ID] [TEXT]', 'now it was noticed, or dealt with: of that injection, or of the last one'),
  status: tells('status', 'targets, armed faults, what is measured'),
  timeline: tells('timeline', 'what was done, by whom and when'),
  export: tells('export [FILE]', 'saves the session as an experiment that can be run again'),
  wait: tells('wait 5s', 'lets time pass; for scripts'),
  help: tells('help [COMMAND|FAULT]', 'this list, or one of it'),
  quit: tells('quit', 'heals, watches the recovery, writes the report'),
} as const satisfies Readonly<Record<string, CommandDoc>>
export type CommandName = keyof typeof COMMANDS
export const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name)

/** Undefined for a line that says nothing: empty, or a comment. USAGE, and what is wrong with the fault that is meant. */
export function parseCommand(line: string, vocabulary: Vocabulary): Order | undefined {
  const { words, open } = wordsOf(line)
  const [first, ...rest] = words.map(({ text }) => text)
  if (first === undefined || first.startsWith('#')) return undefined
  if (open) throw new BrownoutError('USAGE', { message: `a quote ${open} is not closed`, hint: `for a quote itself write \\${open}` })
  if (!isCommand(first)) {
    const near = nearest(first, Object.keys(COMMANDS))
    throw new BrownoutError('USAGE', { message: `there is no command "${first}"`, hint: near ? `did you mean "${near}"?` : '`help` lists the commands' })
  }
  return READERS[first](rest, { line, vocabulary })
}

interface Given { readonly line: string; readonly vocabulary: Vocabulary }
type Read = (words: readonly string[], given: Given) => Order

const READERS: Readonly<Record<CommandName, Read>> = {
  inject(words, { vocabulary }) {
    const [kind, name, ...more] = words
    if (kind === 'scenario') return { do: 'inject', requests: scenarioOf(name, more, vocabulary) }
    if (kind === 'step') return { do: 'step', step: knownStep(one('inject', words.slice(1)), vocabulary) }
    return { do: 'inject', requests: [injectionOf(words, vocabulary)] }
  },
  set([id, ...pairs]) {
    if (id === undefined || pairs.length === 0) throw misused('set')
    return { do: 'set', id, pairs: pairsOf(pairs) }
  },
  extend(words) {
    const [id, by, ...more] = words
    if (id === undefined || by === undefined || more.length > 0) throw misused('extend')
    duration(by)
    return { do: 'extend', id, change: { extend: by } }
  },
  clear: (words) => ({ do: 'clear', what: atMostOne('clear', words) }),
  note: (_, { line }) => ({ do: 'note', text: needed('note', restOf(line)) }),
  mark(words, { line }) {
    const [mark] = words
    if (mark !== 'detected' && mark !== 'mitigated') throw misused('mark')
    return { do: 'mark', mark, text: restOf(restOf(line)) }
  },
  halt: (_, { line }) => ({ do: 'halt', reason: restOf(line) }),
  resume: (_, { line }) => ({ do: 'resume', reason: restOf(line) }),
  export: (words) => ({ do: 'export', file: atMostOne('export', words) }),
  help: (words) => ({ do: 'help', about: atMostOne('help', words) }),
  wait: (words) => ({ do: 'wait', length: duration(one('wait', words)) }),
  undo: (words) => ({ do: none('undo', words) }),
  pause: (words) => ({ do: none('pause', words) }),
  status: (words) => ({ do: none('status', words) }),
  timeline: (words) => ({ do: none('timeline', words) }),
  quit: (words) => ({ do: none('quit', words) }),
}

/** What comes behind the first word, as it was written. */
const restOf = (line: string): string => line.trim().replace(/^\S+\s*/, '')

const misused = (command: CommandName): BrownoutError => new BrownoutError('USAGE', { message: `${command} is used otherwise`, hint: COMMANDS[command].usage })

function needed(command: CommandName, text: string): string {
  if (text === '') throw misused(command)
  return text
}

function one(command: CommandName, words: readonly string[]): string {
  const [word, ...more] = words
  if (word === undefined || more.length > 0) throw misused(command)
  return word
}

const atMostOne = (command: CommandName, words: readonly string[]): string | undefined => (words.length === 0 ? undefined : one(command, words))

function none<C extends CommandName>(command: C, words: readonly string[]): C {
  if (words.length > 0) throw misused(command)
  return command
}

function duration(text: string): Ms {
  const length = parseDuration(text)
  if (length === undefined || length <= 0) throw new BrownoutError('USAGE', { message: `expected a time such as 500ms, 30s or 2m, not "${text}"` })
  return length
}

function knownStep(name: string, { steps }: Vocabulary): string {
  if (steps.includes(name)) return name
  const near = nearest(name, steps)
  throw new BrownoutError('STEP_UNKNOWN', { message: `the file has no step "${name}" that injects a fault`, hint: near ? `did you mean "${near}"?` : steps.length > 0 ? `steps here: ${steps.join(', ')}` : 'its method is empty' })
}
