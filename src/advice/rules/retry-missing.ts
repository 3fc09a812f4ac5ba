/** Failures that hit but some of the operations and were passed on to the user: a second try would have met another. */

import { spansOf, type Span } from '../../report/spans.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { harmedIn, harmEvidence, spanBetween } from '../harm.ts'
import type { Seen } from '../seen.ts'

/** Where more than this fail, a second try fails too often. */
const HIT_MAX = 0.6
const ALTERED_MIN = 10
/** So much of what was hit was passed on. */
const PASSED_ON = 0.4
/** Whoever tries again does it more often than this. */
const RETRIED_MAX = 0.2
/** What fails an operation; a delay is not for trying again. */
const FAILS: ReadonlySet<string> = new Set(['answer', 'replace', 'close', 'refuse', 'drop'])

export const retryMissing: AdviceRule = (seen) => spansOf(seen.record).flatMap((span) => span.targets.flatMap((target) => missing(seen, span, target) ?? []))

function missing({ record, quiet, whole }: Seen, span: Span, target: string): Advice | undefined {
  const fault = spanBetween(span, whole)
  const rules = new Set(record.rules.filter(({ step, target: own }) => step === span.step && own === target).map(({ rule }) => rule))
  const told = record.reactions.filter(({ rule }) => rules.has(rule))
  const failed = told.filter(({ did, operation }) => FAILS.has(did) && operation !== '')
  const hit = span.altered / span.matched
  if (!fault || span.altered < ALTERED_MIN || !(hit > 0 && hit <= HIT_MAX) || failed.length < told.length / 2 || failed.length === 0) return undefined
  const retried = failed.filter(({ next }) => next === 'retry').length / failed.length
  const [worst, ...rest] = harmedIn(record, quiet, fault)
  if (!worst || worst.before - worst.during < PASSED_ON * hit || retried > RETRIED_MAX) return undefined
  const failing = 1 - worst.during
  return {
    id: 'retry.missing', target, title: 'A second try of what failed',
    evidence: [
      { text: `${span.what} hit ${shareWords(hit)} of the operations that it could (${countWords(span.altered)} of ${countWords(span.matched)}); of ${countWords(failed.length)} that were watched ${shareWords(retried)} were asked again`, lines: [...new Set(failed.map(({ operation }) => operation).filter((one) => one !== ''))].slice(0, 3) },
      ...harmEvidence([worst, ...rest]),
    ],
    actions: [{ text: 'Try once more what may be done twice: reads, statements of a transaction that was rolled back (from its beginning), requests with an Idempotency-Key. On another connection, a little later, within a budget.' }],
    gain: { text: `of ${worst.load} some ${shareWords(1 - failing ** 2)} would have succeeded in place of ${shareWords(worst.during)}`, how: 'a second try that fails as often as the first' },
    confidence: 'medium', limits: ['failures that come in a row fail a second try too'],
  }
}
