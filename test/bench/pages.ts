/** The pages of docs/ that are made from the source. */

import { catalogue } from '../../faults/catalogue.ts'
import { faults } from '../../faults/index.ts'
import { describeParam, type Param } from '../../src/core/params.ts'
import type { AnyFault } from '../../src/fault.ts'
import { ERRORS } from '../../src/core/errors.ts'

const errorPage = (): string => [
  '# Errors', '',
  'Every way in which brownout can say no: the code that stands in its message, what it means, what to do, and the exit code of the command.', '',
  'Made by `make docs` from the table of errors; do not edit.', '',
  '| code | what it means | what to do | exit |', '| --- | --- | --- | --- |',
  ...Object.entries(ERRORS).map(([code, { means, hint, exit }]) => `| \`${code}\` | ${cell(means)} | ${cell(hint)} | ${exit} |`), '',
].join('\n')

const cell = (text: string): string => text.replaceAll('|', '\\|')

const TYPES = `/** Faults and their parameters by name, and the codes of errors. Made by \`make docs\` from the catalogue; do not edit. */

/** "250ms", "10s", "1m30s", or a number of milliseconds. */
export type Time = string | number
/** "512B", "64KiB", or a number of bytes. */
export type Size = string | number
/** "64KiB/s", or a number of bytes a second. */
export type Throughput = string | number
/** "100/s", or a number a second. */
export type Rate = string | number
/** "20%" or 0.2. */
export type Share = string | number
/** A value that moves over time from when the fault is armed, then stays. */
export interface Ramp<Value> { readonly from: Value; readonly to: Value; readonly over: Time }
`

const KINDS = { duration: 'Time', size: 'Size', byteRate: 'Throughput', rate: 'Rate', ratio: 'Share', number: 'number', integer: 'number', text: 'string', boolean: 'boolean', choice: '' } as const

function typeOf({ kind, choices, shape }: Param<unknown>): string {
  if (kind === 'choice') return choices.map((one) => JSON.stringify(one)).join(' | ')
  return kind === 'text' || kind === 'boolean' || shape ? (kind === 'integer' ? 'number | string' : KINDS[kind]) : `${KINDS[kind]} | Ramp<${KINDS[kind]}>`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const typesPage = (): string => `${TYPES}
export interface FaultParams {
${(faults as readonly AnyFault[]).map(({ name, summary, params }) => `  /** ${summary} */
  readonly '${name}': ${Object.keys(params).length === 0 ? 'Record<string, never>' : `{
${Object.entries<Param<unknown>>(params).map(([param, of]) => `    /** ${of.doc} ${capital(describeParam(of))}. */\n    readonly ${param}${of.initial === undefined ? '' : '?'}: ${typeOf(of)}\n`).join('')}  }`}`).join('\n')}
}

export type ErrorCode =
${Object.keys(ERRORS).map((code) => `  | '${code}'`).join('\n')}
`

/** By file, from the project's root. */
export const pages = (): Readonly<Record<string, string>> => ({ 'docs/errors.md': errorPage(), 'docs/faults.md': catalogue(faults), 'types/faults.d.ts': typesPage() })
