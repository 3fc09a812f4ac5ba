/** What the proxy must reach, as ratios within a run, and whether it does. */

import { median, type Estimate } from './estimate.ts'
import { CLOSED, DELAY_MS, OPEN_RATES, openAt } from './latency.ts'
import { IDLE } from './memory.ts'
import { NAMES } from './path.ts'
import { paired, samplesAt, type Results, type Sample, type Spot } from './results.ts'

export interface Row { readonly path: string; readonly figure: string; readonly target: string; readonly measured: string; readonly verdict: string }

/** Toxiproxy 2 as it was measured on 50 connections, on a machine and in a run in which HAProxy took `haproxyCpu`; rate is the middle of 17,000 to 23,000/s through 10 ms. */
const TOXIPROXY = { cpu: 27, rate: 20_000, haproxyCpu: 9.6 } as const

const EXACT_MS = 2

type Figure = 'cpu' | 'rate'
const SPOKEN: Readonly<Record<Figure, string>> = { cpu: 'CPU', rate: 'rate' }

interface Ratio { readonly path: string; readonly workload: string; readonly of: string; readonly to: string; readonly cpu: number; readonly rate: number }

const RATIOS: readonly Ratio[] = [
  { path: 'tcp', workload: '-P 1', of: NAMES.tcp, to: NAMES.haproxy, cpu: 1.15, rate: 0.85 },
  { path: 'tcp', workload: '-P 32', of: NAMES.tcp, to: NAMES.haproxy, cpu: 1.3, rate: 0.95 },
  { path: 'tcp', workload: '1 MiB', of: NAMES.tcp, to: NAMES.haproxy, cpu: 1.5, rate: 0.85 },
  { path: 'latency', workload: CLOSED, of: NAMES.slow, to: NAMES.toxiproxySlow, cpu: 0.6, rate: 1.5 },
  ...['-P 1', '-P 32', '1 MiB'].map((workload) => ({ path: 'redis', workload, of: NAMES.redis, to: NAMES.tcp, cpu: 1.5, rate: 0.7 })),
  ...['simple', 'extended', 'prepared'].map((workload) => ({ path: 'postgres', workload, of: NAMES.postgres, to: NAMES.tcp, cpu: 1.5, rate: 0.7 })),
  { path: 'http', workload: 'keep-alive', of: NAMES.http, to: NAMES.httpxy, cpu: 1 / 3, rate: 3 },
]

/** Of every path that was measured, in the order in which they were. */
export function rows(results: Results): readonly Row[] {
  const measured = [...new Set(results.samples.map(({ path }) => path))]
  const all = [...RATIOS.flatMap((one) => [row(results, one, 'cpu'), row(results, one, 'rate')]), ...exact(results), ...memory(results), ...cores(results)]
  return measured.flatMap((path) => all.filter((one) => one.path === path))
}

function row(results: Results, ratio: Ratio, figure: Figure): Row {
  const { path, workload, of, to } = ratio
  const [spot, beside] = [{ path, workload, contender: of }, { path, workload, contender: to }]
  const most = figure === 'cpu'
  const bound = ratio[figure]
  const base = { path, figure: `${workload}: ${SPOKEN[figure]} of ${short(of)}`, target: `${most ? '<=' : '>='} ${round(bound)} x ${short(to)}` }
  const found = paired(results, spot, beside, (one, other) => one[figure] / other[figure])
  if (found) return { ...base, measured: `${spread(found)} x`, verdict: judged(found, bound, most) }
  if (to !== NAMES.toxiproxySlow) return { ...base, measured: `${to} is not here`, verdict: 'not measured' }
  // The reference, made as fast or slow as HAProxy says that this machine is.
  const scaled = paired(results, spot, { path, workload, contender: NAMES.haproxy }, (one, { cpu }) => (most ? one.cpu / ((TOXIPROXY.cpu * cpu) / TOXIPROXY.haproxyCpu) : one.rate / ((TOXIPROXY.rate * TOXIPROXY.haproxyCpu) / cpu)))
  if (!scaled) return { ...base, measured: 'neither Toxiproxy nor HAProxy is here', verdict: 'not measured' }
  const known = `Toxiproxy is not here: it is taken to be at ${most ? `${TOXIPROXY.cpu} us` : `${TOXIPROXY.rate.toLocaleString('en')}/s`} where HAProxy takes ${TOXIPROXY.haproxyCpu} us`
  return { ...base, measured: `${spread(scaled)} x (${known})`, verdict: judged(scaled, bound, most) }
}

/** The 99th percentile with the fault less the one without. Where the one without is the larger by more than that, it is the machine that is measured. */
function exact(results: Results): Row[] {
  return OPEN_RATES.map((rate) => {
    const at = (contender: string): Spot => ({ path: 'latency', workload: openAt(rate), contender })
    const off = paired(results, at(NAMES.slow), at(NAMES.tcp), (slow, plain) => (slow.extra?.['p99'] ?? Number.NaN) - (plain.extra?.['p99'] ?? Number.NaN) - DELAY_MS)
    return { path: 'latency', figure: `${openAt(rate)}: p99 of what is added, off by`, target: `<= ${EXACT_MS} ms`, ...(off ? { measured: `${spread(off)} ms`, verdict: off.value < -EXACT_MS ? 'too noisy to tell' : judged(off, EXACT_MS, true) } : NOTHING) }
  })
}

function memory(results: Results): Row[] {
  return [NAMES.tcp, NAMES.redis, NAMES.postgres, NAMES.http].map((contender) => {
    const kib = samplesAt(results, { path: 'memory', workload: IDLE, contender }).map(({ extra }) => extra?.['kib'] ?? Number.NaN)
    const found = kib.length > 0 ? median(kib) : undefined
    return { path: 'memory', figure: `an idle connection through ${short(contender)}`, target: '< 20 KB', ...(found ? { measured: `${spread(found)} KiB`, verdict: judged(found, 20_000 / 1024, true) } : NOTHING) }
  })
}

/** Linear where there are four cores; on two load, server and proxy share them. */
function cores(results: Results): Row[] {
  const at = (contender: string): Spot => ({ path: 'tcp', workload: '-P 1', contender })
  const rate = ({ rate: one }: Sample, { rate: other }: Sample): number => one / other
  const found = paired(results, at(NAMES.workers), at(NAMES.tcp), rate)
  if (!found) return []
  const bound = results.machine.cores >= 4 ? 0.9 * Math.min((results.workers ?? 1), results.machine.cores) : 1
  return [{ path: 'tcp', figure: '-P 1: rate of several workers', target: `>= ${round(bound)} x one process`, measured: `${spread(found)} x`, verdict: judged(found, bound, false) }]
}

const NOTHING = { measured: '-', verdict: 'not measured' } as const

/** Whether the whole interval is on one side of the bound, or the estimate alone. */
function judged({ value, low, high }: Estimate, bound: number, most: boolean): string {
  const reached = (figure: number): boolean => (most ? figure <= bound : figure >= bound)
  const said = reached(value) ? 'reached' : 'missed'
  return reached(low) === reached(high) ? said : `${said}, within noise`
}

const short = (name: string): string => name.split(', ').slice(0, 2).join(' ')
export const round = (value: number): string => (Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2))
/** `1.02 (0.98 to 1.10)` */
export const spread = ({ value, low, high }: Estimate): string => (low === high ? round(value) : `${round(value)} (${round(low)} to ${round(high)})`)
