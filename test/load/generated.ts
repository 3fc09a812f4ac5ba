/** Loads as the generator runs them, without a process of its own. */

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { Generator } from '../../src/load/generator.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import { judgeLoad, type LoadVerdict } from '../../src/load/verdict.ts'
import { COUNTS, type BucketRecord, type Counts } from '../../src/record/buckets.ts'
import { until } from '../support/processes.ts'
import { sum } from './totals.ts'

export interface Running { readonly buckets: BucketRecord[]; stop(): Promise<LoadVerdict> }

/** Begins one load; its first operation is due within a bucket of 50 ms. */
export async function begun(spec: LoadSpec): Promise<Running> {
  const buckets: BucketRecord[] = []
  const [origin, width] = [monotonicNow(), ms(50)]
  const generator = await Generator.open({ specs: [spec], origin, width, warmup: ms(0), seed: 1, process: 0 }, ({ bucket }) => buckets.push(bucket))
  generator.begin(ms(origin + Math.ceil((monotonicNow() - origin) / width) * width))
  const stop = async (): Promise<LoadVerdict> => {
    const [part] = await generator.stop()
    if (!part) throw new Error('no figures')
    return judgeLoad(part.figures)
  }
  return { buckets, stop }
}

type Enough = (buckets: readonly BucketRecord[]) => boolean
/** A machine that is busy with other tests takes its time. */
const PATIENCE = 15_000

/** Runs it until its buckets show enough. */
export async function generated(spec: LoadSpec, enough: Enough): Promise<{ readonly buckets: readonly BucketRecord[]; readonly verdict: LoadVerdict }> {
  const { buckets, stop } = await begun(spec)
  const took = await until(() => enough(buckets), PATIENCE)
  const verdict = await stop()
  if (took === undefined) throw new Error(`not enough: ${JSON.stringify([sum(buckets), verdict])}`)
  return { buckets, verdict }
}

/** Until so many operations have ended in each of these ways. */
export const ended = (wanted: Partial<Counts>): Enough => (buckets) => {
  const counts = sum(buckets)
  return COUNTS.every((what) => counts[what] >= (wanted[what] ?? 0))
}
/** Until so many connections stand. */
export const standing = (connections: number): Enough => (buckets) => buckets.at(-1)?.extra?.['connections'] === connections

/** Of a counter of the buckets. */
export const counted = (buckets: readonly BucketRecord[], metric: string): number => buckets.reduce((sum, { extra }) => sum + (extra?.[metric] ?? 0), 0)

export interface Served { readonly port: number; readonly server: Server; close(): void }

export async function served(listener?: RequestListener): Promise<Served> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, port: typeof address === 'object' && address ? address.port : 0, close: () => { server.closeAllConnections(); server.close() } }
}
