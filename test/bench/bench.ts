/**
 * `make bench`: what the proxy costs, in one run on one machine, beside what one would take instead. CPU of the proxy's process
 * (utime + stime) for each request is the headline, for it holds on a noisy machine; rate stands beside it. Results in docs/performance.md.
 */

import { execFileSync } from 'node:child_process'
import Table from 'cli-table3'
import { ms } from '../../src/core/units.ts'
import { startRedis } from '../../src/demo/redis.ts'
import { brownout, direct, haproxy, mean, pipe, type Contender } from './contender.ts'
import { echo, exactness, roundTrips, type Exactness } from './exactness.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 4)
const PATTERNS = [
  { name: '-P 1', args: ['-c', '50', '-P', '1', '-n', '100000', '-t', 'get'], requests: 100_000, mib: 0 },
  { name: '-P 32', args: ['-c', '50', '-P', '32', '-n', '2000000', '-t', 'get'], requests: 2_000_000, mib: 0 },
  { name: '1 MiB', args: ['-c', '10', '-P', '1', '-n', '3000', '-d', '1048576', '-t', 'get'], requests: 3000, mib: 3000 },
] as const
const LATENCY = { id: 'bench', fault: 'latency', on: 'cache', standing: true, params: { delay: ms(10) } }

/** Every command is looked at, and none is meant. */
const IDLE = { id: 'idle', fault: 'redis.error', on: 'cache', standing: true, params: {}, where: { command: ['GET', 'SET'], key: 'nobody:*' } }

interface Figure { readonly rate: number; readonly cpu: number }

function measure(contender: Contender, { args, requests, mib }: (typeof PATTERNS)[number], count: number = requests): Figure {
  const set = ['-h', '127.0.0.1', '-p', String(contender.port)]
  const argv = args.map((arg, i) => (args[i - 1] === '-n' ? String(count) : arg))
  const before = contender.cpu()
  const out = execFileSync('redis-benchmark', [...set, ...argv, '--csv'], { encoding: 'utf8', timeout: 120_000 })
  const rate = Number(/"GET","([\d.]+)"/.exec(out)?.[1] ?? Number.NaN)
  return { rate, cpu: (contender.cpu() - before) / (mib > 0 ? (mib * count) / requests : count) }
}


async function exact(): Promise<Exactness[]> {
  const server = await echo()
  const [plain, slow] = [await brownout('plain', server.port), await brownout('slow', server.port, { rule: LATENCY })]
  const results: Exactness[] = []
  // Both have to be warm: what is compiled on the way is late.
  for (const { port } of [plain, slow]) await roundTrips(port, 1000, 2, 50)
  for (const rate of [100, 1000]) {
    results.push(exactness(rate, 10, await roundTrips(plain.port, rate, 8, 50), await roundTrips(slow.port, rate, 8, 50)))
  }
  plain.stop()
  slow.stop()
  server.close()
  return results
}

const redis = await startRedis()
execFileSync('redis-benchmark', ['-p', String(redis.port), '-q', '-n', '1000', '-d', '1048576', '-t', 'set'])
const contenders = [direct(redis.port), await haproxy(redis.port), await pipe(redis.port), await brownout('brownout, tcp', redis.port),
  await brownout('brownout, redis, every command measured', redis.port, { protocol: 'redis' }), await brownout('brownout, redis, a rule that means none', redis.port, { protocol: 'redis', rule: IDLE }),
  await brownout('brownout, tcp, latency 10 ms', redis.port, { rule: LATENCY })]
  .filter((one): one is Contender => one !== undefined)
const table = new Table({ head: ['', ...PATTERNS.flatMap(({ name, mib }) => [`${name} /s`, mib > 0 ? 'CPU us/MiB' : 'CPU us/request'])], style: { head: [], border: [] } })
const figures = new Map<string, Figure[][]>(contenders.map(({ name }) => [name, PATTERNS.map(() => [])]))
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, pattern] of PATTERNS.entries()) {
    // The value that GET reads: small for the first two, 1 MiB for the last.
    execFileSync('redis-benchmark', ['-p', String(redis.port), '-q', '-n', '100', '-d', pattern.mib > 0 ? '1048576' : '3', '-t', 'set'])
    // Who comes first finds another machine than who comes last: each is first as often as last.
    for (const contender of round % 2 ? contenders.toReversed() : contenders) {
      process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${pattern.name} ${contender.name}\n`)
      const slowed = contender.name.includes('latency')
      figures.get(contender.name)?.[i]?.push(measure(contender, pattern, slowed ? Math.ceil(pattern.requests / 10) : pattern.requests))
    }
  }
}
for (const [name, patterns] of figures) {
  table.push([name, ...patterns.flatMap((all) => [mean(all.map(({ rate }) => rate)).toFixed(0), mean(all.map(({ cpu }) => cpu)).toFixed(2)])])
}
process.stdout.write(`${table.toString()}\nmeans of ${ROUNDS} rounds, in turn forwards and backwards; redis-benchmark GET, 50 connections (10 for 1 MiB)\n`)
for (const contender of contenders) contender.stop()
await redis.stop()

process.stderr.write('exactness of an injected latency\n')
for (const { rate, asked, p50, p99, addedAtP99 } of await exact()) {
  process.stdout.write(`latency ${asked} ms at ${rate}/s: at p99 off by ${addedAtP99.toFixed(2)} ms from the direct path's p99; single round trips from its median by ${p50.toFixed(2)} ms at p50, ${p99.toFixed(2)} ms at p99\n`)
}
