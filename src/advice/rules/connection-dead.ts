/** Connections that were dead and went on being trusted: nobody said so, and nobody asked. */

import { formatDuration, ms, type Ms } from '../../core/units.ts'
import { figure } from '../../report/figures.ts'
import type { RunRecord } from '../../report/fold.ts'
import { spansOf, type Span } from '../../report/spans.ts'
import { countWords, durationWords } from '../../report/words.ts'
import type { Advice, AdviceRule } from '../advice.ts'
import { attemptsIn, harmedIn, harmEvidence, spanBetween, type Harmed } from '../harm.ts'
import type { Between } from '../operations.ts'
import type { Seen } from '../seen.ts'

/** The connection stays and nothing comes of it. */
const SILENT: ReadonlySet<string> = new Set(['half_open', 'partition', 'syn_blackhole', 'redis.blocked_half_open'])
/** It is gone when it is next used. */
const FORGOTTEN: ReadonlySet<string> = new Set(['idle_reaper', 'redis.idle_timeout', 'http.keepalive_race'])
/** Bad for so long after the fault is more than what was under way. */
const LATE: Ms = ms(3000)
const STEP: Ms = ms(1000)
const FORGOTTEN_MIN = 5
/** The other end is gone, whatever comes later. */
const GONE: ReadonlySet<string> = new Set(['half_open', 'redis.blocked_half_open'])
const GONE_MIN: Ms = ms(2000)
const CHECKS = 'Ping those that may be silent (keepAlive with an initial delay of seconds, WebSocket pings, PING in a subscriber), and check what rested in a pool before it is used.'

export const connectionDead: AdviceRule = (seen) => spansOf(seen.record).flatMap((span) => span.targets.flatMap((target) => silent(seen, span, target) ?? unnoticed(seen, span, target) ?? forgotten(seen, span, target) ?? []))

const faultsOf = ({ rules }: RunRecord, span: Span, target: string): readonly string[] => rules.filter((rule) => rule.step === span.step && rule.target === target).map(({ fault }) => fault)
/** The fault is over, a fresh connection is answered, and the application goes on failing on the old one. */
function silent({ record, quiet, whole }: Seen, span: Span, target: string): Advice | undefined {
  const fault = spanBetween(span, whole)
  if (!fault || span.clear === undefined || !faultsOf(record, span, target).some((one) => SILENT.has(one)) || !record.heals.some((one) => one.target === target && one.ok)) return undefined
  const late = harmedLater(record, quiet, span.clear, whole.to)
  if (!late || late.lasted < LATE) return undefined
  const bad = { from: fault.from, to: ms(span.clear + late.lasted) }
  const [attempts, held] = [attemptsIn(record, target, bad), figure(record, { name: target, metric: 'connections' }, bad.from, bad.to) ?? 0]
  if (attempts > held || held === 0) return undefined
  return {
    id: 'connection.dead', target, title: 'A check of connections that say nothing',
    evidence: [
      { text: `${span.what} was over, a fresh connection was answered, and ${late.unended ? `for all of the ${durationWords(late.lasted)} that were watched` : `for ${durationWords(late.lasted)} more`} ${late.harmed.map(({ load }) => load).join(', ')} did not succeed as before` },
      { text: `${countWords(held)} connections were held, and ${attempts === 0 ? 'none' : countWords(attempts)} opened from the fault's beginning until then` }, ...harmEvidence(late.harmed),
    ],
    actions: [{ text: 'Close a connection on which a deadline has passed, and make another.' }, { text: CHECKS }],
    gain: { text: `${durationWords(late.lasted)} of failures after such a fault, ${late.unended ? 'and more' : 'each time'}`, how: 'how long after the fault loads did worse than before it' },
    confidence: 'high', limits: [],
  }
}

/** For all of the fault nobody opened another connection: it was found out when the old ones were closed. */
function unnoticed({ record, quiet, whole }: Seen, span: Span, target: string): Advice | undefined {
  const fault = spanBetween(span, whole)
  if (!fault || fault.to - fault.from < GONE_MIN || !faultsOf(record, span, target).some((one) => GONE.has(one)) || attemptsIn(record, target, fault) > 0) return undefined
  const harmed = harmedIn(record, quiet, { from: ms((fault.from + fault.to) / 2), to: fault.to })
  const held = figure(record, { name: target, metric: 'connections' }, fault.from, fault.to) ?? 0
  if (harmed.length === 0 || held === 0) return undefined
  const lasted = ms(fault.to - fault.from)
  return {
    id: 'connection.dead', target, title: 'A check of connections that say nothing',
    evidence: [{ text: `under ${span.what} the other end of ${countWords(held)} connections was gone, and in all of its ${durationWords(lasted)} no other was tried` }, ...harmEvidence(harmed)],
    actions: [{ text: 'Close a connection on which a deadline has passed, and make another.' }, { text: CHECKS }],
    gain: { text: `all failures from a deadline on to when the connection ends by itself: ${durationWords(lasted)} here, and without an end of the fault as long as the operating system tries (15 minutes by default on Linux)`, how: 'how long nobody found out' },
    confidence: 'high', limits: ['while the fault lasts a new connection may be dead as well'],
  }
}

/** From the removal on, second by second, until no load does worse than before. */
function harmedLater(record: RunRecord, calm: Between, clear: Ms, end: Ms): { readonly lasted: Ms; readonly harmed: readonly Harmed[]; readonly unended: boolean } | undefined {
  let at = clear
  let worst: readonly Harmed[] = []
  for (; at + STEP <= end; at = ms(at + STEP)) {
    const harmed = harmedIn(record, calm, { from: at, to: ms(at + STEP) })
    if (harmed.length === 0) break
    if ((harmed[0]?.during ?? 1) < (worst[0]?.during ?? 1)) worst = harmed
  }
  return worst.length === 0 ? undefined : { lasted: ms(at - clear), harmed: worst, unended: at + STEP > end }
}

/** It had rested, was used, and failed there. */
function forgotten({ record, quiet, whole }: Seen, span: Span, target: string): Advice | undefined {
  const fault = spanBetween(span, whole)
  const [name] = faultsOf(record, span, target).filter((one) => FORGOTTEN.has(one))
  const harmed = fault && harmedIn(record, quiet, fault)
  if (name === undefined || !fault || !harmed || harmed.length === 0 || span.altered < FORGOTTEN_MIN) return undefined
  return {
    id: 'connection.dead', target, title: 'A check of connections before they are used',
    evidence: [{ text: `under ${span.what} ${countWords(span.altered)} connections that had rested were gone when they were used, within ${formatDuration(ms(fault.to - fault.from))}` }, ...harmEvidence(harmed)],
    actions: [{ text: 'Close what has rested longer than the way to the server remembers it (idleTimeoutMillis, keepAliveTimeout below that of the other side), or ping it, and repeat once on a fresh connection what failed at its first byte.' }],
    gain: { text: `up to ${countWords(span.altered)} failures in such a time`, how: 'connections that were gone when they were used' }, confidence: 'medium', limits: ['several connections may have failed one request'],
  }
}
