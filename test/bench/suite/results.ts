/** What one run of the suite leaves: every sample, and on what it was measured. Kept as JSON, read again to compare and to show. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { ROOT } from '../../support/paths.ts'
import { median, type Estimate } from './estimate.ts'

/** `rate` is a second, `cpu` in microseconds of the proxy's process for each `unit`. */
export interface Sample {
  readonly path: string; readonly workload: string; readonly contender: string; readonly unit: string; readonly round: number
  readonly rate: number; readonly cpu: number; readonly extra?: Readonly<Record<string, number>> | undefined
}

export interface Results {
  readonly format: 1
  readonly at: string
  readonly machine: { readonly processor: string; readonly cores: number; readonly memoryGiB: number; readonly kernel: string }
  /** By program; absent ones are not on this machine. */
  readonly versions: Readonly<Record<string, string>>
  /** How many brownout's contender by that name had. */
  readonly workers?: number | undefined
  /** What is not on this machine, by path. */
  readonly missing: Readonly<Record<string, readonly string[]>>
  /** Captions of paths. */
  readonly about: Readonly<Record<string, string>>
  readonly samples: readonly Sample[]
}

const ASKED: Readonly<Record<string, readonly [string, string]>> = {
  HAProxy: [process.env['HAPROXY'] ?? 'haproxy', '-v'], nginx: [process.env['NGINX'] ?? 'nginx', '-v'], socat: [process.env['SOCAT'] ?? 'socat', '-V'],
  pgbouncer: [process.env['PGBOUNCER'] ?? 'pgbouncer', '--version'], Toxiproxy: [process.env['TOXIPROXY'] ?? 'toxiproxy-server', '--version'],
  Redis: ['redis-server', '--version'], pgbench: ['pgbench', '--version'],
}

export function freshResults(at: string): Results {
  const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string }
  const asked = Object.entries(ASKED).flatMap(([name, [command, flag]]) => { const found = versionOf(command, flag); return found === undefined ? [] : [[name, found] as const] })
  return {
    format: 1, at, missing: {}, about: {}, samples: [],
    machine: { processor: cpus()[0]?.model.trim() ?? '', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), kernel: release() },
    versions: { brownout: version, node: process.versions.node, ...Object.fromEntries(asked) },
  }
}

/** Some say it on the one output, some on the other. */
function versionOf(command: string, flag: string): string | undefined {
  try {
    const said = execFileSync('sh', ['-c', '"$0" "$1" 2>&1', command, flag], { encoding: 'utf8', env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` } })
    return /\d+\.\d+(\.\d+)*/.exec(said)?.[0]
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

export function keep(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`)
}

export function readResults(file: string): Results {
  const found = JSON.parse(readFileSync(file, 'utf8')) as Results
  if (found.format !== 1) throw new Error(`${file} is no result of this suite`)
  return found
}

/** One of several, of the same machine: rounds of one path follow each other. */
export function merged(all: readonly Results[]): Results {
  const [first, ...others] = all
  if (!first) throw new Error('nothing to merge')
  return others.reduce((sum, next) => {
    const shift = new Map(next.samples.map(({ path }) => [path, 1 + Math.max(-1, ...sum.samples.filter((one) => one.path === path).map(({ round }) => round))]))
    return {
      ...next, versions: { ...sum.versions, ...next.versions }, missing: { ...sum.missing, ...next.missing }, about: { ...sum.about, ...next.about },
      samples: [...sum.samples, ...next.samples.map((one) => ({ ...one, round: one.round + (shift.get(one.path) ?? 0) }))],
    }
  }, first)
}

/** Where a figure is found. */
export interface Spot { readonly path: string; readonly workload: string; readonly contender: string }

export const samplesAt = ({ samples }: Pick<Results, 'samples'>, { path, workload, contender }: Spot): readonly Sample[] =>
  samples.filter((one) => one.path === path && one.workload === workload && one.contender === contender)

/**
 * The median of `of(a, b)` over the rounds, of two that were measured one behind the other in each: what the machine does from round to round is
 * in both. Undefined where one of them was not measured.
 */
export function paired(results: Pick<Results, 'samples'>, one: Spot, other: Spot, of: (one: Sample, other: Sample) => number): Estimate | undefined {
  const values = pairs(results, one, other, of)
  return values.length === 0 ? undefined : median(values)
}

export function pairs(results: Pick<Results, 'samples'>, one: Spot, other: Spot, of: (one: Sample, other: Sample) => number): readonly number[] {
  const others = new Map(samplesAt(results, other).map((sample) => [sample.round, sample]))
  return samplesAt(results, one).flatMap((sample) => { const beside = others.get(sample.round); return beside ? [of(sample, beside)] : [] })
}
