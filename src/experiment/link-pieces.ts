/** Texts of loads in which values stand that are known only with each operation: captured by a step before, or of `data:`. */

import type { Guise, LoadSpec, Piece, Text } from '../load/spec.ts'
import { partsOf } from './references.ts'
import { isMap, type Tree } from './tree.ts'

/** A text cut where such values stand in it; what else stands for something is left as it is written. */
export const pieces = (text: string, as: Guise): readonly Piece[] => merged(partsOf(text).map((part): Piece => {
  if (typeof part === 'string') return part.replaceAll('${', () => '$${')
  switch (part.kind) {
    case 'capture': return { capture: part.name, as }
    case 'data': return { data: part.name, ...(part.column === undefined ? {} : { column: part.column }), as }
    case 'late': return `\${${part.text}}`
    default: return ''
  }
}))

/** As it is written where nothing of the kind stands in it. */
export function textOf(text: string, as: Guise): Text {
  const cut = pieces(text, as)
  return cut.every((piece) => typeof piece === 'string') ? text : cut
}

/** A value that is nothing but such a one has its type. */
export function jsonPieces(value: Tree): readonly Piece[] {
  if (typeof value === 'string') {
    const [only, ...more] = pieces(value, 'string')
    return typeof only === 'object' && more.length === 0 ? [{ ...only, as: 'json' }] : quoted(value)
  }
  if (Array.isArray(value)) return ['[', ...value.flatMap((one, i) => [...(i > 0 ? [','] : []), ...jsonPieces(one)]), ']']
  if (!isMap(value)) return [JSON.stringify(value)]
  return ['{', ...Object.entries(value).flatMap(([key, one], i) => [...(i > 0 ? [','] : []), ...quoted(key), ':', ...jsonPieces(one)]), '}']
}

/** JSON as text where nothing of the kind stands in it. */
export function jsonText(value: Tree): Text {
  const cut = merged(jsonPieces(value))
  return cut.every((piece) => typeof piece === 'string') ? JSON.stringify(value) : cut
}

const quoted = (text: string): readonly Piece[] => ['"', ...pieces(text, 'string').map((piece) => (typeof piece === 'string' ? JSON.stringify(piece).slice(1, -1) : piece)), '"']

export function merged(all: readonly Piece[]): readonly Piece[] {
  const whole: Piece[] = []
  for (const piece of all) {
    const last = whole.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') whole[whole.length - 1] = last + piece
    else whole.push(piece)
  }
  return whole
}

/** Whether anything of `data:` stands in it. */
export const usesData = (send: LoadSpec['send']): boolean => holdsData(send)

const holdsData = (value: unknown): boolean =>
  (Array.isArray(value) ? value.some(holdsData) : isMap(value) ? typeof value['data'] === 'string' && 'as' in value || Object.values(value).some(holdsData) : false)
