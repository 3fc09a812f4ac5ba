/** What the bench says of its own samples: pure, no proxy runs here. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuOf, memoryOf } from './bench/proc.ts'
import { compared, comparedTable } from './bench/suite/against.ts'
import { change, median } from './bench/suite/estimate.ts'
import { NAMES } from './bench/suite/path.ts'
import { keep, merged, readResults, type Results, type Sample } from './bench/suite/results.ts'
import { runPath } from './bench/suite/run.ts'
import { page, table } from './bench/suite/tables.ts'
import { rows } from './bench/suite/targets.ts'

const EMPTY: Results = { format: 1, at: '2026-01-01T00:00:00.000Z', machine: { processor: 'one', cores: 2, memoryGiB: 1, kernel: '6' }, versions: { node: '20' }, missing: {}, about: {}, samples: [] }
const samples = (spot: Pick<Sample, 'path' | 'workload' | 'contender'>, cpus: readonly number[], rates: readonly number[] = cpus): Sample[] =>
  cpus.map((cpu, round) => ({ ...spot, unit: 'request', round, cpu, rate: rates[round] ?? 0 }))
const tcp = (contender: string, cpus: readonly number[], rates?: readonly number[]): Sample[] => samples({ path: 'tcp', workload: '-P 1', contender }, cpus, rates)

describe('bench: medians and their intervals', () => {
  it('takes the extremes of few rounds, and leaves out the outermost of many', () => {
    assert.deepEqual(median([5, 1, 3]), { value: 3, low: 1, high: 5 })
    assert.deepEqual(median([1, 2, 3, 4]), { value: 2.5, low: 1, high: 4 })
    // Sign test at 95 %: of 12 values the third and the tenth (tables of the binomial distribution: 2 x 79/4096 = 3.9 %).
    assert.deepEqual(median(Array.from({ length: 12 }, (_, i) => i + 1)), { value: 6.5, low: 3, high: 10 })
    assert.ok(Number.isNaN(median([]).value))
  })

  it('tells a change by all pairs, with the interval of the rank-sum test', () => {
    // 5 by 5: the critical value of U at 5 % is 2, so that the third smallest and the third largest of 25 ratios bound it.
    const then = [1, 1, 1, 1, 1]
    assert.deepEqual(change([1.1, 1.2, 1.3, 1.4, 1.5], then), { value: 1.3, low: 1.1, high: 1.5 })
    const ratios = [10, 20, 30, 40, 50].flatMap((a) => [1, 2, 3, 4, 5].map((b) => a / b)).sort((a, b) => a - b)
    assert.deepEqual(change([10, 20, 30, 40, 50], [1, 2, 3, 4, 5]), { value: ratios[12], low: ratios[2], high: ratios[22] })
  })
})

describe('bench: what must be reached', () => {
  it('is judged by the interval of ratios within rounds, however the machine drifts', () => {
    const all = [...tcp(NAMES.haproxy, [10, 20, 40], [100, 50, 25]), ...tcp(NAMES.tcp, [11, 22, 44], [80, 45, 20])]
    const found = rows({ ...EMPTY, samples: all }).filter(({ figure }) => figure.startsWith('-P 1:'))
    assert.deepEqual(found.map(({ target, measured, verdict }) => [target, measured, verdict]), [
      ['<= 1.15 x HAProxy tcp', '1.10 x', 'reached'], ['>= 0.85 x HAProxy tcp', '0.80 (0.80 to 0.90) x', 'missed, within noise'],
    ])
  })

  it('says who is missing, and takes Toxiproxy from what is known of it', () => {
    assert.ok(rows({ ...EMPTY, samples: tcp(NAMES.tcp, [1]) }).every(({ measured, verdict }) => verdict === 'not measured' && measured === 'HAProxy, tcp is not here'))
    const through = (contender: string, cpu: number, rate: number): Sample[] => samples({ path: 'latency', workload: '500 connections', contender }, [cpu], [rate])
    const [cpu, rate] = rows({ ...EMPTY, samples: [...through(NAMES.slow, 27, 20_000), ...through(NAMES.haproxy, 19.2, 40_000)] })
    // HAProxy takes twice 9.6 us here: Toxiproxy would take 54 us, and do 10,000/s.
    assert.match(cpu?.measured ?? '', /^0\.50 x \(Toxiproxy is not here: it is taken to be at 27 us where HAProxy takes 9\.6 us\)$/)
    assert.match(rate?.measured ?? '', /^2\.00 x \(Toxiproxy is not here/)
    assert.deepEqual([cpu?.verdict, rate?.verdict], ['reached', 'reached'])
  })

  it('does not take a noisy machine for an exact latency', () => {
    const at = (contender: string, p99: number): Sample => ({ path: 'latency', workload: '1,000/s', contender, unit: 'request', round: 0, cpu: 1, rate: 1000, extra: { p50: 1, p99 } })
    const verdict = (plain: number, slow: number): string | undefined => rows({ ...EMPTY, samples: [at(NAMES.tcp, plain), at(NAMES.slow, slow)] }).find(({ figure }) => figure.startsWith('1,000/s'))?.verdict
    assert.deepEqual([verdict(1, 12.5), verdict(1, 14), verdict(30, 20)], ['reached', 'missed', 'too noisy to tell'])
  })
})

describe('bench: against an earlier run', () => {
  const run = (cpus: readonly number[], slower: number): Results => ({ ...EMPTY, samples: [...tcp(NAMES.pipe, cpus.map(() => 20 * slower), cpus.map(() => 100)), ...tcp(NAMES.tcp, cpus.map((cpu) => cpu * slower), cpus.map(() => 120))] })
  const then = run([10, 10.1, 9.9, 10, 10.2], 1)

  it('finds a loss, and none on a machine that is slower as a whole', () => {
    const cpu = (now: Results): boolean | undefined => compared(now, then).find(({ figure }) => figure === 'cpu')?.loss
    assert.equal(cpu(run([10, 10.1, 9.9, 10, 10.2], 2)), false)
    assert.equal(cpu(run([13, 13.1, 12.9, 13, 13.2], 2)), true)
    // Three rounds say too little.
    assert.equal(cpu(run([13, 13.1, 12.9], 1)), false)
    // Less than anyone looks after.
    assert.equal(cpu(run([10.4, 10.4, 10.4, 10.5, 10.4], 1)), false)
    assert.match(comparedTable(compared(run([13, 13.1, 12.9, 13, 13.2], 2), then)), /CPU beside pipe\s+\| 1\.30 \(1\.2\d to 1\.3\d\)\s+\| LOSS/)
  })

  it('puts runs together by giving each round a number of its own', () => {
    const both = merged([then, then])
    assert.deepEqual(both.samples.filter(({ contender }) => contender === NAMES.tcp).map(({ round }) => round), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('keeps every sample in a file, and refuses one that is none of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'brownout-results-'))
    try {
      keep(join(folder, 'new', 'a.json'), then)
      assert.deepEqual(readResults(join(folder, 'new', 'a.json')), then)
      keep(join(folder, 'b.json'), { ...then, format: 2 } as unknown as Results)
      assert.throws(() => readResults(join(folder, 'b.json')), /no result of this suite/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('bench: the runner', () => {
  it('goes backwards every other round, and counts the CPU of the work alone', async () => {
    const order: string[] = []
    let [used, stopped] = [0, 0]
    const contender = (name: string) => ({ name, port: 0, cpu: () => used, memory: () => 0, stop: () => undefined })
    const { samples: found, missing } = await runPath({
      name: 'x', about: '', lacks: () => undefined,
      open: () => Promise.resolve({
        contenders: [contender('a'), contender('b')], missing: ['c'], stop: () => { stopped++; return Promise.resolve() },
        workloads: [{ name: 'w', unit: 'request', warm: () => { used += 1000; return Promise.resolve() }, run: ({ name }) => { order.push(name); used += 50; return Promise.resolve({ done: 10, seconds: 2 }) } }],
      }),
    }, 2, () => undefined)
    assert.deepEqual([order, missing, stopped], [['a', 'b', 'b', 'a'], ['c'], 1])
    assert.deepEqual(found.map(({ cpu, rate, round }) => [cpu, rate, round]), [[5, 5, 0], [5, 5, 0], [5, 5, 1], [5, 5, 1]])
  })

  it('has a page with a table for each path, and with what was not there', () => {
    const made = page({ ...EMPTY, about: { tcp: 'as one knows it' }, missing: { tcp: ['socat'] }, samples: [...tcp(NAMES.direct, [0, 0], [9, 9]), ...tcp(NAMES.tcp, [10, 12], [5000, 6000])] })
    assert.match(made, /### tcp\n\nAs one knows it; 2 rounds\. Not here: socat\./)
    assert.match(made, /\| brownout, tcp \| 11\.0 \(10\.0 to 12\.0\)\s+\| 5,500 \(5,000 to 6,000\) \|/)
    assert.match(made, /\| direct\s+\|\s+\| 9\.00\s+\|/)
    assert.equal(table(['', 'b'], [['long', '1']]), '|      | b   |\n| ---- | --- |\n| long | 1   |')
  })
})

describe('bench: what a process used', () => {
  before(function () { if (process.platform !== 'linux') this.skip() })

  it('is the CPU and the memory of its children too', async () => {
    const burn = 'const until = process.cpuUsage().user + 200000; while (process.cpuUsage().user < until); process.stdout.write("done"); setInterval(() => undefined, 1000)'
    const parent = spawn(process.execPath, ['-e', `const { stdout } = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(burn)}], { stdio: ["pipe", "inherit", "inherit"] }); setInterval(() => undefined, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    try {
      await once(parent.stdout, 'data')
      const used = cpuOf(parent.pid ?? 0)
      assert.ok(used > 200_000 && used < 3_000_000, `${used} us`)
      const alone = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${parent.pid}/status`, 'utf8'))?.[1]) * 1024
      assert.ok(memoryOf(parent.pid ?? 0) > 1.5 * alone, `${alone} bytes in the one, ${memoryOf(parent.pid ?? 0)} in both`)
      assert.equal(cpuOf(2 ** 22 + 1), 0)
    } finally {
      process.kill(-(parent.pid ?? 0), 'SIGKILL')
    }
  })
})
