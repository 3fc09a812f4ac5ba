/** Requests that were made again and again where it was in vain, and connections that were. */

import { formatRate, perSecond } from '../../core/units.ts'
import type { Labels } from '../../record/figures.ts'
import { figure } from '../../report/figures.ts'
import { spansOf, type Span } from '../../report/spans.ts'
import { countWords, durationWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { attemptsIn, spanBetween } from '../harm.ts'
import { bucketsOf, nameOf, sumOf, type Between } from '../operations.ts'
import { isByLoad, meantIn } from '../loads.ts'
import { secondsOf, type Seen } from '../seen.ts'

/** What a retry budget of a fifth allows. */
const BUDGET = 1.2
/** Where more of the operations than this were altered, trying again hardly helps. */
const IN_VAIN = 0.5
const OPERATIONS_MIN = 20
/** A pool that fills is no storm: so many attempts for each connection that was ever held, and so many a second. */
const [ATTEMPTS_TIMES, ATTEMPTS_RATE] = [10, 20]

export const retryStorm: AdviceRule = (seen) => spansOf(seen.record).flatMap((span) => span.targets.flatMap((target) => [retries(seen, span, target), reconnects(seen, span, target)].flatMap((one) => one ?? [])))

function retries({ record, quiet, whole }: Seen, span: Span, target: string): Advice | undefined {
  const fault = spanBetween(span, whole)
  const told = record.reactions.filter(({ rule, operation }) => operation !== '' && record.rules.some((one) => one.rule === rule && one.step === span.step && one.target === target))
  const names = new Set(told.map(({ operation }) => operation))
  if (!fault || names.size === 0 || span.altered < IN_VAIN * span.matched) return undefined
  const own = (of: Labels): boolean => names.has(nameOf(of))
  const asked = (between: Between): number => sumOf(bucketsOf(record, target, between), own).offered
  const [before, during] = [asked(quiet) / meantIn(record, quiet), asked(fault) / meantIn(record, fault)]
  const factor = during / before
  if (!(factor > BUDGET) || !Number.isFinite(factor) || asked(fault) < OPERATIONS_MIN || asked(quiet) < OPERATIONS_MIN) return undefined
  const again = told.flatMap(({ next, afterMs }) => (next === 'retry' && afterMs !== undefined ? afterMs : [])).sort((a, b) => a - b)
  const soon = again[Math.floor(again.length / 2)]
  const more = (during - BUDGET * before) * meantIn(record, fault)
  return {
    id: 'retry.storm', target, title: 'Retries within a budget, and not at once',
    evidence: [
      { text: `under ${span.what} there were ${countWords(factor)} times as many of these for each request of the load as before: ${formatRate(perSecond(asked(fault) / secondsOf(fault)))} in place of ${formatRate(perSecond(asked(quiet) / secondsOf(quiet)))}`, lines: [...names].slice(0, 3) },
      { text: `${shareWords(span.altered / Math.max(1, span.matched))} of them met the fault: most of the retries were in vain` },
      ...(soon !== undefined && again.length > 1 ? [{ text: `of ${countWords(again.length)} that were watched half came again within ${durationWords(soon as Parameters<typeof durationWords>[0])}` }] : []),
    ],
    actions: [{ text: 'Retry no more than a fifth of what is asked, with exponential backoff and jitter, not before a Retry-After; after some failures in a row leave it alone (a circuit breaker) and look now and then whether it is back.' }],
    gain: { text: `${countWords(Math.round(more))} operations less in such a fault, ${shareWords(more / asked(fault))} of what was asked of it`, how: `what goes beyond ${countWords(BUDGET)} attempts for each before` }, confidence: 'high', limits: ['a load of another kind may lead to more operations at the same number of requests'],
  }
}

function reconnects({ record, quiet, whole }: Seen, span: Span, target: string): Advice | undefined {
  const fault = spanBetween(span, whole)
  if (!fault || isByLoad(record, target)) return undefined
  const attempts = attemptsIn(record, target, fault)
  const held = Math.max(1, figure(record, { name: target, metric: 'connections' }, quiet.from, whole.to) ?? 0)
  const rate = attempts / secondsOf(fault)
  if (attempts < ATTEMPTS_TIMES * held || rate < ATTEMPTS_RATE) return undefined
  return {
    id: 'retry.reconnects', target, title: 'Backoff with jitter before connecting again',
    evidence: [{ text: `under ${span.what} ${countWords(attempts)} connections were opened or tried, ${formatRate(perSecond(rate))}, where ${countWords(held)} were ever held at once: ${countWords(attempts / held)} tries for each` }],
    actions: [{ text: 'Wait before each further try, twice as long each time up to some seconds, each client for a random share of it; a first try may be at once.' }],
    gain: { text: `some ${shareWords(1 - Math.min(1, (held * TRIES) / attempts))} of these tries`, how: `${countWords(TRIES)} tries of each connection in such a time, as backoff that doubles from 100 ms would make` }, confidence: 'medium', limits: [],
  }
}
/** Backoff that doubles makes hardly more in half a minute. */
const TRIES = 8
