/** The scalars and objects that schemas are made of: each reads what YAML gave and says plainly what it wanted. */

import * as z from 'zod'
import { describeParam, formatParam, isRamp, readParam, type Param } from '../core/params.ts'

/** What a person wrote, for a message; long text is cut. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text
}

const expected = (what: string) => ({ error: ({ input }: { readonly input?: unknown }) => `expected ${what}, not ${shown(input)}` })

export const text = (description: string) => z.string(expected('text')).min(1, expected('text')).max(4096, 'longer than 4,096 characters').meta({ description })
/** SQL, bodies: longer than a label. */
export const longText = (description: string) => z.string(expected('text')).max(65_536, 'longer than 65,536 characters').meta({ description })
export const flag = (description: string) => z.boolean(expected('true or false')).meta({ description })
export const oneOf = <const C extends readonly [string, ...string[]]>(choices: C, description: string) => z.enum(choices, expected(`one of ${choices.join(', ')}`)).meta({ description })
export const list = <T extends z.ZodType>(item: T, description: string, { max = 1000 } = {}) => z.array(item, expected('a list')).max(max, `more than ${max} entries`).meta({ description })
/** Names to values. */
export const table = <T extends z.ZodType>(value: T, description: string) => z.record(z.string(), value, expected('a mapping')).meta({ description })

/** A mapping in which an unknown key is an error; its message lists the known keys, for `did you mean`. */
export const strict = <S extends z.ZodRawShape>(shape: S, description = '') =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : `expected a mapping, not ${shown(issue.input)}`),
  }).meta(description ? { description } : {})

/** A number with its unit, read to base units by the same code as a fault's parameters; no ramp. */
export const measured = <T>(param: Param<T>) =>
  z.unknown().meta(scalarSchema(param)).transform((written, context): T => {
    const read = isRamp(written) ? { problem: `expected ${describeParam(param)}, not a ramp` } : readParam(param, written)
    if ('value' in read) return read.value as T
    context.addIssue({ code: 'custom', message: read.problem })
    return z.NEVER
  })

/** Whatever a signal is measured in: read once the signal is known. */
export const limit = (description: string) =>
  z.union([z.string(), z.number()], expected('a limit such as 100ms, 99%, 50/s, 3x or a number')).meta({ description })

/** A value for an environment variable, a query or a header: text, or a number or boolean as it prints. */
export const printable = (description: string) =>
  z.union([z.string(), z.number(), z.boolean()], expected('text')).meta({ description })

function scalarSchema(param: Param<unknown>): Record<string, unknown> {
  const unitless = param.kind === 'ratio' || param.kind === 'number' || param.kind === 'integer'
  const { doc, initial } = param
  return { description: `${doc} ${capital(describeParam(param))}.`, type: unitless ? ['number', 'string'] : 'string', ...(initial === undefined ? {} : { default: formatParam(param.kind, initial) }) }
}

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1)
