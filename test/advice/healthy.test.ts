/** Of systems that do well nothing is advised, however busy they are. */

import assert from 'node:assert/strict'
import { adviseOn } from '../../src/advice/advise.ts'
import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { noCounts } from '../../src/record/buckets.ts'
import { cellCounts, Cells } from '../../src/record/cells.ts'
import type { EventBody } from '../../src/record/events.ts'
import type { PartRecord } from '../../src/record/figures.ts'
import type { PostgresSurvey, SurveyedPlan } from '../../src/record/postgres-survey.ts'
import { foldRun, type RunRecord } from '../../src/report/fold.ts'

const W = 250
const BUCKETS = 80

/** Statements are prepared, asked once or twice a request, and served by indexes that are read; the pool is between a fifth and four fifths in use. */
function healthy(seed: number): RunRecord {
  const random = randomStream(seed, 'healthy')
  const between = (least: number, most: number): number => least + random() * (most - least)
  const whole = (least: number, most: number): number => Math.floor(between(least, most + 1))
  const requests = whole(5, 500)
  const statements = Array.from({ length: whole(1, 6) }, (_, i) => ({
    text: i % 3 === 2 ? `insert into t${i}(a) values (?)` : `select * from t${i} where id = ?`, tag: i % 3 === 2 ? 'INSERT' : 'SELECT', table: `t${i}`, each: whole(1, 2), took: between(0.05, 3),
  }))
  const busy = statements.reduce((sum, { each, took }) => sum + (requests * each * took) / W, 0)
  const connections = Math.max(2, Math.ceil(busy / between(0.3, 0.7)))
  const bodies: EventBody[] = []
  for (let i = 0; i < BUCKETS; i++) {
    const start = ms(1000 + i * W)
    const parts = statements.map(({ text, tag, table, each, took }): PartRecord => {
      const cells = new Cells()
      const count = requests * each
      for (let n = 0; n < count; n++) cells.record(ms(took * between(0.7, 1.3)))
      return { of: { statement: text, tag, table }, offered: count, ok: count, latency: cellCounts([cells]), again: whole(0, count / 3), inFlight: Math.min(connections, Math.ceil(busy) + 1) }
    })
    bodies.push({ kind: 'figures', figures: { target: 'db', start, width: ms(W), parts, inFlight: Math.max(Math.ceil(connections / 3), Math.min(connections, Math.ceil(2 * busy))) } })
    bodies.push({ kind: 'bucket', bucket: { source: 'target', name: 'db', start, width: ms(W), counts: noCounts(), extra: { connections, server_hits: 5000, server_misses: whole(0, 90), server_hit_ratio: 0.99 } } })
    const load = new Cells()
    for (let n = 0; n < requests; n++) load.record(ms(between(5, 30)))
    bodies.push({ kind: 'bucket', bucket: { source: 'load', name: 'page', start, width: ms(W), counts: { ...noCounts(), offered: requests, ok: requests }, cells: cellCounts([load]) } })
  }
  const plans = statements.map(({ text, table }): SurveyedPlan => ({ statement: text, planningMs: 0.2, plan: { node: 'Index Scan', relation: table, index: `${table}_pkey`, condition: '(id = $1)', rows: 1, cost: 8, below: [] } }))
  const survey: PostgresSurvey = {
    kind: 'postgres', version: 170_000, statisticsMs: 60_000, settings: { shared_buffers: 1024 ** 3, random_page_cost: 4 }, plans,
    tables: statements.map(({ table }) => ({ name: table, rows: whole(0, 1e6), sizeBytes: 8192, sequentialScans: whole(0, 5), sequentialRows: 10, indexScans: 1000, written: whole(0, 1e5), dead: 0, analysed: true, blocksHit: 1000, blocksRead: 1, columns: [{ name: 'id', distinct: -1 }] })),
    indexes: statements.map(({ table }) => ({ name: `${table}_pkey`, table, columns: ['id'], scans: whole(0, 10), sizeBytes: 8192, needed: true, valid: true, partial: false })),
  }
  const all: readonly (readonly [number, EventBody])[] = [
    [999, { kind: 'run.started', run: 'r', name: 'r', question: '', file: '', hash: '', seed, versions: {}, targets: [{ name: 'db', protocol: 'postgres', upstream: '', listen: [] }], plan: { loads: [{ name: 'page', send: { kind: 'http' } }] } }],
    [1000, { kind: 'phase', phase: 'baseline' }], ...bodies.map((body) => [1001, body] as const), [1000 + BUCKETS * W, { kind: 'phase', phase: 'end' }], [1001 + BUCKETS * W, { kind: 'survey', target: 'db', survey }],
  ]
  return foldRun(all.map(([at, body], seq) => ({ seq, at: ms(at), wall: '', ...body })))
}

describe('a system that does well', () => {
  it('is advised nothing, whatever its load', function () {
    this.timeout(30_000)
    for (let seed = 1; seed <= 20; seed++) assert.deepEqual(adviseOn(healthy(seed)), [], `seed ${seed}`)
  })
})
