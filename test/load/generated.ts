/** Loads as the generator runs them, without a process of its own. */

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { Generator } from '../../src/load/generator.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import type { LoadVerdict } from '../../src/load/verdict.ts'
import type { BucketRecord } from '../../src/record/buckets.ts'

export interface Running { readonly buckets: BucketRecord[]; stop(): Promise<LoadVerdict> }

/** Begins one load; its first operation is due within a bucket of 50 ms. */
export async function begun(spec: LoadSpec): Promise<Running> {
  const buckets: BucketRecord[] = []
  const generator = await Generator.open({ specs: [spec], origin: monotonicNow(), width: ms(50), seed: 1 }, (bucket) => buckets.push(bucket))
  generator.begin()
  const stop = async (): Promise<LoadVerdict> => {
    const [verdict] = await generator.stop()
    if (!verdict) throw new Error('no verdict')
    return verdict
  }
  return { buckets, stop }
}

/** Runs it for so long. */
export async function generated(spec: LoadSpec, length: number): Promise<{ readonly buckets: readonly BucketRecord[]; readonly verdict: LoadVerdict }> {
  const { buckets, stop } = await begun(spec)
  await pause(length)
  return { buckets, verdict: await stop() }
}

/** Of a counter of the buckets. */
export const counted = (buckets: readonly BucketRecord[], metric: string): number => buckets.reduce((sum, { extra }) => sum + (extra?.[metric] ?? 0), 0)

export interface Served { readonly port: number; readonly server: Server; close(): void }

export async function served(listener?: RequestListener): Promise<Served> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, port: typeof address === 'object' && address ? address.port : 0, close: () => { server.closeAllConnections(); server.close() } }
}
