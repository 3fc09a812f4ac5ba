/** What is used up first as the load grows: the utilisation law on what was measured. */

import { formatRate, perSecond } from '../../core/units.ts'
import { figure } from '../../report/figures.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { meantIn } from '../loads.ts'
import { secondsOf } from '../seen.ts'

/** Past it waiting grows faster than use: at 70% each waits for 2.3 times as long as it takes. */
const FULL_MIN = 0.7
const SECONDS_MIN = 1

interface Use { readonly who: string; readonly target: string | undefined; readonly what: string; readonly used: number; readonly more: string }

/** One core each: an event loop, and the thread of a Redis. */
export const saturation: AdviceRule = ({ record, quiet }) => {
  const rate = meantIn(record, quiet) / secondsOf(quiet)
  const uses = record.signals.flatMap(({ source, name }): readonly Use[] => {
    const of = (metric: string): number | undefined => figure(record, { name, metric }, quiet.from, quiet.to)
    const processes = Math.max(1, Math.round(of('processes') ?? 1))
    const [cpu, thread] = [source === 'app' ? of('cpu') : undefined, source === 'target' ? of('server_main_thread') : undefined]
    return [
      ...(cpu === undefined ? [] : [{ who: name === '' ? 'the application' : name, target: undefined, what: processes === 1 ? 'a core' : `the ${countWords(processes)} cores that its processes can fill`, used: cpu / processes, more: 'Start more of it behind a balancer, or let it do less a request: a profile (`profile:` in the experiment) says where the time goes.' }]),
      ...(thread === undefined ? [] : [{ who: `the server of ${name}`, target: name, what: 'its one main thread', used: thread, more: 'Pipeline, make commands cheaper, read from replicas, or shard.' }]),
    ]
  }).sort((a, b) => b.used - a.used)
  const [first, second] = uses
  if (!first || first.used < FULL_MIN || rate === 0 || secondsOf(quiet) < SECONDS_MIN) return []
  return [adviceOf(first, second, rate)]
}

function adviceOf({ who, target, what, used, more }: Use, second: Use | undefined, rate: number): Advice {
  return {
    id: 'cpu.saturated', ...(target === undefined ? {} : { target }), title: `More room for ${who}`,
    evidence: [
      { text: `at ${formatRate(perSecond(rate))} of load it used ${shareWords(used)} of ${what} without a fault` },
      ...(second ? [{ text: `next comes ${second.who}, with ${shareWords(second.used)} of ${second.what}` }] : []),
    ],
    actions: [{ text: more }],
    gain: { text: `it is full at some ${formatRate(perSecond(rate / used))}${second && second.used > 0 ? `; with more of it the next limit is ${second.who}, at some ${formatRate(perSecond(rate / second.used))}` : ''}`, how: 'the utilisation law: each request takes its share, so use grows in step with the rate' },
    confidence: 'medium', limits: ['what it uses when nothing is asked is counted with the requests', 'a sweep measures where it really ends'],
  }
}
