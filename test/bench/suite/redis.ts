/** The paths with a real Redis behind them and redis-benchmark in front: tcp and redis. */

import { findRedis, startRedis } from '../../../src/demo/redis.ts'
import { brownout, direct, pipe, type Contender } from '../contender.ts'
import { haproxy, isProgram, nginx, socat, toxiproxy } from '../peers.ts'
import { gathered, NAMES, output, type Path, type Reading, type Stage, type Workload } from './path.ts'

const SMALL = '3'
const LARGE = '1048576'

/** Every command is looked at, and none is meant. */
const IDLE = { id: 'idle', fault: 'redis.error', on: 'cache', standing: true, params: {}, where: { command: ['GET', 'SET'], key: 'nobody:*' } }
/** No client comes from there (a block for documentation, RFC 5737). */
const ELSEWHERE = { id: 'idle', fault: 'latency', on: 'cache', standing: true, params: { delay: 10 }, where: { client: '192.0.2.1' } }

export const lacksRedis = (): string | undefined =>
  (findRedis() === undefined ? 'no redis-server' : isProgram('redis-benchmark') ? undefined : 'no redis-benchmark on the PATH')

/** `-n` GETs by redis-benchmark, as it says them. */
export async function gets(port: number, requests: number, args: readonly string[]): Promise<Reading> {
  const said = await output('redis-benchmark', ['-h', '127.0.0.1', '-p', String(port), '-n', String(requests), ...args, '-t', 'get', '--csv'])
  const rate = Number(/"GET","([\d.]+)"/.exec(said)?.[1] ?? Number.NaN)
  return { done: requests, seconds: requests / rate }
}

export async function withRedis(all: (port: number) => Parameters<typeof gathered>[0], workloads: (port: number) => readonly Workload[]): Promise<Stage> {
  const redis = await startRedis()
  const { contenders, missing } = await gathered(all(redis.port))
  return { contenders, missing, workloads: workloads(redis.port), stop: () => { for (const one of contenders) one.stop(); return redis.stop() } }
}

const PATTERNS = (port: number): readonly Workload[] => {
  // What GET reads.
  const value = (size: string) => async (): Promise<void> => { await output('redis-benchmark', ['-p', String(port), '-q', '-n', '100', '-d', size, '-t', 'set']) }
  return [
    { name: '-P 1', unit: 'request', prepare: value(SMALL), run: ({ port }) => gets(port, 60_000, ['-c', '50', '-P', '1']) },
    { name: '-P 32', unit: 'request', prepare: value(SMALL), run: ({ port }) => gets(port, 1_000_000, ['-c', '50', '-P', '32']) },
    { name: '1 MiB', unit: 'MiB', prepare: value(LARGE), run: ({ port }) => gets(port, 1500, ['-c', '10', '-P', '1', '-d', LARGE]) },
  ]
}

/** Of the contender that is several processes; with 1 or 0 there is none. */
export const WORKERS = Number(process.env['WORKERS'] || 2)
const byWorkers = (port: number): Record<string, () => Promise<Contender>> => (WORKERS > 1 ? { [NAMES.workers]: () => brownout(NAMES.workers, port, { workers: String(WORKERS) }) } : {})

export const tcp: Path = {
  name: 'tcp', lacks: lacksRedis,
  about: 'redis-benchmark GET: 50 connections and 3 bytes, one at a time and 32; 10 connections and 1 MiB',
  open: () => withRedis((port) => ({
    direct: () => Promise.resolve(direct(port)), HAProxy: () => haproxy(port), 'nginx stream': () => nginx(port), socat: () => socat(port), Toxiproxy: () => toxiproxy(port), pipe: () => pipe(port),
    [NAMES.tcp]: () => brownout(NAMES.tcp, port), [NAMES.armed]: () => brownout(NAMES.armed, port, { rule: ELSEWHERE }), ...byWorkers(port),
  }), PATTERNS),
}

export const redis: Path = {
  name: 'redis', lacks: lacksRedis,
  about: 'the same on a target of Redis',
  open: () => withRedis((port) => ({
    pipe: () => pipe(port), [NAMES.tcp]: () => brownout(NAMES.tcp, port),
    [NAMES.redis]: () => brownout(NAMES.redis, port, { protocol: 'redis' }), [NAMES.redisIdle]: () => brownout(NAMES.redisIdle, port, { protocol: 'redis', rule: IDLE }),
  }), PATTERNS),
}
