/** What the suite is made of: paths, on each some contenders and some workloads. A path is one file; names of contenders are here, for figures are found by them. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Contender } from '../contender.ts'

export const NAMES = {
  direct: 'direct', haproxy: 'HAProxy, tcp', haproxyHttp: 'HAProxy, http', pipe: 'pipe', httpxy: 'http-proxy (httpxy)', toxiproxySlow: 'Toxiproxy, 10 ms latency',
  tcp: 'brownout, tcp', armed: 'brownout, tcp, a rule for another client', slow: 'brownout, tcp, 10 ms latency', workers: 'brownout, tcp, by workers',
  redis: 'brownout, redis, every command measured', redisIdle: 'brownout, redis, a rule that means none',
  postgres: 'brownout, postgres, every statement measured', postgresIdle: 'brownout, postgres, a rule that means none',
  http: 'brownout, http, everything measured', httpIdle: 'brownout, http, a rule that means none',
} as const

/** What was done through a contender. Its CPU time is told by `done`. */
export interface Reading {
  readonly done: number
  readonly seconds: number
  /** Round trips in ms (p50, p99), memory in KiB a connection (kib). */
  readonly extra?: Readonly<Record<string, number>>
}

export interface Workload {
  readonly name: string
  /** One of what is counted: `request`, `MiB`. */
  readonly unit: string
  /** Whom it is for; absent: all. */
  readonly only?: readonly string[]
  /** Before each round of it. */
  prepare?(): Promise<void>
  /** Not measured. */
  warm?(contender: Contender): Promise<void>
  run(contender: Contender): Promise<Reading>
}

export interface Stage {
  readonly contenders: readonly Contender[]
  /** Contenders and programs that are not on this machine. */
  readonly missing: readonly string[]
  readonly workloads: readonly Workload[]
  stop(): Promise<void>
}

export interface Path {
  readonly name: string
  /** What is done, for the table's caption. */
  readonly about: string
  /** What it cannot do without, and has not; undefined where nothing is lacking. */
  lacks(): string | undefined
  open(): Promise<Stage>
}

/** Starts one after the other; those that are not there are told apart. */
export async function gathered(all: Readonly<Record<string, () => Promise<Contender | undefined>>>): Promise<Pick<Stage, 'contenders' | 'missing'>> {
  const [contenders, missing]: [Contender[], string[]] = [[], []]
  for (const [name, start] of Object.entries(all)) {
    const contender = await start()
    if (contender) contenders.push(contender)
    else missing.push(name)
  }
  return { contenders, missing }
}

const RUN_MS_MAX = 120_000

/** What a program prints; throws with its complaint when it fails. */
export async function output(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { encoding: 'utf8', timeout: RUN_MS_MAX, maxBuffer: 16 * 1024 ** 2 })
  return stdout
}
