/** What happened, in one sentence. */

import { formatDuration, ms } from '../core/units.ts'
import type { Timing } from '../timing/timing.ts'
import type { Analysis, SignalTiming } from './analysis.ts'
import { bucketFigure, bucketsBetween, figure, QUANTILES } from './figures.ts'
import { phaseOf, signalOf, type RunRecord } from './fold.ts'
import { loadHeadline } from './loads.ts'
import { degraded, figureWords, plain, shareWords } from './words.ts'

/** One sentence, with a full stop, of plain text; it may hold text of the experiment's author, made harmless for a terminal but not for HTML. */
export function headline(record: RunRecord, analysis: Analysis): string {
  const { spans } = analysis
  if (!record.started) return 'The journal holds nothing of a run.'
  if (analysis.only) return loadHeadline(record)
  if (spans.length === 0) return 'No fault was armed.'
  const cause = plain([...new Set(spans.map(({ what }) => what))].slice(0, 3).join(' and '))
  if (spans.every(({ effect }) => effect === undefined)) return `${capital(cause)} altered nothing: the run says nothing about the application.`
  const whole = analysis.signals.filter(({ step, source }) => step === undefined && source === 'load')
  const worst = whole.filter(({ timing, signal }) => degraded(timing) && signal.metric !== 'rate').sort(bySeverity)[0]
  if (worst) return `${plain(worst.signal.name)} ${harm(record, worst)} under ${cause}, and ${ending(whole, worst, spans.length === 1 ? 'it was' : 'they were')}${unharmed(whole)}.`
  if (whole.some(({ timing }) => timing.status === 'insufficient_data') || whole.length === 0) return `${capital(cause)} was exercised, but too little was measured to say how the application took it.`
  return `${[...new Set(whole.map(({ signal }) => plain(signal.name)))].join(', ')} did not degrade under ${cause}.`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The loads of which nothing was bad, though they were judged. */
function unharmed(whole: readonly SignalTiming[]): string {
  const names = [...new Set(whole.map(({ signal }) => signal.name))].filter((name) => {
    const own = whole.filter(({ signal }) => signal.name === name).map(({ timing }) => timing)
    return own.some(({ status }) => status === 'not_degraded') && !own.some(degraded)
  })
  return names.length === 0 ? '' : `; ${names.map(plain).join(' and ')} did not degrade`
}

/** Lost operations weigh more than slow ones. */
const bySeverity = (a: SignalTiming, b: SignalTiming): number =>
  Number(b.signal.metric === 'success') - Number(a.signal.metric === 'success') || b.timing.lost - a.timing.lost || b.timing.area - a.timing.area

function harm(record: RunRecord, { signal, timing }: SignalTiming): string {
  const bad = bucketsBetween(signalOf(record, signal)?.buckets ?? [], timing.onset ?? record.from, timing.recovered ?? record.to)
  const within = `for ${formatDuration(timing.degraded)}`
  if (signal.metric === 'success') return `lost ${shareWords(1 - (bucketFigure(bad, 'success') ?? 0))} of its requests ${within}`
  const baseline = phaseOf(record, 'baseline')
  const before = baseline && figure(record, signal, baseline.from, baseline.to)
  return `slowed from ${figureWords(signal.metric, before)} to ${figureWords(signal.metric, bucketFigure(bad, signal.metric))} (${signal.metric}) ${within}`
}

/** When all of it was back: its successes and its latency. */
function ending(whole: readonly SignalTiming[], { signal: { name } }: SignalTiming, itWas: string): string {
  const own = whole.filter(({ signal, timing }) => signal.name === name && degraded(timing) && (signal.metric === 'success' || signal.metric in QUANTILES)).map(({ timing }) => timing)
  const lost = own.find(({ status }) => status === 'not_recovered' || status === 'metastable')
  if (lost) return `was not back ${formatDuration(lost.observed ?? ms(0))} after ${itWas} lifted`
  const last = own.reduce<Timing | undefined>((late, one) => ((one.recovered ?? 0) > (late?.recovered ?? 0) ? one : late), undefined)
  if (!last || last.status === 'recovered_during_fault') return `was back before ${itWas} lifted`
  return `was back ${formatDuration(last.recovery ?? ms(0))} ± ${formatDuration(last.width)} after ${itWas} lifted`
}
