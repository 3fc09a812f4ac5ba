/** Fault, altered operations, reaction: the chain of evidence of each step. */

import { formatDuration, ms } from '../core/units.ts'
import type { Analysis } from './analysis.ts'
import { figure } from './figures.ts'
import type { RunRecord } from './fold.ts'
import { movesOf, reactionWords } from './reactions.ts'
import type { Span } from './spans.ts'
import { countWords, degraded, offsetWords, plain, recoveryWords, shareWords, signalWords, STATUS_WORDS } from './words.ts'

export interface LedgerEntry {
  readonly step: string
  readonly what: string
  readonly params: string
  readonly when: string
  /** What became of the matched traffic, counted. */
  readonly altered: string
  /** The kinds of alteration among the first ones, the most frequent first. */
  readonly examples: readonly string[]
  /** What clients and load showed of it. */
  readonly reactions: readonly string[]
}

const EXAMPLES_MAX = 5

/** One entry a step, in order. Plain text, made harmless for a terminal but not for HTML. */
export const ledgerOf = (record: RunRecord, analysis: Analysis): readonly LedgerEntry[] => analysis.spans.map((span) => ({
  step: plain(span.step), what: plain(span.what), params: paramsWords(record, span), when: whenWords(span, analysis),
  altered: span.kind === 'action' ? actionWords(record, span) : `${span.altered === 1 ? 'one operation' : `${countWords(span.altered)} operations`} altered, ${span.matched === 1 ? 'one match' : `${countWords(span.matched)} matches`}`,
  examples: examplesOf(record, span), reactions: reactionsOf(record, analysis, span),
}))

function paramsWords({ rules }: RunRecord, { step }: Span): string {
  const params = rules.find((rule) => rule.step === step)?.params ?? {}
  return plain(Object.entries(params).filter(([, value]) => value !== undefined && value !== null).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' '))
}

function whenWords({ effect, armed, clear, drained }: Span, { origin }: Analysis): string {
  const from = effect ?? armed
  if (from === undefined) return 'never armed'
  const held = clear === undefined ? 'never cleared' : `for ${formatDuration(ms(clear - from))}`
  return `${offsetWords(from, origin)} ${held}${clear !== undefined && drained !== undefined && drained > clear ? `, drained ${formatDuration(ms(drained - clear))} later` : ''}`
}

function actionWords({ actions }: RunRecord, { step }: Span): string {
  const own = actions.filter((action) => action.step === step)
  const failed = own.filter(({ exit }) => exit !== 0)
  return `${own.length === 1 ? 'run once' : `run ${own.length} times`}${failed.length ? `, failed with exit ${failed.map(({ exit }) => exit ?? 'none').join(', ')}` : ''}${own.some(({ undone }) => undone) ? ', undone' : ''}`
}

function examplesOf({ rules }: RunRecord, { step }: Span): readonly string[] {
  const counts = new Map<string, number>()
  for (const { examples } of rules.filter((rule) => rule.step === step)) {
    for (const { did, direction } of examples) {
      const text = plain(`${did} ${direction}`)
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, EXAMPLES_MAX).map(([text, count]) => `${text} × ${count}`)
}

function reactionsOf(record: RunRecord, analysis: Analysis, { step, effect, clear, targets }: Span): readonly string[] {
  if (effect === undefined) return ['none: no operation was altered']
  const to = clear ?? analysis.end
  const wire = targets.flatMap((target) => {
    const [attempts, resets] = [figure(record, { name: target, metric: 'attempts' }, effect, to), figure(record, { name: target, metric: 'resets' }, effect, to)]
    const parts = [...(attempts ? [`${countWords(attempts)} connection attempts`] : []), ...(resets ? [`${countWords(resets)} resets`] : [])]
    return parts.length ? [plain(`${target}: ${parts.join(', ')}`)] : []
  })
  const loads = analysis.signals.filter((one) => one.step === step && one.source === 'load' && one.signal.metric !== 'rate').map(({ signal, timing }) => {
    const harm = !degraded(timing) ? '' : `: depth ${shareWords(timing.depth)}${signal.metric === 'success' ? `, ${countWords(Math.round(timing.lost))} lost` : ''}, ${timing.recovery === undefined ? 'watched' : 'back'} ${recoveryWords(timing)}`
    return `${signalWords(signal)} ${STATUS_WORDS[timing.status]}${harm}`
  })
  const moves = movesOf(record).filter((one) => one.step === step).flatMap(reactionWords)
  return [...moves, ...wire, ...loads]
}
