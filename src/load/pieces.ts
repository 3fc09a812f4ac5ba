/** Texts with captured values put in. */

import { template } from './client.ts'
import { NO_DATA, type Data } from './data.ts'
import type { Guise, Piece, Text } from './spec.ts'

/** Values by name, as JSON had them. */
export type Values = ReadonlyMap<string, unknown>

/** Puts in the operation's number, its data and what was captured. Throws a URIError for a value that no URL can hold. */
export function rendered(pieces: readonly Piece[], data: Data = NO_DATA): (n: number, values: Values) => string {
  const parts = pieces.map((piece) => {
    if (typeof piece === 'string') return template(piece)
    if ('data' in piece) {
      const { data: name, column, as } = piece
      return (n: number) => GUISES[as](data(name, column, n))
    }
    const { capture, as } = piece
    return (_: number, values: Values) => GUISES[as](values.get(capture))
  })
  const [only] = parts
  return parts.length === 1 && only ? only : (n, values) => parts.map((part) => part(n, values)).join('')
}

/** The same of a text of which nothing is captured. */
export function renderedText(text: Text, data: Data = NO_DATA): (n: number) => string {
  if (typeof text === 'string') return template(text)
  const whole = rendered(text, data)
  return (n) => whole(n, NO_VALUES)
}
const NO_VALUES: Values = new Map()

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '')

const GUISES: Readonly<Record<Guise, (value: unknown) => string>> = {
  text: textOf,
  part: (value) => encodeURIComponent(textOf(value)),
  path: (value) => pathOf(textOf(value)),
  json: (value) => JSON.stringify(value) ?? 'null',
  string: (value) => JSON.stringify(textOf(value)).slice(1, -1),
}

/** Of a whole URL its path and query: where a request goes is the experiment's to say, not the answer's. */
function pathOf(text: string): string {
  if (!/^https?:\/\//i.test(text)) return text.startsWith('/') ? text : `/${text}`
  const { pathname, search } = URL.canParse(text) ? new URL(text) : { pathname: '/', search: '' }
  return `${pathname}${search}`
}
