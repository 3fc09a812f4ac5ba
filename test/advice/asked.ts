/** An application in this process that asks a real Postgres through real proxies, as the record of a run that did nothing else. */

import pg from 'pg'
import { registry } from '../../faults/index.ts'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { surveyPostgres } from '../../src/observe/postgres-survey.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { encodeHistogram, newHistogram, noCounts, recordLatency } from '../../src/record/buckets.ts'
import type { EventBody } from '../../src/record/events.ts'
import { foldRun, type RunRecord } from '../../src/report/fold.ts'
import { passedOf } from '../../src/report/passed.ts'
import { LOCAL, PLAIN } from '../proxy/stage.ts'

export interface Way {
  /** Connections of its pool, all of which stand from the beginning on. */
  readonly connections: number
  /** Requests that are under way at once, and how many there are of each. */
  readonly users: number
  readonly requests: number
  page(pool: pg.Pool): Promise<unknown>
}

const WIDTH: Ms = ms(100)

/** Times and counts are real; only the load is none of ours. */
export async function asked(url: string, { connections, users, requests, page }: Way): Promise<RunRecord> {
  const { hostname: host, port } = new URL(url)
  const plane = new LocalPlane({ registry, seed: 1 })
  const upstream = { host, port: Number(port) }
  const [target] = await plane.open([{ name: 'db', protocol: 'postgres', upstream, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(5000) }])
  const address = target?.listen[0]?.address
  if (!address || !('port' in address)) throw new Error('the target is not open')
  const through = new URL(url)
  through.port = String(address.port)
  const pool = new pg.Pool({ connectionString: through.href, max: connections, min: connections, idleTimeoutMillis: 0 })
  try {
    for (const client of await Promise.all(Array.from({ length: connections }, () => pool.connect()))) client.release()
    await page(pool)
    const from = monotonicNow()
    plane.measure(from, WIDTH)
    const took: Ms[] = []
    const request = async (): Promise<void> => {
      const began = monotonicNow()
      await page(pool)
      took.push(ms(monotonicNow() - began))
    }
    await Promise.all(Array.from({ length: users }, async () => { for (let i = 0; i < requests; i++) await request() }))
    // The last bucket ends with its time.
    while (monotonicNow() < from + 3 * WIDTH) await request()
    const to = monotonicNow()
    await new Promise((resolve) => { setTimeout(resolve, WIDTH) })
    const bodies: EventBody[] = [
      ...(await plane.takeBuckets()).map((bucket): EventBody => ({ kind: 'bucket', bucket })), ...(await plane.takeRecords()).figures.map((figures): EventBody => ({ kind: 'figures', figures })),
      { kind: 'bucket', bucket: loadOf(from, ms(to - from), took) },
    ]
    const before = recordOf(from, to, bodies)
    const wholes = new Map(before.figures.flatMap(({ wholes: cut }) => Object.entries(cut ?? {})))
    const statements = passedOf(before)[0]?.operations.flatMap(({ of: { statement } }) => (statement === undefined || statement.startsWith('(') ? [] : [{ name: statement, text: wholes.get(statement) ?? statement }])) ?? []
    const survey = await surveyPostgres({ name: 'db', protocol: 'postgres', address: upstream, url: new URL(url) }, { statements, patternOf: String }, AbortSignal.timeout(10_000))
    return recordOf(from, to, [...bodies, { kind: 'survey', target: 'db', survey }])
  } finally {
    await pool.end()
    await plane.close()
  }
}

function loadOf(start: Ms, width: Ms, took: readonly Ms[]): Extract<EventBody, { kind: 'bucket' }>['bucket'] {
  const histogram = newHistogram()
  for (const one of took) recordLatency(histogram, one)
  return { source: 'load', name: 'page', start, width, counts: { ...noCounts(), offered: took.length, ok: took.length }, latency: encodeHistogram(histogram) }
}

function recordOf(from: Ms, to: Ms, bodies: readonly EventBody[]): RunRecord {
  const all: readonly (readonly [Ms, EventBody])[] = [
    [from, { kind: 'run.started', run: 'asked', name: 'asked', question: '', file: '', hash: '', seed: 1, versions: {}, targets: [{ name: 'db', protocol: 'postgres', upstream: '', listen: [] }], plan: { loads: [{ name: 'page', send: { kind: 'http' } }] } }],
    [from, { kind: 'phase', phase: 'baseline' }], [to, { kind: 'phase', phase: 'end' }], ...bodies.map((body) => [to, body] as const),
  ]
  return foldRun(all.map(([at, body], seq) => ({ seq, at, wall: '', ...body })))
}
