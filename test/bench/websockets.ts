/**
 * Many WebSockets at once, each with an echo now and then, directly and through the proxy: are all made and kept, does every message come back, and
 * what does a connection cost. CONNECTIONS (5000), RAMP (30 s in which they are made), SECONDS (60 after that), EVERY (a message in so many seconds,
 * 1), WORKERS (processes of the proxy, 1) and PROTOCOLS (tcp,websocket) are taken from the environment.
 * Through the proxy each connection is four sockets on this machine and two ephemeral ports.
 */

import { readFileSync } from 'node:fs'
import Table from 'cli-table3'
import { monotonicNow, sleep } from '../../src/core/clock.ts'
import { ms, perSecond } from '../../src/core/units.ts'
import { startLoad } from '../../src/load/run.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import type { BucketRecord } from '../../src/record/buckets.ts'
import { latencyQuantile, mergeLatencies, readLatencies } from '../../src/record/latencies.ts'
import { bucketFigure } from '../../src/report/figures.ts'
import { brownout, direct, server, type Contender } from './contender.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 5000)
const SECONDS = Number(process.env['SECONDS'] ?? 60)
const PROTOCOLS = (process.env['PROTOCOLS'] ?? 'tcp,websocket').split(',').filter((one) => one !== '') as Protocol[]
const EVERY = Number(process.env['EVERY'] ?? 1)
const WORKERS = Number(process.env['WORKERS'] ?? 1)
const OVER = Number(process.env['RAMP'] ?? 30) * 1000

interface Row { readonly what: string; readonly cells: readonly string[] }
const HEAD = ['opened', 'not made', 'cut', 'set-up p50', 'p95', 'sent', 'echoed', 'lost', 'round trip p50', 'p99', 'CPU', 'us/echo', 'KiB/connection', 'CPU of the load']

async function measure(contender: Contender): Promise<Row> {
  const buckets: BucketRecord[] = []
  const origin = monotonicNow()
  const empty = contender.memory()
  const load = await startLoad({
    specs: [{
      name: 'echo', rate: perSecond(CONNECTIONS / EVERY), timeout: ms(10_000), ok: '2xx', inFlightMax: CONNECTIONS * 20, connections: CONNECTIONS,
      send: { kind: 'websocket', url: `ws://127.0.0.1:${contender.port}/`, headers: {}, over: ms(OVER), expect: 'echo', send: '{"id":"{id}","text":"how much is the fish"}', compression: false },
    }],
    origin, width: ms(250), seed: 1, onBucket: (bucket) => buckets.push(bucket), onProblem: (text) => process.stderr.write(`${text}\n`),
  })
  await load.begin()
  await sleep(ms(OVER + 1000))
  const [cpu, from] = [contender.cpu(), monotonicNow()]
  await sleep(ms(SECONDS * 1000))
  const [used, to, full] = [contender.cpu() - cpu, monotonicNow(), contender.memory()]
  const opened = buckets.at(-1)?.extra?.['connections'] ?? 0
  const [verdict] = await load.stop()
  if (verdict && !verdict.valid) process.stderr.write(`${contender.name}: not to be trusted: ${verdict.why ?? ''}\n`)
  for (const [reason, count] of Object.entries(verdict?.errors ?? {})) process.stderr.write(`${contender.name}: ${reason} x ${count}\n`)
  const cut = Object.values(verdict?.closes ?? {}).reduce((sum, count) => sum + count, 0)
  const setup = mergeLatencies(buckets.flatMap((bucket) => (bucket.setup === undefined ? [] : readLatencies(bucket.setup) ?? [])))
  const total = (of: (bucket: BucketRecord) => number): number => buckets.reduce((sum, bucket) => sum + of(bucket), 0)
  const [sent, echoed, lost] = [verdict?.sent ?? 0, total(({ counts }) => counts.ok), total(({ extra }) => extra?.['messages_lost'] ?? 0)]
  const steady = total(({ start, counts }) => (start >= from && start < to ? counts.ok : 0))
  const time = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(1)} ms`)
  return {
    what: contender.name,
    cells: [
      String(opened), String(CONNECTIONS - opened - cut), String(cut), time(latencyQuantile(setup, 0.5)), time(latencyQuantile(setup, 0.95)), String(sent), String(echoed), String(lost),
      time(bucketFigure(buckets, 'p50')), time(bucketFigure(buckets, 'p99')),
      `${(used / 10 / Math.max(1, to - from)).toFixed(0)} %`, (used / Math.max(1, steady)).toFixed(1), full === 0 ? '-' : ((full - empty) / 1024 / CONNECTIONS).toFixed(1), `${((verdict?.cpu ?? 0) * 100).toFixed(0)} %`,
    ],
  }
}

const files = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? Number.POSITIVE_INFINITY)
const needed = Math.ceil((2 * CONNECTIONS) / WORKERS) + 200
if (files < needed) process.stderr.write(`at most ${files} open files: a process of the proxy needs ${needed} (ulimit -Hn, or more WORKERS)\n`)
const echo = await server('echo-main.js')
const table = new Table({ head: ['', ...HEAD], style: { head: [], border: [] } })
for (const name of ['direct', ...PROTOCOLS] as const) {
  process.stderr.write(`${name}: ${CONNECTIONS} connections, ${SECONDS} s\n`)
  const contender = name === 'direct' ? direct(echo.port) : await brownout(`brownout, ${name}${WORKERS > 1 ? `, ${WORKERS} workers` : ''}`, echo.port, { protocol: name, ...(WORKERS > 1 ? { workers: String(WORKERS) } : {}) })
  const { what, cells } = await measure(contender)
  table.push([what, ...cells])
  contender.stop()
}
process.stdout.write(`${table.toString()}\n${CONNECTIONS} connections begun over ${OVER / 1000} s, one message in ${EVERY} s on each for ${SECONDS} s\n`)
echo.stop()
