/** What a plan would do, in a few lines for people. */

import { redact } from '../core/redact.ts'
import { formatParam } from '../core/params.ts'
import { formatDuration, formatRate, ms, type Ms } from '../core/units.ts'
import { formatAddress } from '../proxy/address.ts'
import type { LoadSpec, Text } from '../load/spec.ts'
import type { Plan, PlannedTarget, Step } from './plan.ts'
import { planSpans } from './step-times.ts'

/** Lines of text, each with its end; no secrets. */
export function summarise(plan: Plan): string {
  const rows: (readonly [string, string])[] = [
    ['name', plan.name], ['question', plan.question],
    ['targets', plan.targets.map(targetText).join('\n')],
    ['app', plan.apps.map(({ name, command }) => `${name ? `${name}: ` : ''}${command.join(' ')}`).join('\n')],
    ['load', plan.loads.map(loadText).join('\n')],
    ['probes', plan.probes.map(({ name, check, when }) => `${name}: ${check.kind} ${'at' in when ? `at ${when.at}` : `every ${formatDuration(when.every)}`}`).join('\n')],
    ['method', plan.method.map(stepText).join('\n')],
    ...(plan.profile ? [['profiles', `${plan.profile.app}, before and ${plan.profile.during === 'fault' ? 'under the fault' : `in ${plan.profile.during}`}, every ${formatDuration(plan.profile.interval)}`] as const] : []),
    ['must hold', plan.steadyState.map(({ text }) => text).join('\n')],
    ['expects', plan.expect.map(({ text }) => text).join('\n')],
    ...(plan.only === 'load' ? [['measures', formatDuration(plan.windows.baseline)] as const] : []),
    ['takes', `about ${formatDuration(lengthOf(plan))}${plan.repeat > 1 ? `, ${plan.repeat} times` : ''}`],
  ]
  return redact(rows.filter(([, text]) => text !== '').map(([head, text]) => `  ${head.padEnd(10)}${text.replaceAll('\n', `\n${' '.repeat(12)}`)}\n`).join(''), plan.secrets)
}

/** From warmup to the end of recovery; what people and real commands take comes on top. */
export function lengthOf({ windows: { warmup, baseline, recovery }, method }: Pick<Plan, 'windows' | 'method'>): Ms {
  return ms(warmup + baseline + Math.max(0, ...[...planSpans(method).values()].map(({ to }) => to)) + recovery)
}

const targetText = ({ spec: { name, protocol, upstream, cluster }, demo, app, via }: PlannedTarget): string =>
  `${name}: ${protocol} at ${demo ? `a ${demo} server that is started for the run` : app !== undefined ? `the application${app && ` ${app}`}` : formatAddress(upstream)}${cluster ? ' and the servers that it names' : ''}${via ? ` via the Toxiproxy at ${via.server}` : ''}`

function loadText(load: LoadSpec): string {
  const { name, send, rate, connections } = load
  switch (send.kind) {
    case 'http': return `${name}: ${send.method} ${written(send.url)} ${paceText(load)}`
    case 'journeys': return `${name}: ${send.of.map((one) => `${one.name} (${one.weight})`).join(', ')} ${paceText(load)}`
    case 'journey': return `${name}: ${send.steps.map((step) => (step.kind === 'think' ? `think ${formatDuration(step.length)}` : step.name)).join(', ')} ${paceText(load)}`
    case 'redis': return `${name}: redis ${send.command.map(written).join(' ')} ${paceText(load)}`
    case 'postgres': return `${name}: postgres ${send.sql} ${paceText(load)}`
    case 'program': return `${name}: runs ${send.argv.join(' ')} ${paceText(load)}`
    case 'driven': return `${name}: ${send.driver === 'command' ? [send.file, ...send.args].join(' ') : `${send.driver} ${send.file}`}${send.users === undefined ? '' : ` with ${send.users} users`}${(send.workers ?? 1) > 1 ? ` on ${send.workers} workers` : ''}`
    case 'websocket': return `${name}: ${connections} connections to ${send.url} over ${formatDuration(send.over)}, ${send.expect === 'messages' ? 'listening' : load.users || load.profile ? paceText(load) : `together ${formatRate(rate)}`}`
  }
}

/** As the file has it. */
const written = (text: Text): string => (typeof text === 'string' ? text : text.map((piece) => (typeof piece === 'string' ? piece : 'data' in piece ? `\${data.${piece.data}${piece.column === undefined ? '' : `.${piece.column}`}}` : `\${capture.${piece.capture}}`)).join(''))

/** `at 100/s`, or how the rate changes, or who sends. */
function paceText({ rate, profile, arrivals, users, processes = 1 }: LoadSpec): string {
  const shape = profile?.map(({ over, from, to }) => (from === to ? `${formatRate(to)} for ${formatDuration(over)}` : `${formatRate(from)} to ${formatRate(to)} over ${formatDuration(over)}`)).join(', ')
  const pace = users ? `by ${users.count} users who wait for their answers${users.think > 0 ? ` and think ${formatDuration(users.think)}` : ''}` : `at ${shape ?? formatRate(rate)}`
  return `${pace}${arrivals ? ', Poisson' : ''}${processes > 1 ? `, from ${processes} processes` : ''}`
}

function stepText(step: Step): string {
  const { at, after, every, until } = step.start
  const when = `${after === undefined ? `at ${formatDuration(at)}` : `after ${after}${at > 0 ? ` and ${formatDuration(at)}` : ''}`}${every === undefined || until === undefined ? '' : `, every ${formatDuration(every)} until ${formatDuration(until)}`}`
  switch (step.kind) {
    case 'fault': return `${step.step}: ${step.rule.fault} on ${step.rule.on} ${when} for ${formatDuration(step.rule.for ?? ms(0))}${step.rule.chance === undefined ? '' : `, with a chance of ${formatParam('ratio', step.rule.chance)}`}`
    case 'action': return `${step.step}: run ${step.run.join(' ')} ${when}${step.undo ? `, undone by ${step.undo.join(' ')}` : ''}`
    case 'pause': return `${step.step}: waits for a person ${when}`
  }
}
