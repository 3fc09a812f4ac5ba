/** Requests that write, made again without a name by which the server could know them: it does them twice. */

import { spansOf, type Span } from '../../report/spans.ts'
import { countWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { spanBetween } from '../harm.ts'
import { isByLoad, meantIn } from '../loads.ts'
import { bucketsOf, isSame, nameOf, namesIn, sumOf, targetsOf } from '../operations.ts'
import type { Seen } from '../seen.ts'

const WRITES: ReadonlySet<string> = new Set(['POST', 'PATCH'])
const ALTERED_MIN = 5
/** More of them for each request of the load than before. */
const AGAIN_MIN = 1.1
const KEYED_MAX = 0.5
/** Of what a request met, this is told where the server has done it all the same. */
const EXECUTED = /^executed(?!: no)/

export const retryUnsafe: AdviceRule = (seen) => {
  const http = targetsOf(seen.record, 'http').filter((target) => !isByLoad(seen.record, target))
  return spansOf(seen.record).flatMap((span) => span.targets.filter((target) => http.includes(target)).flatMap((target) => unsafe(seen, span, target)))
}

function unsafe({ record, quiet, whole }: Seen, span: Span, target: string): readonly Advice[] {
  const fault = spanBetween(span, whole)
  if (!fault || span.altered < ALTERED_MIN) return []
  const [calm, during] = [bucketsOf(record, target, quiet), bucketsOf(record, target, fault)]
  return namesIn(during).filter(({ method = '' }) => WRITES.has(method)).flatMap((of): Advice[] => {
    const [usual, asked] = [sumOf(calm, isSame(of)), sumOf(during, isSame(of))]
    const usually = usual.offered / meantIn(record, quiet)
    const factor = asked.offered / meantIn(record, fault) / usually
    if (!(factor >= AGAIN_MIN) || !Number.isFinite(factor) || asked.keyed > KEYED_MAX * asked.offered) return []
    const again = asked.offered - usually * meantIn(record, fault)
    const examples = record.rules.filter(({ step, target: own }) => step === span.step && own === target).flatMap((rule) => rule.examples)
    const executed = examples.filter(({ note = '' }) => EXECUTED.test(note)).length
    return [{
      id: 'retry.unsafe', target, title: `An Idempotency-Key with ${nameOf(of)}`,
      evidence: [
        { text: `under ${span.what} ${nameOf(of)} came ${countWords(factor)} times as often for each request of the load as before: some ${countWords(Math.round(again))} were made again` },
        { text: `${asked.keyed === 0 ? 'none' : countWords(asked.keyed)} of ${countWords(asked.offered)} bore an Idempotency-Key` },
        ...(executed > 0 ? [{ text: `of ${countWords(examples.length)} that were told one by one the server had done ${countWords(executed)} all the same` }] : []),
      ],
      actions: [{ text: 'Send one name for all tries of one request (Idempotency-Key), let the server keep the first answer under it, and retry only what has one.' }],
      gain: { text: `up to ${countWords(Math.round(again))} doubled writes in such a time`, how: 'how many more came than the load led to before' },
      confidence: executed > 0 ? 'high' : 'medium', limits: ['a name elsewhere in the request, such as in its body, is not seen', ...(executed > 0 ? [] : ['whether the server had done what failed is not known'])],
    }]
  })
}
