/** What is wrong with a file, collected so that all of it can be said at once. */

import { type BrownoutError, ERRORS, formatError, type ErrorCode, type Place } from '../core/errors.ts'

export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  readonly place: Place
  readonly hint: string
  readonly severity: 'error' | 'warning'
}

const MESSAGE_MAX = 400

/** Problems in the order in which they were found; no place has the same one twice. */
export class Problems {
  readonly #list: Problem[] = []
  readonly #said = new Set<string>()
  /** Places of errors, and of what rests on something that is wrong elsewhere. */
  readonly #doubted = new Set<string>()

  /** True once there is an error; warnings do not count. */
  get failed(): boolean { return this.#list.some(({ severity }) => severity === 'error') }

  error(code: ErrorCode, place: Place, message: string, hint?: string): void {
    this.doubt(place)
    this.#add('error', code, place, message, hint)
  }

  warning(code: ErrorCode, place: Place, message: string, hint?: string): void { this.#add('warning', code, place, message, hint) }

  /** What stands here cannot be judged: it rests on something that has been reported elsewhere. */
  doubt(place: Place): void { this.#doubted.add(keyOf(place)) }

  /** True where an error stands at exactly this place, or what stands there cannot be judged. */
  at(place: Place): boolean { return this.#doubted.has(keyOf(place)) }

  /** By file (in order of appearance), line and column. */
  sorted(): readonly Problem[] {
    const files = [...new Set(this.#list.map(({ place }) => place.file))]
    return [...this.#list].sort((a, b) => files.indexOf(a.place.file) - files.indexOf(b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column)
  }

  #add(severity: Problem['severity'], code: ErrorCode, place: Place, whole: string, hint: string = ERRORS[code].hint): void {
    const message = whole.length > MESSAGE_MAX ? `${whole.slice(0, MESSAGE_MAX - 1)}…` : whole
    const said = `${keyOf(place)} ${code} ${message}`
    if (this.#said.has(said)) return
    this.#said.add(said)
    this.#list.push({ severity, code, message, place, hint })
  }
}

const keyOf = ({ file, line, column }: Place): string => `${line}:${column}:${file}`

/** `cart.yaml:12:12: error FAULT_UNKNOWN: …` and, indented below it, the hint; a warning says `warning`. */
export const formatProblem = (problem: Problem): string => {
  const text = formatError(problem satisfies Pick<BrownoutError, 'code' | 'message' | 'place' | 'hint'>)
  return problem.severity === 'warning' ? text.replace(`error ${problem.code}`, `warning ${problem.code}`) : text
}
