/** What Prometheus is shown of operations by name, where messages are read. */

import { Counter, Gauge, type Registry } from 'prom-client'
import type { NamedFigures, OperationFigures, SocketFigures } from '../proxy/plane.ts'
import { CountedHistogram } from './counted.ts'

const NAMED = ['proxy', 'operation', 'key'] as const

export class OperationMetrics {
  /** The latest of each target, by name. */
  readonly #seen = new Map<string, { readonly named: ReadonlyMap<string, NamedFigures>; readonly figures: OperationFigures }>()
  readonly #operations: Counter<(typeof NAMED)[number] | 'outcome'>
  readonly #held: Counter<(typeof NAMED)[number]>
  readonly #inFlight: Gauge<'proxy'>
  readonly #reads: Counter<'proxy' | 'key' | 'outcome'>
  readonly #transactions: Counter<'proxy' | 'outcome'>
  readonly #answers: Counter<(typeof NAMED)[number] | 'status'>
  readonly #bytes: Counter<(typeof NAMED)[number] | 'direction'>
  readonly #cuts: Counter<'proxy'>
  readonly #messages: Counter<'proxy' | 'direction' | 'opcode'>
  readonly #firstBytes = new CountedHistogram('brownout_first_byte_seconds', 'How long the heads of HTTP answers took for the client, what rules held back included.', NAMED)
  readonly #setup = new CountedHistogram('brownout_websocket_setup_seconds', 'How long WebSockets took to be set up.', ['proxy'])
  readonly #resume = new CountedHistogram('brownout_websocket_resume_seconds', 'How long clients whose WebSocket a rule had cut took to have another.', ['proxy'])
  readonly #durations = new CountedHistogram('brownout_operation_duration_seconds', 'How long operations that were answered well took for the client, what rules held back included.', NAMED)

  constructor(registers: Registry[]) {
    this.#operations = new Counter({ name: 'brownout_operations_total', help: 'Operations that came to an end: ok, or the code of an error.', labelNames: [...NAMED, 'outcome'], registers })
    this.#held = new Counter({ name: 'brownout_operation_held_seconds_total', help: 'How long rules held operations back.', labelNames: NAMED, registers })
    this.#inFlight = new Gauge({ name: 'brownout_operations_in_flight', help: 'Operations under way now.', labelNames: ['proxy'], registers })
    this.#reads = new Counter({ name: 'brownout_cache_reads_total', help: 'Reads of a cache that found something (hit) or nothing (miss), by the pattern of their keys.', labelNames: ['proxy', 'key', 'outcome'], registers })
    this.#transactions = new Counter({ name: 'brownout_transactions_total', help: 'Transactions that ended, by commit or rollback.', labelNames: ['proxy', 'outcome'], registers })
    this.#answers = new Counter({ name: 'brownout_http_answers_total', help: 'HTTP answers by the class of their status.', labelNames: [...NAMED, 'status'], registers })
    this.#bytes = new Counter({ name: 'brownout_operation_bytes_total', help: 'Bytes of HTTP messages and WebSocket frames: from the client, and on to it.', labelNames: [...NAMED, 'direction'], registers })
    this.#cuts = new Counter({ name: 'brownout_websocket_cuts_total', help: 'WebSockets that rules cut.', labelNames: ['proxy'], registers })
    this.#messages = new Counter({ name: 'brownout_websocket_messages_total', help: 'Frames of WebSockets that went on, by the way they went.', labelNames: ['proxy', 'direction', 'opcode'], registers })
    for (const registry of registers) for (const { metric } of [this.#durations, this.#firstBytes, this.#setup, this.#resume]) registry.registerMetric(metric)
  }

  /** Adds what a target has counted since the last call. One whose messages are not read has nothing. */
  observe(proxy: string, figures: OperationFigures): void {
    const seen = this.#seen.get(proxy)
    // A target that speaks another protocol from here on has begun anew.
    const before = seen && total(seen.figures) <= total(figures) ? seen : undefined
    const named = new Map(figures.named.map((one) => [Object.values(one.of).join('\n'), one]))
    for (const [name, one] of named) this.#observe(proxy, one, before?.named.get(name))
    const grown = (figure: 'transactions' | 'rolledBack'): number => figures[figure] - (before?.figures[figure] ?? 0)
    if (figures.transactions > 0) {
      this.#transactions.inc({ proxy, outcome: 'commit' }, grown('transactions') - grown('rolledBack'))
      this.#transactions.inc({ proxy, outcome: 'rollback' }, grown('rolledBack'))
    }
    this.#observeSockets(proxy, figures.sockets, before?.figures.sockets)
    if (named.size > 0) this.#inFlight.set({ proxy }, figures.named.reduce((sum, { inFlight }) => sum + inFlight, 0))
    this.#seen.set(proxy, { named, figures })
  }

  /** The target is closed: one of that name begins anew. */
  forget(proxy: string): void {
    this.#seen.delete(proxy)
    this.#inFlight.remove({ proxy })
  }

  #observe(proxy: string, now: NamedFigures, before: NamedFigures | undefined): void {
    const { command, statement, name, key = '', ...rest } = now.of
    const labels = { proxy, operation: command ?? statement ?? name ?? Object.values(rest).join(' '), key }
    if (rest['opcode'] !== undefined) this.#messages.inc({ proxy, direction: rest['direction'] ?? '', opcode: rest['opcode'] }, now.ok - (before?.ok ?? 0))
    this.#operations.inc({ ...labels, outcome: 'ok' }, now.ok - (before?.ok ?? 0))
    for (const [outcome, count] of Object.entries(now.errors)) this.#operations.inc({ ...labels, outcome }, count - (before?.errors[outcome] ?? 0))
    if (now.held > 0) this.#held.inc(labels, (now.held - (before?.held ?? 0)) / 1000)
    if (now.hits + now.misses > 0) {
      this.#reads.inc({ proxy, key, outcome: 'hit' }, now.hits - (before?.hits ?? 0))
      this.#reads.inc({ proxy, key, outcome: 'miss' }, now.misses - (before?.misses ?? 0))
    }
    for (const [status, count] of Object.entries(now.statuses)) this.#answers.inc({ ...labels, status }, count - (before?.statuses[status] ?? 0))
    if (now.bytesToServer > 0) this.#bytes.inc({ ...labels, direction: 'to-server' }, now.bytesToServer - (before?.bytesToServer ?? 0))
    if (now.bytesToClient > 0) this.#bytes.inc({ ...labels, direction: 'to-client' }, now.bytesToClient - (before?.bytesToClient ?? 0))
    if (now.firstBytes) this.#firstBytes.add(labels, now.firstBytes, before?.firstBytes)
    this.#durations.add(labels, now.durations, before?.durations)
  }

  #observeSockets(proxy: string, now: SocketFigures | undefined, before: SocketFigures | undefined): void {
    if (!now) return
    this.#setup.add({ proxy }, now.setup, before?.setup)
    this.#resume.add({ proxy }, now.resume, before?.resume)
    this.#cuts.inc({ proxy }, now.cut - (before?.cut ?? 0))
  }
}

const total = ({ named }: OperationFigures): number => named.reduce((sum, { offered }) => sum + offered, 0)
