/** Values that operations differ by: rows of a file, or drawn. Each is a function of the operation's number and the seed, whichever process asks. */

import { readFileSync, statSync } from 'node:fs'
import { randomAt } from '../core/random.ts'
import { assertNever } from '../core/units.ts'
import { readTable, type Row } from './table.ts'

/** Whole numbers, both ends among them. */
interface Range { readonly from: number; readonly to: number }
export type DataSource =
  /** `file` is an absolute path; CSV with a first line of names, or JSON objects, a list or a line each. */
  | { readonly kind: 'file'; readonly file: string; readonly pick: 'sequence' | 'random' }
  /** One after another by `step`, then again from the first. */
  | ({ readonly kind: 'sequence'; readonly step: number } & Range)
  | ({ readonly kind: 'uniform' } & Range)
  /** The i-th of them as often as 1 / i^exponent. */
  | ({ readonly kind: 'zipf'; readonly exponent: number } & Range)
  | { readonly kind: 'choice'; readonly of: readonly (string | number | boolean)[] }
  | { readonly kind: 'uuid' }

export const DATA_BYTES_MAX = 64 * 1024 * 1024

/** What stands for an operation: a row, or one value. */
type Draw = (n: number) => unknown
/** The value of a source, or of a column of it, for operation `n`; undefined where there is none. */
export type Data = (name: string, column: string | undefined, n: number) => unknown

export const NO_DATA: Data = () => undefined

/** Reads the files at once. Throws what the system says, and SyntaxError for a file that is no table. */
export function openData(sources: Readonly<Record<string, DataSource>>, seed: number): Data {
  const draws = new Map(Object.entries(sources).map(([name, source]) => [name, drawOf(source, randomAt(seed, `data/${name}`))]))
  return (name, column, n) => {
    const value = draws.get(name)?.(n)
    return column === undefined ? value : typeof value === 'object' && value !== null && Object.hasOwn(value, column) ? (value as Row)[column] : undefined
  }
}

/** The rows of a file. */
export function readRows(file: string): readonly Row[] {
  if (statSync(file).size > DATA_BYTES_MAX) throw new SyntaxError(`it is larger than ${DATA_BYTES_MAX / 1024 ** 2} MiB`)
  return readTable(readFileSync(file, 'utf8'), file.toLowerCase().endsWith('.csv'))
}

function drawOf(source: DataSource, random: (n: number) => number): Draw {
  switch (source.kind) {
    case 'file': {
      const rows = readRows(source.file)
      return source.pick === 'random' ? (n) => rows[Math.floor(random(n) * rows.length)] : (n) => rows[n % rows.length]
    }
    case 'sequence': {
      const { from, to, step } = source
      const count = Math.floor((to - from) / step) + 1
      return (n) => from + (n % count) * step
    }
    case 'uniform': return (n) => source.from + Math.floor(random(n) * (source.to - source.from + 1))
    case 'zipf': return zipf(source, random)
    case 'choice': return (n) => source.of[Math.floor(random(n) * source.of.length)]
    case 'uuid': return (n) => uuid(Array.from({ length: 4 }, (_, i) => random(4 * n + i)))
    default: return assertNever(source)
  }
}

/** By a table of sums: one search a draw. */
function zipf({ from, to, exponent }: { readonly from: number; readonly to: number; readonly exponent: number }, random: (n: number) => number): Draw {
  const sums = new Float64Array(to - from + 1)
  let sum = 0
  for (let i = 0; i < sums.length; i++) sums[i] = sum += (i + 1) ** -exponent
  return (n) => {
    const wanted = random(n) * sum
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) > wanted) high = middle
      else low = middle + 1
    }
    return from + low
  }
}

/** Of version 4, with random bits from four draws. (RFC 9562, 5.4) */
function uuid(draws: readonly number[]): string {
  const hex = draws.map((one) => Math.floor(one * 2 ** 32).toString(16).padStart(8, '0')).join('')
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
