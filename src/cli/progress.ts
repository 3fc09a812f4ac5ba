/** A running experiment as lines: one for each phase, step and trouble. What a log keeps and what a terminal scrolls. */

import { formatDuration, ms, type Ms } from '../core/units.ts'
import { planSpans } from '../experiment/step-times.ts'
import type { Plan } from '../experiment/plan.ts'
import type { JournalEvent, Phase } from '../record/events.ts'
import { plain } from '../report/words.ts'

export type Tone = 'phase' | 'step' | 'trouble' | 'quiet'
export interface Line { readonly text: string; readonly tone: Tone }

/** Behind the time that every line begins with. */
const CONTINUED = '\n          '

/** How long a phase takes by the plan; undefined where that is not known beforehand. */
export function phaseLength(phase: Phase, { windows, method }: Plan): Ms | undefined {
  switch (phase) {
    case 'warmup': case 'baseline': case 'recovery': return windows[phase]
    case 'method': return ms(Math.max(0, ...[...planSpans(method).values()].map(({ to }) => to)))
    case 'start': case 'end': return undefined
  }
}

/** As people are told of it. */
export const phaseWords = (phase: Phase, { only }: Pick<Plan, 'only'>): string => (phase === 'baseline' && only === 'load' ? 'load' : phase)

/** What a person is told of an event; undefined for what is only counted. Text of others is stripped of everything a terminal would act on. */
export function lineOf(event: JournalEvent, plan: Plan): Line | undefined {
  const line = (tone: Tone, text: string): Line => ({ tone, text: text.split('\n').map(plain).join(CONTINUED) })
  switch (event.kind) {
    case 'run.started': return line('quiet', `${event.run}, seed ${event.seed}${event.targets.length > 0 ? ': ' : ''}${event.targets.map(({ name, listen, upstream }) => `${name} ${listen.map(({ address }) => address).join(' ')} → ${upstream}`).join(', ')}`)
    case 'phase': {
      if (event.phase === 'start' || event.phase === 'end') return undefined
      const length = phaseLength(event.phase, plan)
      return line('phase', `${phaseWords(event.phase, plan)}${length === undefined ? '' : ` ${formatDuration(length)}`}`)
    }
    case 'rule.armed': {
      const step = plan.method.find((one) => one.step === event.step)
      if (step?.kind !== 'fault') return line('step', `${event.rule}: armed`)
      const { fault, on, for: length } = step.rule
      return line('step', `${event.rule}: ${fault} on ${on}${length === undefined ? '' : ` for ${formatDuration(length)}`}`)
    }
    case 'rule.cleared': return line('step', `${event.rule}: cleared${event.reason === 'deadline' ? '' : ` (${event.reason})`}, ${event.altered} altered of ${event.matched} matched`)
    case 'action': return line(event.exit === 0 ? 'step' : 'trouble', `${event.step}: ${event.event} ${event.argv.join(' ')}: ${event.exit === null ? 'killed' : `exit ${event.exit}`} after ${formatDuration(ms(event.tookMs))}`)
    case 'app': return event.event === 'exited' ? undefined : line('quiet', `${event.app} ${event.event}`)
    case 'load': return event.valid ? undefined : line('trouble', `load ${event.name} is not to be trusted: ${event.why ?? 'it was late'}`)
    case 'heal': return event.ok ? undefined : line('trouble', `${event.target} is not healed: ${event.before} before, ${event.after} now`)
    case 'suspect': return line('trouble', `brownout did not run for ${formatDuration(ms(event.stallMs))}: figures of that time are not to be trusted`)
    case 'opaque': return line('quiet', `${event.target}: a connection is not read (any more): ${event.why}; faults and figures by message do not reach it`)
    case 'note': return line('quiet', event.text)
    case 'operator': return line('step', `${event.who}: ${event.did} ${event.text}`.trimEnd())
    case 'alert': return line(event.state === 'firing' ? 'trouble' : 'step', `alert ${event.alert} ${event.state}: ${event.text}`)
    case 'problem': return line('trouble', `${event.code}: ${event.text}`)
    case 'probe': return event.ok ? undefined : line('quiet', `probe ${event.name}: ${event.problem ?? 'failed'}`)
    case 'rule.arming': case 'altered': case 'drained': case 'bucket': case 'figures': case 'reaction': case 'reactions': case 'profile': case 'survey': case 'point': case 'sweep': case 'verdict': case 'run.ended': return undefined
  }
}
