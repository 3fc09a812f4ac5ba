/** Prints the catalogue of faults, or one of them. */

import Table from 'cli-table3'
import { describeParam, formatParam, paramSchema, type Param } from '../core/params.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import type { AnyFault } from '../fault.ts'
import { faultNamed } from '../rule.ts'
import type { Context } from './command.ts'

export interface Args { readonly fault: string | undefined; readonly json: boolean }

export function runFaults({ fault: name, json }: Args, { registry, stdout, stderr }: Context): Exit {
  const chosen = name === undefined ? [...registry.values()] : [faultNamed(registry, name)]
  if (json) stdout.write(`${JSON.stringify(chosen.map(asJson), null, 2)}\n`)
  else stderr.write(name === undefined ? catalogue(chosen) : chosen.map(page).join('\n'))
  return EXIT.pass
}

const parameters = (fault: AnyFault): readonly [string, Param<unknown>][] => Object.entries<Param<unknown>>(fault.params)

function asJson(fault: AnyFault): Record<string, unknown> {
  const { name, summary, tests, correct, protocols, direction, on, example, corruption } = fault
  const params = Object.fromEntries(parameters(fault).map(([key, param]) => [key, { ...paramSchema(param), required: param.initial === undefined }]))
  return { name, summary, tests, correct, protocols, direction, on, corruption: corruption ?? false, params, example }
}

function catalogue(faults: readonly AnyFault[]): string {
  const width = Math.max(...faults.map(({ name }) => name.length))
  const lines = [...faults].sort((a, b) => a.name.localeCompare(b.name)).map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`)
  return `${lines.join('')}\n\`brownout faults NAME\` shows one with its parameters and an example.\n`
}

function page(fault: AnyFault): string {
  const { name, summary, tests, correct, protocols, direction, example, corruption } = fault
  const facts = [
    `${name}: ${summary}`,
    `  tests      ${tests}`,
    `  correct    ${correct}`,
    `  protocols  ${protocols.length ? protocols.join(', ') : 'all'}`,
    `  direction  ${direction} unless the rule says otherwise`,
    ...(corruption ? ['  corrupts   needs `corruption: allow` in the experiment'] : []),
  ]
  const table = new Table({ head: ['parameter', 'default', 'accepts', ''], style: { head: [], border: [], compact: true }, wordWrap: true, colWidths: [null, null, 40, 44] })
  for (const [key, param] of parameters(fault)) {
    table.push([key, param.initial === undefined ? 'required' : formatParam(param.kind, param.initial), describeParam(param), param.doc])
  }
  const rows = parameters(fault).length ? `\n${table.toString()}\n` : '\n  no parameters\n'
  return `${facts.join('\n')}\n${rows}\n  ${example.split('\n').join('\n  ')}\n`
}
