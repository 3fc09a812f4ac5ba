/** What people did in a session, and how each injection went: measured, noticed, dealt with. Empty where nobody did anything by hand. */

import { formatDuration, ms, type Ms } from '../core/units.ts'
import type { EventOf } from '../record/events.ts'
import type { Analysis, SignalTiming } from './analysis.ts'
import type { RunRecord } from './fold.ts'
import type { Span } from './spans.ts'
import { countWords, degraded, NONE, offsetWords, plain, recoveryWords, shareWords, signalWords, STATUS_WORDS } from './words.ts'

type Operator = EventOf<'operator'>

/** When something was noticed or dealt with, as somebody said. */
export interface Marked {
  readonly who: string
  /** From when the injection took effect. */
  readonly after: Ms
  /** From when the signal that suffered most turned bad; undefined where none did, or later than the mark. */
  readonly afterOnset: Ms | undefined
}

export interface InjectionRow {
  readonly span: Span
  readonly who: string | undefined
  /** Of the signals judged in it, the one that suffered most; none where nothing was altered. */
  readonly worst: SignalTiming | undefined
  readonly detected: Marked | undefined
  readonly mitigated: Marked | undefined
}

export interface Game { readonly actions: readonly Operator[]; readonly injections: readonly InjectionRow[] }

export function gameOf({ operators, rules }: RunRecord, analysis: Analysis): Game | undefined {
  if (operators.length === 0) return undefined
  const marks = operators.filter(({ did }) => did === 'detected' || did === 'mitigated')
  const meant = new Map(marks.map((mark) => [mark, meantBy(mark, analysis.spans)]))
  return {
    actions: operators,
    injections: analysis.spans.map((span) => {
      const worst = span.effect === undefined ? undefined : worstOf(analysis, span.step)
      const own = new Set([span.step, ...rules.filter(({ step }) => step === span.step).map(({ rule }) => rule)])
      const marked = (did: Operator['did']): Marked | undefined => {
        const mark = marks.find((one) => one.did === did && meant.get(one) === span)
        return mark && markedOf(mark, span, worst)
      }
      return { span, worst, who: operators.find(({ did, rule }) => did === 'inject' && rule !== undefined && own.has(rule))?.who, detected: marked('detected'), mitigated: marked('mitigated') }
    }),
  }
}

/** The injection that its text begins with, else the last one that was armed before it. */
function meantBy({ at, text, rule }: Operator, spans: readonly Span[]): Span | undefined {
  const [first = ''] = text.split(/\s/, 1)
  return spans.find(({ step }) => step === (rule ?? first)) ?? spans.findLast(({ armed }) => armed !== undefined && armed <= at)
}

function markedOf({ who, at }: Operator, { effect, armed }: Span, worst: SignalTiming | undefined): Marked | undefined {
  const from = effect ?? armed
  if (from === undefined) return undefined
  const onset = worst?.timing.onset
  return { who, after: ms(Math.max(0, at - from)), afterOnset: onset !== undefined && onset <= at ? ms(at - onset) : undefined }
}

/** Loads are what users feel; where there are none, what passed through the targets. */
function worstOf({ signals }: Analysis, step: string): SignalTiming | undefined {
  const all = signals.filter((one) => one.step === step && one.signal.metric !== 'rate')
  const own = all.some(({ source }) => source === 'load') ? all.filter(({ source }) => source === 'load') : all.filter(({ source }) => source === 'target')
  return own.reduce<SignalTiming | undefined>((most, one) => (!most || rank(one) > rank(most) ? one : most), undefined)
}

/** Harm before none, then by how much of an outage it was. */
const rank = ({ timing }: SignalTiming): number => (degraded(timing) ? 1 + timing.area : timing.status === 'not_degraded' ? 0.5 : 0)

export const GAME_HEAD = ['what', 'from', 'held', 'signal', 'came to', 'detected', 'mitigated'] as const

/** Cells under that head, behind the injection's name; plain text, made harmless for a terminal but not for HTML. */
export function gameCells({ span: { what, effect, armed, clear }, who, worst, detected, mitigated }: InjectionRow, start: Ms): readonly string[] {
  const from = effect ?? armed
  return [
    plain(`${what}${who === undefined ? '' : ` by ${who}`}`), offsetWords(from, start), from === undefined || clear === undefined ? NONE : formatDuration(ms(clear - from)),
    worst ? signalWords(worst.signal) : NONE, worst ? harmWords(worst) : effect === undefined ? 'it altered nothing' : 'nothing was measured', markWords(detected), markWords(mitigated),
  ].map((cell) => (cell === '' ? NONE : cell))
}

function harmWords({ timing, signal }: SignalTiming): string {
  if (!degraded(timing)) return STATUS_WORDS[timing.status]
  const lost = signal.metric === 'success' && timing.lost >= 0.5 ? `, ${countWords(Math.round(timing.lost))} lost` : ''
  return `${STATUS_WORDS[timing.status]}: depth ${shareWords(timing.depth)}${lost}, ${timing.recovery === undefined ? 'watched' : 'back'} ${recoveryWords(timing)}`
}

const markWords = (mark: Marked | undefined): string =>
  mark === undefined ? NONE : plain(`${formatDuration(mark.after)}${mark.afterOnset === undefined ? '' : ` (${formatDuration(mark.afterOnset)} after onset)`} ${mark.who}`)

const DID: Readonly<Record<Operator['did'], string>> = {
  inject: 'injects', change: 'changes', clear: 'clears', halt: 'halts', resume: 'resumes', pause: 'pauses', note: 'notes', detected: 'marks detected', mitigated: 'marks mitigated', lost: 'is lost',
}

/** `+1.3s  12:03:22  anna injects latency cache`: when since the start, when by the wall (UTC), who and what. */
export const actionCells = ({ at, wall, who, did, text }: Operator, start: Ms): readonly [string, string, string, string] =>
  [offsetWords(at, start), plain(wall).slice(11, 19), plain(who), plain(`${DID[did] ?? did} ${text}`).trim()]
