/** Figures of HTTP and WebSockets: as signals, and in every format of the report. */

import assert from 'node:assert/strict'
import { judgeExpectation } from '../../src/experiment/expect.ts'
import { ms } from '../../src/core/units.ts'
import type { EventBody } from '../../src/record/events.ts'
import type { FiguresRecord, PartRecord } from '../../src/record/figures.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { bucketFigure, figure, samples } from '../../src/report/figures.ts'
import { foldRun, signalOf } from '../../src/report/fold.ts'
import { renderHtml } from '../../src/report/html.ts'
import { reportOf } from '../../src/report/json.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { passedOf } from '../../src/report/passed.ts'
import { passedTable } from '../../src/report/passed-words.ts'
import { renderText } from '../../src/report/text.ts'
import { figureWords } from '../../src/report/words.ts'
import { limit, place } from '../experiment/run-plan.ts'
import { cellsOf } from './figures-builder.ts'
import { AT, at, journalOf, outage } from './journal-builder.ts'

const W = 250
const PARTS: readonly PartRecord[] = [
  {
    of: { method: 'POST', route: '/charges' }, offered: 20, ok: 19, errors: { 503: 1 }, statuses: { '2xx': 18, '4xx': 1, '5xx': 1 }, latency: cellsOf(...Array.from({ length: 19 }, () => 40)),
    server: cellsOf(...Array.from({ length: 19 }, () => 10)), firstByte: cellsOf(...Array.from({ length: 19 }, () => 38)), serverFirstByte: cellsOf(...Array.from({ length: 19 }, () => 8)), heldMs: 570, bytesToServer: 20_000, bytesToClient: 4000,
  },
  { of: { method: 'GET', route: '/charges/:id' }, offered: 5, ok: 5, statuses: { '2xx': 5 }, latency: cellsOf(2, 2, 2, 2, 2), firstByte: cellsOf(1, 1, 1, 1, 1), bytesToServer: 500, bytesToClient: 50_000 },
  { of: { direction: 'to-client', opcode: 'text' }, offered: 50, ok: 49, errors: { lost: 1 }, bytesToClient: 5000 },
  { of: { direction: 'to-server', opcode: 'ping' }, offered: 1, ok: 1, latency: cellsOf(3), bytesToServer: 6 },
  { of: { opcode: 'close' }, offered: 2, ok: 1, errors: { cut: 1 } },
]
const sockets: FiguresRecord['sockets'] = { setup: cellsOf(4, 4), cut: 1, resume: cellsOf(900) }
function bodies(parts: readonly PartRecord[] = PARTS, of: FiguresRecord['sockets'] = sockets): EventBody[] {
  const all: EventBody[] = []
  for (let offset: number = AT.warmup; offset + W <= AT.end; offset += W) all.push({ kind: 'figures', figures: { target: 'cache', start: at(offset), width: ms(W), parts, inFlight: 3, ...(of ? { sockets: of } : {}) } })
  return all
}
const events = [...outage(), ...journalOf(bodies()).map((event, i) => ({ ...event, seq: 100_000 + i, at: at(AT.end - 1) }))]
const record = foldRun(events)
const analysis = analyseRun(record)
const [FROM, TO] = [at(AT.baseline), at(AT.method)]
const BUCKETS = 60
const of = (metric: string, where?: Readonly<Record<string, string>>) => ({ name: 'cache', metric, ...(where ? { where } : {}) })
const near = (actual: number | undefined, expected: number): void => assert.ok(actual !== undefined && Math.abs(actual - expected) <= expected * 0.02, `${actual} is not near ${expected}`)

describe('figures of HTTP and WebSockets', () => {
  it('are signals: first byte, set-up, pings, being back, messages', () => {
    near(figure(record, of('first_byte_p95', { route: '/charges' }), FROM, TO), 38)
    near(figure(record, of('first_byte_p50'), FROM, TO), 38)
    near(figure(record, of('setup_p95'), FROM, TO), 4)
    near(figure(record, of('ping_max', { direction: 'to-server' }), FROM, TO), 3)
    near(figure(record, of('resume_p50'), FROM, TO), 900)
    assert.deepEqual([figure(record, of('delivered'), FROM, TO), figure(record, of('messages_lost'), FROM, TO), figure(record, of('messages', { direction: 'to-server' }), FROM, TO)], [0.98, BUCKETS, undefined])
    near(figure(record, of('success', { route: '/charges' }), FROM, TO), 0.95)
    assert.equal(figure(record, of('setup_p95', { route: '/charges' }), FROM, TO), undefined)
    assert.equal(bucketFigure(signalOf(record, of('p95'))?.buckets ?? [], 'first_byte_p42'), undefined)
    assert.deepEqual([figureWords('first_byte_p95', 38), figureWords('delivered', 0.98)], ['38ms', '98%'])
  })

  it('have bytes of their own where they are narrowed, and those of the sockets where they are not', () => {
    assert.equal(figure(record, of('bytes_to_client', { route: '/charges/:id' }), FROM, TO), BUCKETS * 50_000)
    assert.equal(figure(record, of('bytes_to_client'), FROM, TO), figure(foldRun(outage()), of('bytes_to_client'), FROM, TO))
  })

  it('rest on as many samples as there are such times', () => {
    assert.deepEqual([samples(record, of('ping_p95'), FROM, TO), samples(record, of('first_byte_p95', { method: 'POST' }), FROM, TO), samples(record, of('setup_p99'), FROM, TO)], [BUCKETS, 19 * BUCKETS, 2 * BUCKETS])
    const few = foldRun([...outage(), ...journalOf(bodies(PARTS.slice(3, 4)).slice(0, 30)).map((event) => ({ ...event, at: at(AT.end - 1) }))])
    const judged = judgeExpectation({ kind: 'signal', signal: of('ping_p99'), comparison: 'at_most', limit: limit(10, 'ms', '10ms'), during: 'all', text: '', place }, few, analyseRun(few))
    assert.deepEqual([judged.outcome, judged.hint], ['INCONCLUSIVE', 'ping_p99 needs 100 of them; raise the rate or the time'])
    assert.equal(figure(few, of('setup_p95'), at(AT.warmup), TO)?.toFixed(0), '4')
  })

  it('are listed by route and by opcode, with the server\'s own first byte, sizes and statuses', () => {
    const [passed] = passedOf(record)
    const table = passedTable(passed ?? assert.fail())
    assert.deepEqual(table.head, ['count', 'rate', 'first byte p95', 'p50', 'p95', 'p99', 'held', 'sent each', 'received each', 'statuses', 'errors'])
    const rows = new Map(table.operations.map(({ name, cells }) => [name, cells]))
    assert.deepEqual(rows.get('POST /charges')?.slice(2), ['8.06ms', '10.1ms', '10.1ms', '10.1ms', '28.5ms', '1000B', '200B', '2xx × 3 240, 4xx × 180, 5xx × 180', '503 × 180'])
    assert.deepEqual(rows.get('to-client text')?.slice(2), ['–', '–', '–', '–', '–', '–', '100B', '–', 'lost × 180'])
    assert.deepEqual(table.notes, ['360 WebSockets set up: p50 4.03ms, p95 4.03ms; 180 cut by faults, 180 back after p50 901ms, at the latest 901ms; 180 of 9 000 messages lost'])
  })

  it('stand in every format', () => {
    assert.match(renderText(record, analysis, { color: false, width: 160 }), /first byte p95[\s\S]*POST \/charges +3 600[\s\S]*WebSockets set up/)
    assert.match(renderMarkdown(record, analysis), /\| cache \| count \| rate \| first byte p95 \|/)
    assert.match(renderHtml(record, analysis), /<th class="number">statuses<\/th>[\s\S]*\/charges\/:id[\s\S]*2xx × 900/)
    const { passed } = reportOf(record, analysis) as { readonly passed: readonly { readonly operations: readonly object[]; readonly sockets: object }[] }
    assert.deepEqual(passed[0]?.sockets, { opened: 360, setupMs: { p50: 4.031, p95: 4.031, longest: 4.031 }, cut: 180, back: 180, resumeMs: { p50: 901.119, p95: 901.119, longest: 901.119 }, messages: 9000, lost: 180 })
    const charges = passed[0]?.operations.find((one) => 'route' in one && one.route === '/charges') as { readonly firstByteP95Ms: number; readonly statuses: object; readonly bytesToServer: number } | undefined
    assert.deepEqual([charges?.statuses, charges?.bytesToServer, Math.round(charges?.firstByteP95Ms ?? 0)], [{ '2xx': 3240, '4xx': 180, '5xx': 180 }, 3_600_000, 8])
  })

  it('of a damaged journal do no harm', () => {
    const odd = { of: { opcode: 'text' }, offered: 1, ok: 1, firstByte: ['x', 1, -5, 2], statuses: { '2xx': 'many' } } as unknown as PartRecord
    const damaged = foldRun([...outage(), ...journalOf(bodies([odd])).map((event) => ({ ...event, at: at(AT.end - 1) }))])
    assert.match(renderText(damaged, analyseRun(damaged), { color: false, width: 100 }), /What passed through/)
  })
})
