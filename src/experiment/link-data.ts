/** `data:`: values that operations differ by. */

import { readRows, type DataSource } from '../load/data.ts'
import { oneKind } from './link-requests.ts'
import { fromFile, type LinkedData, type Linking } from './linking.ts'
import type { Named } from './read.ts'
import { NAME, type DataInput } from './schema.ts'

const KINDS = ['file', 'sequence', 'uniform', 'zipf', 'choice', 'uuid'] as const
/** The table of a zipf has a cell for each. */
const ZIPF_MAX = 1_000_000

export function linkData(linking: Pick<Linking, 'reader' | 'cwd'>, { name, path, input }: Named<DataInput>): LinkedData | undefined {
  const { reader } = linking
  if (!NAME.test(name)) reader.failKey('NAME_INVALID', path, `"${name}" cannot be a name`)
  if (!input) return undefined
  const kind = oneKind(linking, path, input, KINDS)
  if (!kind) return undefined
  const { pick, uniform, zipf, sequence, choice = [] } = input
  if (pick !== undefined && kind !== 'file') reader.failKey('KEY_UNKNOWN', [...path, 'pick'], `\`pick\` means nothing with ${kind}`, 'take it out')
  const range = uniform ?? zipf ?? sequence
  if (range && range.to < range.from) reader.fail('VALUE_INVALID', [...path, kind], `${kind}: \`to\` is below \`from\``)
  const plain = (source: DataSource): LinkedData => ({ source, columns: undefined })
  switch (kind) {
    case 'file': return linkFile(linking, path, input.file ?? '', pick ?? 'sequence')
    case 'uniform': return uniform && plain({ kind, ...uniform })
    case 'sequence': return sequence && plain({ kind, from: sequence.from, to: sequence.to, step: sequence.step ?? 1 })
    case 'zipf': {
      if (zipf && zipf.to - zipf.from >= ZIPF_MAX) reader.fail('VALUE_INVALID', [...path, kind], `zipf: at most ${ZIPF_MAX} values`)
      return zipf && plain({ kind, from: zipf.from, to: zipf.to, exponent: zipf.exponent ?? 1 })
    }
    case 'choice': return plain({ kind, of: choice })
    case 'uuid': return plain({ kind })
  }
}

function linkFile(linking: Pick<Linking, 'reader' | 'cwd'>, path: Named<DataInput>['path'], written: string, pick: 'sequence' | 'random'): LinkedData | undefined {
  const file = fromFile(linking, [...path, 'file'], written)
  try {
    const [first = {}] = readRows(file)
    return { source: { kind: 'file', file, pick }, columns: new Set(Object.keys(first)) }
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return void linking.reader.fail('FILE_UNREADABLE', [...path, 'file'], `${file}: ${why}`, 'a CSV file with a first line of names, or JSON objects, a list or a line each')
  }
}
