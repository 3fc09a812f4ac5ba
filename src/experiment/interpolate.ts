/** Puts variables into the values of a file, and remembers which of them are secrets. */

import { isSecretName, passwordsOf } from '../core/redact.ts'
import { nearest } from '../core/errors.ts'
import { partsOf } from './references.ts'
import type { Problems } from './problem.ts'
import { isMap, type Entry, type Path, type Places, type Tree, type TreeMap } from './tree.ts'

export interface Scope {
  readonly env: NodeJS.ProcessEnv
  /** Undefined: it is declared, and what is wrong with it has been said. */
  readonly vars: ReadonlyMap<string, string | undefined>
  readonly packageRoot: string
}

/** Sections whose texts may speak of listeners that are not open yet. */
const LATE_SECTIONS: ReadonlySet<PropertyKey> = new Set(['vars', 'app', 'apps', 'load', 'probes'])
/** Known only when the listeners are open: also the words of a step's commands. */
const isLate = ([section = '', , key]: Path): boolean => LATE_SECTIONS.has(section) || (section === 'method' && (key === 'run' || key === 'undo'))

/** Collects what must be shown to nobody. */
export class Secrets {
  readonly #values = new Set<string>()

  get values(): readonly string[] { return [...this.#values] }

  /** Notes what of a named value is secret: all of it, or the password where it is a URL. */
  note(name: string, value: string): void {
    for (const password of passwordsOf(value)) this.#values.add(password)
    // Something like a URL with a user, which cannot be taken apart: then all of it is.
    const unread = /^[a-z][a-z0-9+.-]{0,20}:\/\/\S*@/i.test(value) && !URL.canParse(value)
    if (value !== '' && (unread || (isSecretName(name) && !value.includes('://')))) this.#values.add(value)
  }
}

export class Interpolator {
  readonly #scope: Scope
  readonly #places: Places
  readonly #problems: Problems
  readonly #secrets: Secrets
  readonly #done = new Map<object, Tree>()

  constructor(scope: Scope, places: Places, problems: Problems, secrets: Secrets) {
    this.#scope = scope
    this.#places = places
    this.#problems = problems
    this.#secrets = secrets
  }

  /** A copy of `value` with everything put in that is known; its places are those of the original. */
  tree(value: Tree, entry: Entry | undefined, path: Path = []): Tree {
    if (typeof value === 'string') return value.includes('${') ? this.text(value, entry, path) : this.#literal(value, path)
    if (typeof value !== 'object' || value === null) return value
    const done = this.#done.get(value)
    if (done !== undefined) return done
    const copy: Tree[] | TreeMap = Array.isArray(value) ? [] : {}
    this.#done.set(value, copy)
    for (const [key, child] of Object.entries(value)) {
      const where = this.#places.get(value, key)
      const tree = this.tree(child, where ?? entry, [...path, key])
      if (isMap(copy)) copy[key] = tree
      else copy.push(tree)
      if (where) this.#places.set(copy, key, where)
    }
    return copy
  }

  text(text: string, entry: Entry | undefined, path: Path): string {
    const wrong = (message: string, hint?: string): string => {
      if (entry) this.#problems.error('VARIABLE_UNKNOWN', entry.value, message, hint)
      return ''
    }
    // Where listeners are spoken of the text is read once more when they are open: a literal ${ must come through until then.
    const late = isLate(path)
    const literal = (known: string): string => (late ? known.replaceAll('${', () => '$${') : known)
    const whole = partsOf(text).map((part) => {
      if (typeof part === 'string') return literal(part)
      switch (part.kind) {
        case 'variable': {
          const value = this.#variable(part.name, part.otherwise)
          return value === undefined ? wrong(`the variable ${part.name} is not set`, `set it, or give a default: \${${part.name}:-text}`) : literal(value)
        }
        case 'vars': {
          if (path[0] === 'vars') return wrong('a variable of `vars:` cannot refer to another')
          const value = this.#scope.vars.get(part.name)
          if (value === undefined && this.#scope.vars.has(part.name)) {
            if (entry) this.#problems.doubt(entry.value)
            return ''
          }
          if (value !== undefined) return late ? value : value.replaceAll('$${', '${')
          const near = nearest(part.name, this.#scope.vars.keys())
          return wrong(`\`vars:\` has no "${part.name}"`, near ? `did you mean "${near}"?` : `declare it under \`vars:\`, or give --var ${part.name}=…`)
        }
        case 'package': return this.#scope.packageRoot
        case 'late': return late ? `\${${part.text}}` : wrong(`\${${part.text}} is not known yet here`, 'it can stand in app, apps, load, probes, and the commands of a step')
        case 'capture': return path[0] === 'load' && (path[2] === 'journey' || path[2] === 'journeys') ? `\${capture.${part.name}}` : wrong(`\${capture.${part.name}} stands for nothing here`, 'it can stand in a step of a journey, after the one that captures it')
        case 'data': {
          const written = `data.${part.name}${part.column === undefined ? '' : `.${part.column}`}`
          return path[0] === 'load' ? `\${${written}}` : wrong(`\${${written}} stands for nothing here`, 'it can stand in what a load sends')
        }
        case 'wrong': return wrong(`\${${part.text}} ${part.why}`, 'for a literal ${ write $${')
      }
    }).join('')
    return this.#literal(whole, path)
  }

  #variable(name: string, otherwise: string | undefined): string | undefined {
    const value = this.#scope.env[name]
    const used = value === undefined || (value === '' && otherwise !== undefined) ? otherwise : value
    if (used !== undefined) this.#secrets.note(name, used)
    return used
  }

  /** A whole text is looked through: a password can stand in the file itself, or be put together there. */
  #literal(text: string, path: Path): string {
    this.#secrets.note(isSection(path) ? String(path.at(-1)) : '', text)
    return text
  }
}

/** Under `env:`, `headers:` and `vars:` the key is the name that tells a secret. */
const isSection = (path: Path): boolean => path.at(-2) === 'env' || path.at(-2) === 'headers' || path.at(-2) === 'vars'

/** Plain data as text of a file; `${` in it stands for itself. */
export const literal = (value: unknown): string => JSON.stringify(value).replaceAll('${', '$${')
