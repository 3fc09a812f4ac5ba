/** What it costs to tell many subscribers the same by WebSocket. */

import { byteRate, bytes, formatByteRate, formatSize } from '../../core/units.ts'
import type { Labels } from '../../record/figures.ts'
import { figure } from '../../report/figures.ts'
import type { RunRecord } from '../../report/fold.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { Action, Advice, AdviceRule } from '../advice.ts'
import { bucketsOf, sumOf, targetsOf } from '../operations.ts'
import { secondsOf, type Seen } from '../seen.ts'

/** Fewer messages a second cost nothing, and fewer on a connection are not worth putting together. */
const [MESSAGES_MIN, EACH_MIN] = [200, 4]
/** So often is enough for a person. */
const BATCHES = 4
const SUBSCRIBERS_MIN = 10
/** Below it a message is hardly made smaller. */
const COMPRESSIBLE_BYTES = 512
const isMessage = (direction: string) => ({ direction: own, opcode }: Labels): boolean => own === direction && (opcode === 'text' || opcode === 'binary')

export const fanOut: AdviceRule = (seen) => targetsOf(seen.record, 'websocket').flatMap((target) => adviceOf(seen, target) ?? [])

function adviceOf({ record, quiet }: Seen, target: string): Advice | undefined {
  const buckets = bucketsOf(record, target, quiet)
  const [out, came] = [sumOf(buckets, isMessage('to-client')), sumOf(buckets, isMessage('to-server'))]
  const connections = figure(record, { name: target, metric: 'connections' }, quiet.from, quiet.to) ?? 0
  const seconds = secondsOf(quiet)
  const rate = out.ok / seconds
  const each = rate / connections
  if (connections < SUBSCRIBERS_MIN || rate < MESSAGES_MIN || each < EACH_MIN) return undefined
  const size = out.bytesToClient / out.ok
  const app = appBehind(record, target)
  const cpu = app === undefined ? undefined : figure(record, { name: app, metric: 'cpu' }, quiet.from, quiet.to)
  const fewer = 1 - BATCHES / each
  return {
    id: 'websocket.fan_out', target, title: `Messages in batches, ${countWords(BATCHES)} a second at most`,
    evidence: [
      { text: `${countWords(rate)} messages a second to ${countWords(connections)} subscribers, ${countWords(each)} to each; ${countWords(came.ok / seconds)} a second from them` },
      { text: `${formatSize(bytes(Math.round(size)))} each, ${formatByteRate(byteRate(out.bytesToClient / seconds))} in all` },
      ...(app !== undefined && cpu !== undefined ? [{ text: `${app} used ${shareWords(cpu)} of a core: at most ${countWords(Number(((cpu * 1e6) / rate).toPrecision(2)))} us a message` }] : []),
    ],
    actions: [
      { text: `Put what is told within ${countWords(1000 / BATCHES)} ms into one message, of each thing the latest.` },
      { text: 'Tell each subscriber only what it asked for, and serialise once what many are told.' },
      ...deflate(size),
    ],
    gain: {
      text: `${countWords(rate * fewer)} messages a second less, ${shareWords(fewer)}${cpu === undefined ? '' : `: at most ${shareWords(cpu * fewer)} of a core`}`, how: `messages beyond ${countWords(BATCHES)} a second to each${cpu === undefined ? '' : '; as if all processor time went to messages'}`,
    },
    confidence: cpu === undefined ? 'low' : 'medium', limits: [`what is told comes up to ${countWords(1000 / BATCHES)} ms later`, 'what a message costs apart from the rest is not known: compare two runs'],
  }
}

const deflate = (size: number): readonly Action[] => size < COMPRESSIBLE_BYTES ? [] : [{ text: `Messages of ${formatSize(bytes(Math.round(size)))} may shrink by permessage-deflate; it costs processor time and memory of each connection, so compare two runs.` }]

/** `app:shop/orders/live`. */
function appBehind({ started, signals }: RunRecord, target: string): string | undefined {
  const apps = signals.filter(({ source }) => source === 'app').map(({ name }) => name)
  const plan: unknown = started?.plan
  const targets: unknown = typeof plan === 'object' && plan !== null && 'targets' in plan ? plan.targets : []
  const planned = (Array.isArray(targets) ? targets : []).find((one: unknown) => typeof one === 'object' && one !== null && 'spec' in one && typeof one.spec === 'object' && one.spec !== null && 'name' in one.spec && one.spec.name === target)
  return apps.find((name) => typeof planned === 'object' && planned !== null && 'app' in planned && planned.app === name)
}
