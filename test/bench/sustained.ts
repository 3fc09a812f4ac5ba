/**
 * What rate the generator sustains through the proxy, everything on this machine: the largest at which operations are sent with a p99 lateness
 * under 5 ms, nothing is dropped, nothing fails and all that was due is answered. PROTOCOLS (http,websocket,redis,postgres), PROCESSES (1), SECONDS (4 a step) and ALLOWED (ms, 5) are
 * taken from the environment. The rate goes up by half until it no longer holds, then between the two, and what is told held twice.
 */

import Table from 'cli-table3'
import { monotonicNow, sleep } from '../../src/core/clock.ts'
import { ms, perSecond } from '../../src/core/units.ts'
import { startPostgres } from '../../src/demo/postgres.ts'
import { startRedis } from '../../src/demo/redis.ts'
import { startLoad } from '../../src/load/run.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import type { BucketRecord } from '../../src/record/buckets.ts'
import { bucketFigure } from '../../src/report/figures.ts'
import { brownout, httpServer, server, type Contender } from './contender.ts'

const PROTOCOLS = (process.env['PROTOCOLS'] ?? 'http,websocket,redis,postgres').split(',')
const PROCESSES = Number(process.env['PROCESSES'] ?? 1)
const SECONDS = Number(process.env['SECONDS'] ?? 4)
const ALLOWED = Number(process.env['ALLOWED'] ?? 5)
const WARMUP = 1000
/** Fewer than this of what was due and answered is not the rate. */
const ANSWERED_MIN = 0.99

interface Bench { readonly protocol: Protocol; readonly first: number; readonly upstream: number; send(port: number): LoadSpec['send']; stop(): Promise<void> | void }

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  http: async () => of(await httpServer(), 'http', 2000, (port) => ({ kind: 'http', method: 'GET', url: `http://127.0.0.1:${port}/`, headers: {} })),
  websocket: async () => of(await server('echo-main.js'), 'websocket', 2000, (port) => ({ kind: 'websocket', url: `ws://127.0.0.1:${port}/`, headers: {}, over: ms(200), expect: 'echo', send: '{"id":"{id}","text":"how much is the fish"}', compression: false })),
  redis: async () => {
    const { port, stop } = await startRedis()
    return { protocol: 'redis', first: 4000, upstream: port, stop, send: (at) => ({ kind: 'redis', url: `redis://127.0.0.1:${at}`, command: ['GET', 'product:{n}'] }) }
  },
  postgres: async () => {
    const { port, stop } = await startPostgres()
    return { protocol: 'postgres', first: 1000, upstream: port, stop, send: (at) => ({ kind: 'postgres', url: `postgres://postgres@127.0.0.1:${at}/postgres`, sql: 'select $1::int + 1', params: ['{n}'] }) }
  },
}

const of = ({ port, stop }: Contender, protocol: Protocol, first: number, send: Bench['send']): Bench => ({ protocol, first, upstream: port, send, stop })

interface Step { readonly rate: number; readonly holds: boolean; readonly why: string; readonly cells: readonly string[] }

async function step(contender: Contender, { send }: Bench, rate: number): Promise<Step> {
  const buckets: BucketRecord[] = []
  const load = await startLoad({
    specs: [{ name: 'load', rate: perSecond(rate), timeout: ms(2000), ok: '2xx', inFlightMax: rate * 4, connections: 50, send: send(contender.port), ...(PROCESSES > 1 ? { processes: PROCESSES } : {}) }],
    origin: monotonicNow(), width: ms(250), warmup: ms(WARMUP), seed: 1, onBucket: (bucket) => buckets.push(bucket), onProblem: (text) => process.stderr.write(`${text}\n`),
  })
  const begin = await load.begin()
  await sleep(ms(WARMUP))
  const [cpu, from] = [contender.cpu(), monotonicNow()]
  await sleep(ms(SECONDS * 1000))
  const proxy = (contender.cpu() - cpu) / 1000 / (monotonicNow() - from)
  const [verdict] = await load.stop()
  const own = buckets.filter(({ start }) => start >= begin + WARMUP && start < begin + WARMUP + (SECONDS - 0.5) * 1000)
  const total = (what: 'offered' | 'ok' | 'dropped'): number => own.reduce((sum, { counts }) => sum + counts[what], 0)
  const [late, answered] = [verdict?.latenessP99Ms ?? 0, total('ok') / Math.max(1, total('offered'))]
  const why = late >= ALLOWED ? `sent ${late.toFixed(1)} ms late` : total('dropped') > 0 ? `${total('dropped')} dropped` : answered < ANSWERED_MIN ? `${(answered * 100).toFixed(1)} % answered` : (verdict?.cpu ?? 0) > 0.9 ? 'generator saturated' : ''
  const time = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(1)} ms`)
  return { rate, holds: why === '', why, cells: [time(late), time(bucketFigure(own, 'p50')), time(bucketFigure(own, 'p99')), `${((verdict?.cpu ?? 0) * 100).toFixed(0)} %`, `${(proxy * 100).toFixed(0)} %`] }
}

async function sustained(contender: Contender, bench: Bench): Promise<Step | undefined> {
  const tried = async (rate: number): Promise<Step> => {
    const one = await step(contender, bench, rate)
    process.stderr.write(`  ${rate}/s: ${one.holds ? 'holds' : one.why} (${one.cells.join(', ')})\n`)
    return one
  }
  let best: Step | undefined
  let rate = bench.first
  let above: number | undefined
  for (let i = 0; i < 12; i++) {
    let one = await tried(rate)
    // Once more: it may have been the machine.
    if (!one.holds) one = await tried(rate)
    if (one.holds) best = one
    else above = rate
    const below = best?.rate ?? 0
    if (above !== undefined && (above - below) / above < 0.1) break
    rate = Math.round((above === undefined ? rate * 1.5 : (below + above) / 2) / 100) * 100
  }
  return best
}

const table = new Table({ head: ['', 'sustained', 'late p99', 'p50', 'p99', 'CPU of the generator', 'CPU of the proxy'], style: { head: [], border: [] } })
for (const protocol of PROTOCOLS) {
  const open = BENCHES[protocol]
  if (!open) throw new Error(`no such protocol: ${protocol}`)
  const bench = await open()
  process.stderr.write(`${protocol}\n`)
  const contender = await brownout('brownout', bench.upstream, { protocol: bench.protocol })
  const best = await sustained(contender, bench)
  table.push([protocol, best ? `${best.rate}/s` : 'none', ...(best?.cells ?? [])])
  contender.stop()
  await bench.stop()
}
process.stdout.write(`${table.toString()}\np99 lateness under ${ALLOWED} ms, nothing dropped, over ${SECONDS} s; generator in ${PROCESSES === 1 ? 'one process' : `${PROCESSES} processes`}, 50 connections\n`)
process.exit()
