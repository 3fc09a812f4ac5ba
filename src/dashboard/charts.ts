/** Which charts there are of a target, and what stands in them. Lines differ in colour and in dashes: neither is needed to tell them apart alone. */

import type { Tick } from '../control/contract.ts'
import type { Protocol } from '../protocols/codec.ts'
import type { Metric } from './rings.ts'
import type { Unit } from './words.ts'

export type Tone = 'blue' | 'sky' | 'orange' | 'purple' | 'green' | 'vermillion'
export interface LineOf<M extends string = string> { readonly metric: M; readonly label: string; readonly tone: Tone; readonly dash?: readonly number[]; readonly filled?: true; /** There may be a value once in a while alone. */ readonly rare?: true }
export interface ChartOf<M extends string = string> {
  readonly title: string
  readonly unit: Unit
  readonly lines: readonly LineOf<M>[]
  /** The scale reaches at least so far. */
  readonly least: number
  readonly most?: number
  /** Of what is said about it when somebody asks. */
  readonly doc: string
}

const DOTS = [2, 3] as const
const DASHES = [6, 4] as const

const RATE: ChartOf<Metric> = {
  title: 'Rate', unit: '/s', least: 4, doc: 'Operations answered well, and those that failed, a second.',
  lines: [{ metric: 'rate', label: 'ok', tone: 'blue', filled: true }, { metric: 'errors', label: 'errors', tone: 'vermillion', dash: DASHES }],
}
const LATENCY: ChartOf<Metric> = {
  title: 'Latency', unit: 'ms', least: 1, doc: 'From a request to the end of its answer, at the proxy: the median, the 95th and the 99th of a hundred.',
  lines: [{ metric: 'p99', label: 'p99', tone: 'orange', dash: DOTS }, { metric: 'p95', label: 'p95', tone: 'blue' }, { metric: 'p50', label: 'p50', tone: 'sky', dash: DASHES }],
}
const CONNECTIONS: ChartOf<Metric> = {
  title: 'Connections', unit: 'count', least: 4, doc: 'Open connections of clients, and requests that wait for their answer.',
  lines: [{ metric: 'connections', label: 'open', tone: 'green' }, { metric: 'inFlight', label: 'in flight', tone: 'purple', dash: DASHES }],
}
const OPEN: ChartOf<Metric> = { ...CONNECTIONS, doc: 'Open connections of clients.', lines: CONNECTIONS.lines.slice(0, 1) }
const HELD: ChartOf<Metric> = {
  title: 'Held', unit: 'ms/s', least: 100, doc: 'How long faults held messages and bytes back, all together, in a second.',
  lines: [{ metric: 'held', label: 'held', tone: 'vermillion', filled: true }],
}
const HITS: ChartOf<Metric> = {
  title: 'Hit rate', unit: 'share', least: 1, most: 1, doc: 'Of reads of a key, how many found something.',
  lines: [{ metric: 'hitRatio', label: 'hits', tone: 'green', filled: true }],
}
const CUTS: ChartOf<Metric> = {
  title: 'Cuts', unit: 'count', least: 2, doc: 'Connections reset, and connections to the server that could not be made, a bucket.',
  lines: [{ metric: 'resets', label: 'resets', tone: 'vermillion', dash: DASHES }, { metric: 'failedDials', label: 'not dialled', tone: 'orange', dash: DOTS }],
}
const BYTES: ChartOf<Metric> = {
  title: 'Bytes', unit: 'bytes/s', least: 1024, doc: 'What goes to the server and to clients, a second.',
  lines: [{ metric: 'bytesToServer', label: 'to server', tone: 'blue' }, { metric: 'bytesToClient', label: 'to clients', tone: 'sky', dash: DASHES }],
}
const SETUP: ChartOf<Metric> = {
  title: 'Set-up', unit: 'ms', least: 1, doc: 'WebSockets: from the request to the 101, the 95th of a hundred.',
  lines: [{ metric: 'setupP95', label: 'p95', tone: 'blue', rare: true }],
}
const MESSAGES: ChartOf<Metric> = {
  title: 'Messages', unit: '/s', least: 4, doc: 'Messages on WebSockets, both ways, a second.',
  lines: [{ metric: 'messages', label: 'messages', tone: 'purple', filled: true }],
}

/** What is not read has no operations; what is no cache has no hits. */
export function chartsOf(protocol: Protocol, last: Tick | undefined): readonly ChartOf<Metric>[] {
  switch (protocol) {
    case 'tcp': return [BYTES, OPEN, HELD, CUTS]
    case 'websocket': return [MESSAGES, SETUP, CONNECTIONS, HELD, CUTS, BYTES]
    case 'redis': return [RATE, LATENCY, HITS, HELD, CONNECTIONS, CUTS]
    case 'http': return last?.messages ? [RATE, LATENCY, HELD, CONNECTIONS, CUTS, SETUP, MESSAGES] : [RATE, LATENCY, HELD, CONNECTIONS, CUTS, BYTES]
    case 'postgres': return last?.hitRatio === null || last?.hitRatio === undefined ? [RATE, LATENCY, HELD, CONNECTIONS, CUTS, BYTES] : [RATE, LATENCY, HITS, HELD, CONNECTIONS, CUTS]
  }
}
