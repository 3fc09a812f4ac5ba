/** 10 ms of latency: how many operations go through it over 500 connections, at what cost, and how exact it is at a fixed rate. */

import { brownout, type Contender } from '../contender.ts'
import { haproxy, toxiproxy } from '../peers.ts'
import { quantile } from './estimate.ts'
import { NAMES, type Path, type Reading, type Workload } from './path.ts'
import { gets, lacksRedis, withRedis } from './redis.ts'
import { roundTrips } from '../round-trips.ts'

export const DELAY_MS = 10
export const OPEN_RATES = [100, 1000, 10_000] as const
const SECONDS = 3
const CONNECTIONS = 500
const SLOW = { id: 'bench', fault: 'latency', on: 'cache', standing: true, params: { delay: DELAY_MS } }

export const CLOSED = `${CONNECTIONS} connections`
export const openAt = (rate: number): string => `${rate.toLocaleString('en')}/s`

async function open({ port }: Contender, rate: number, seconds: number): Promise<Reading> {
  const sorted = await roundTrips(port, rate, seconds, rate < 10_000 ? 50 : CONNECTIONS, 'PING\r\n')
  return { done: rate * seconds, seconds, extra: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) } }
}

/** Without and with the fault, one after the other in each round: the difference is what it adds. */
const PAIR = [NAMES.tcp, NAMES.slow]

const WORKLOADS: readonly Workload[] = [
  { name: CLOSED, unit: 'request', run: ({ port }) => gets(port, 50_000, ['-c', String(CONNECTIONS), '-P', '1']) },
  ...OPEN_RATES.map((rate): Workload => ({
    // What is compiled on the way is late.
    name: openAt(rate), unit: 'request', only: PAIR, warm: async (contender) => { await open(contender, 1000, 0.5) }, run: (contender) => open(contender, rate, SECONDS),
  })),
]

export const latency: Path = {
  name: 'latency', lacks: lacksRedis,
  about: `through ${DELAY_MS} ms: redis-benchmark GET as fast as ${CONNECTIONS} connections can; round trips at a fixed rate over 50 connections (${CONNECTIONS} at 10,000/s)`,
  open: () => withRedis((port) => ({
    HAProxy: () => haproxy(port), Toxiproxy: () => toxiproxy(port, DELAY_MS), [NAMES.tcp]: () => brownout(NAMES.tcp, port), [NAMES.slow]: () => brownout(NAMES.slow, port, { rule: SLOW }),
  }), () => WORKLOADS),
}
