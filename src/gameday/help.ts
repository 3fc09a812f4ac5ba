/** What `help` says. */

import { BrownoutError, nearest } from '../core/errors.ts'
import { describeParam, formatParam, type Param } from '../core/params.ts'
import { COMMANDS, isCommand } from './command.ts'
import type { Vocabulary } from './vocabulary.ts'

export function helpLines(about: string | undefined, { faults, scenarios }: Vocabulary): readonly string[] {
  if (about === undefined) return Object.values(COMMANDS).flatMap(({ usage, says }) => [`  ${usage}`, `      ${says}`])
  if (isCommand(about)) return [`  ${COMMANDS[about].usage}`, `      ${COMMANDS[about].says}`]
  const fault = faults.get(about)
  if (fault) return [`  ${fault.name}: ${fault.summary}`, ...paramLines(fault.params)]
  const scenario = scenarios.get(about)
  if (scenario) return [`  ${scenario.name}: ${scenario.summary}`, ...paramLines(scenario.params)]
  const near = nearest(about, [...Object.keys(COMMANDS), ...faults.keys(), ...scenarios.keys()])
  throw new BrownoutError('USAGE', { message: `there is no help on "${about}"`, hint: near ? `did you mean "${near}"?` : '`help` lists the commands, `brownout faults` the faults' })
}

const paramLines = (params: Readonly<Record<string, Param<unknown>>>): readonly string[] => Object.entries(params).flatMap(([name, param]) =>
  [`    ${name}=${param.initial === undefined ? '…' : formatParam(param.kind, param.initial)}`, `        ${param.doc} (${describeParam(param)})`])
