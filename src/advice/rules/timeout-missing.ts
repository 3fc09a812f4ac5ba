/** Operations that an application waited for as long as a fault lasted, or far longer than they ever take: it has no deadline, or one that does not help. */

import { formatDuration, ms, type Ms } from '../../core/units.ts'
import { latencyMax, latencyQuantile } from '../../record/latencies.ts'
import type { FiguresRecord } from '../../record/figures.ts'
import { spansOf, type Span } from '../../report/spans.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { attemptsIn, harmedIn, harmEvidence, spanBetween, type Harmed } from '../harm.ts'
import { bucketsOf, sumOf } from '../operations.ts'
import { secondsOf, type Seen } from '../seen.ts'

/** A shorter fault may be waited for. */
const FAULT_MIN: Ms = ms(1000)
/** Who waits for so much of a fault would have waited for more. */
const WAITED_SHARE = 0.8
/** What was answered late comes so soon after the fault. */
const ANSWERED_WITHIN: Ms = ms(1500)
/** Long is at least this, and so many times what nearly all operations take. */
const [LONG_MIN, LONG_TIMES] = [ms(500), 10]
const OPERATIONS_MIN = 20
/** Of what is asked in such a time, so much under way at once. */
const PILED_SHARE = 0.1
/** Who tries now and then whether it is back has done so in the second half of such a fault. */
const STUCK_MIN: Ms = ms(4000)
/** A deadline well above what operations take, and no lower than is safe to set. */
const [DEADLINE_TIMES, DEADLINE_MIN] = [5, 20]

interface Waited { readonly span: Span; readonly target: string; readonly length: Ms; readonly longest: Ms; readonly late: Ms; readonly usual: Ms; readonly flying: { readonly before: number; readonly most: number }; readonly hung: boolean; readonly harmed: readonly Harmed[]; readonly rate: number }

export const timeoutMissing: AdviceRule = (seen) => {
  const found = spansOf(seen.record).flatMap((span) => span.targets.flatMap((target) => waitedIn(seen, span, target) ?? []))
  // Of one target the step that says most.
  const worst = found.sort((a, b) => b.longest - a.longest)
  return worst.filter((one, at) => worst.findIndex(({ target }) => target === one.target) === at).map(adviceOf)
}

function waitedIn({ record, quiet, whole: all }: Seen, span: Span, target: string): Waited | undefined {
  const fault = spanBetween(span, all)
  const calm = sumOf(bucketsOf(record, target, quiet))
  const usual = latencyQuantile(calm.server, 0.99)
  if (!fault || usual === undefined || calm.ok < OPERATIONS_MIN) return undefined
  const length = ms(fault.to - fault.from)
  const during = bucketsOf(record, target, { from: fault.from, to: ms(fault.to + ANSWERED_WITHIN) })
  const { seen, server } = sumOf(during)
  const [longest, late, own] = [latencyMax(seen), latencyQuantile(seen, 0.95), latencyMax(server)]
  // What the server itself took is not the fault's.
  if (longest === undefined || late === undefined || own === undefined || longest - own < LONG_MIN) return undefined
  const harmed = harmedIn(record, quiet, fault)
  const flying = { before: most(bucketsOf(record, target, quiet)), most: most(bucketsOf(record, target, fault)) }
  const rate = calm.offered / secondsOf(quiet)
  // What was given up stays open where its end does not arrive either: so a few wait as long, whoever asked them.
  const piled = flying.most - flying.before >= PILED_SHARE * ((rate * length) / 1000)
  const later = { from: ms((fault.from + fault.to) / 2), to: fault.to }
  const stuck = length >= STUCK_MIN && harmed.length > 0 && attemptsIn(record, target, later) === 0 && sumOf(bucketsOf(record, target, later)).offered === 0
  const whole = longest >= WAITED_SHARE * length
  const hung = length >= FAULT_MIN && whole && (piled || stuck)
  const slow = harmed.length > 0 && !whole && late >= Math.max(LONG_MIN, LONG_TIMES * usual)
  if (!hung && !slow) return undefined
  return { span, target, length, longest, late, usual, flying, hung, harmed, rate }
}

const most = (buckets: readonly FiguresRecord[]): number => buckets.reduce((all, { inFlight }) => Math.max(all, inFlight), 0)

function adviceOf({ span, target, length, longest, late, usual, flying, hung, harmed, rate }: Waited): Advice {
  const deadline = ms(roundUp(Math.max(DEADLINE_MIN, DEADLINE_TIMES * usual)))
  const saved = harmed.reduce((sum, { before, during }) => Math.max(sum, before - during), 0)
  return {
    id: 'timeout.missing', target, title: `A deadline of some ${formatDuration(deadline)} on what is asked`,
    evidence: [
      { text: hung
        ? `${span.what} lasted ${formatDuration(length)}, and operations were waited for as long as ${formatDuration(longest)}: nobody gave up`
        : `under ${span.what} one answer in twenty was waited for ${formatDuration(late)} or longer, ${formatDuration(longest)} at most` },
      { text: `without a fault 99% take no more than ${formatDuration(usual)}` },
      ...(flying.most > 2 * flying.before ? [{ text: `up to ${countWords(flying.most)} operations were under way at once, ${countWords(flying.before)} at most before` }] : []),
      ...harmEvidence(harmed),
    ],
    actions: [{ text: `Give up after ${formatDuration(deadline)}, close the connection that said nothing, and do without: another source, the last copy, or a quick error. Where the client has settings for that (commandTimeout, query_timeout, statement_timeout, a signal for fetch), set them.` }],
    gain: {
      text: `an operation holds what it needs for ${formatDuration(deadline)} and no longer, in place of ${formatDuration(longest)}: at ${countWords(rate)} a second ${countWords(Math.ceil((rate * deadline) / 1000))} wait at once, and not ${countWords(Math.ceil((rate * longest) / 1000))}${saved > 0 ? `; with a fallback up to ${shareWords(saved)} more of the requests succeed under such a fault` : ''}`,
      how: "Little's law: what is under way is the rate times how long each takes",
    },
    confidence: hung ? 'high' : 'medium',
    limits: [`${formatDuration(deadline)} is ${countWords(DEADLINE_TIMES)} times the p99 of this run: operations that are rare and slow need their own`, ...(hung ? [] : ['a deadline longer than this fault made it wait would not have been seen'])],
  }
}

/** 47 is 50, 312 is 400. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  return Math.ceil(value / unit) * unit
}
