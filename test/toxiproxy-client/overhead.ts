/** How much later a message comes through a proxy, measured in turn with the direct way, so that both meet the same machine. */

import { once } from 'node:events'
import type { Seen } from '../proxy/stage.ts'

/** Each way, in ms. */
export interface Added { readonly mean: number; readonly median: number }

const WARMUP = 200

async function roundTrip({ socket }: Seen): Promise<number> {
  const answer = once(socket, 'data')
  const start = performance.now()
  socket.write('ping')
  await answer
  return performance.now() - start
}

/** Both lead to an echo; neither may have anything under way. */
export async function added(direct: Seen, proxied: Seen, rounds = 500): Promise<Added> {
  const extra: number[] = []
  for (let i = 0; i < rounds + WARMUP; i++) {
    const [without, through] = [await roundTrip(direct), await roundTrip(proxied)]
    if (i >= WARMUP) extra.push((through - without) / 2)
  }
  const mean = extra.reduce((sum, one) => sum + one, 0) / extra.length
  return { mean, median: extra.sort((a, b) => a - b)[Math.floor(extra.length / 2)] ?? Number.NaN }
}
