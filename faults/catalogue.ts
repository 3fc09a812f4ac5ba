/** The page of docs on faults, made from the faults themselves: docs/faults.md is this, and a test keeps it so. */

import { formatParam, type Param, type ParamKind } from '../src/core/params.ts'
import type { AnyFault } from '../src/fault.ts'

const TAKES: Readonly<Record<ParamKind, string>> = {
  duration: 'duration', size: 'size', byteRate: 'bytes a second', rate: 'rate', ratio: 'share', number: 'number', integer: 'whole number',
  choice: 'one of', text: 'text', boolean: 'true or false',
}
const HIT: Readonly<Record<AnyFault['direction'], string>> = {
  'to-server': 'what goes to the server', 'to-client': 'what goes to the client', both: 'both directions',
}

const INTRO = `# Faults

What a step of an experiment can inject. Which connections are hit, how often and for how long is said by the step (\`where\`, \`direction\`, \`chance\`,
\`times\`, \`skip\`, \`sequence\`, \`for\`), the same for every fault. Any numeric parameter takes a ramp in place of its value:
\`{ from: 0ms, to: 500ms, over: 20s }\`. When a fault ends, by its time or otherwise, what it held goes on at once and in order.

Made by \`make docs\` from the faults; do not edit.
`

/** Markdown: an overview, then a section for each fault, in the order given. */
export function catalogue(faults: readonly AnyFault[]): string {
  const overview = faults.map((fault) => `| [${fault.name}](#${fault.name}) | ${fault.summary} |`)
  return [INTRO, '| fault | what it does |\n| --- | --- |', ...overview, '', faults.map(section).join('\n')].join('\n')
}

function section(fault: AnyFault): string {
  const params = Object.entries<Param<unknown>>(fault.params)
  const table = ['| parameter | takes | default | what it means |', '| --- | --- | --- | --- |', ...params.map(([name, param]) => row(name, param)), '']
  return [
    `## ${fault.name}`, '', fault.summary,
    ...(fault.corruption ? ['', '**Corruption**: it makes two parties disagree on purpose and needs `corruption: allow` in the experiment.'] : []),
    '', ...(params.length > 0 ? table : ['No parameters.', '']),
    ...(flows(fault) ? [`- Acts on ${HIT[fault.direction]}, unless the step gives a \`direction\`.`] : []),
    ...(fault.scope === 'connection' ? ['- `chance`, `times`, `skip` and `sequence` count connections, unless the step gives a `scope`.'] : []),
    `- Speaks ${fault.protocols.length === 0 ? 'any protocol' : fault.protocols.join(', ')}.`,
    `- *Tests*: ${fault.tests}`,
    `- *A correct application*: ${fault.correct}`,
    '', '```yaml', `- ${fault.example}`, '```', '',
  ].join('\n')
}

/** Whether it is shown what goes one way or the other: whole connections and listeners have no direction. */
const flows = ({ on }: AnyFault): boolean => on.includes('bytes') || on.includes('end')

function row(name: string, { kind, doc, initial, min, max, choices }: Param<unknown>): string {
  const bounds = kind === 'choice' ? ` ${choices.join(', ')}` : kind === 'text' || kind === 'boolean' ? '' : `, ${formatParam(kind, min)} to ${formatParam(kind, max)}`
  return `| \`${name}\` | ${TAKES[kind]}${bounds} | ${initial === undefined ? 'must be given' : formatParam(kind, initial)} | ${doc} |`
}
