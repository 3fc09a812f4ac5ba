/** What the run's applications and servers used: a table by phase, and what is drawn of it. */

import type { Phase } from '../record/events.ts'
import { RESOURCES, resourceOf } from '../record/resources.ts'
import { figure } from './figures.ts'
import { phaseOf, type RunRecord, type SignalRecord } from './fold.ts'
import { figureWords } from './words.ts'

type Metric = keyof typeof RESOURCES
type Tone = 'a' | 'b' | 'c' | 'good' | 'bad' | 'quiet'
export interface ResourceChart { readonly what: string; readonly unit: 'share' | '/s' | 'count'; readonly lines: readonly (readonly [label: string, tone: Tone, metric: Metric])[]; readonly scale?: number }

const MIB = 1 / 1024 ** 2

export const RESOURCE_CHARTS: readonly ResourceChart[] = [
  { what: 'CPU', unit: 'share', lines: [['cpu', 'a', 'cpu']] },
  { what: 'memory, MiB', unit: 'count', scale: MIB, lines: [['memory', 'b', 'memory']] },
  { what: 'open', unit: 'count', lines: [['files and sockets', 'a', 'handles'], ['sockets', 'b', 'sockets']] },
  { what: 'read and written, MiB/s', unit: 'count', scale: MIB, lines: [['read', 'a', 'io_read'], ['written', 'b', 'io_written']] },
  { what: 'disks, MiB/s', unit: 'count', scale: MIB, lines: [['read', 'a', 'disk_read'], ['written', 'b', 'disk_written']] },
  { what: 'CPU of the server', unit: 'share', lines: [['all of it', 'a', 'server_cpu'], ['main thread', 'b', 'server_main_thread']] },
  { what: 'connections at the server', unit: 'count', lines: [['all', 'quiet', 'server_connections'], ['at work', 'a', 'server_active'], ['idle in a transaction', 'b', 'server_idle_in_transaction']] },
  { what: 'sessions that wait', unit: 'count', lines: [['for a lock', 'bad', 'server_waits_lock'], ['inside', 'b', 'server_waits_lwlock'], ['for I/O', 'a', 'server_waits_io']] },
  { what: 'transactions at the server', unit: '/s', lines: [['commits', 'good', 'server_commits'], ['rollbacks', 'bad', 'server_rollbacks']] },
  { what: 'rows', unit: '/s', lines: [['read', 'a', 'server_tuples_read'], ['written', 'b', 'server_tuples_written']] },
  { what: 'commands at the server', unit: '/s', lines: [['commands', 'a', 'server_ops'], ['evictions', 'bad', 'server_evictions']] },
  { what: 'memory of the server, MiB', unit: 'count', scale: MIB, lines: [['memory', 'b', 'server_memory']] },
  { what: 'found in the server\'s cache', unit: 'share', lines: [['found', 'good', 'server_hit_ratio']] },
]

/** Each is over the whole of its phase; undefined where nothing is known of it. */
export interface ResourceRow { readonly name: string; readonly metric: string; readonly baseline: number | undefined; readonly fault: number | undefined; readonly recovery: number | undefined }

/** Of apps first, then of servers; what was nothing throughout is left out. */
export function resourcesOf(record: RunRecord): readonly ResourceRow[] {
  const sources = record.signals.filter(({ source }) => source === 'app' || source === 'target').sort((a, b) => a.source.localeCompare(b.source))
  return sources.flatMap((signal) => metricsOf(signal).flatMap((metric) => {
    const during = (phase: Phase): number | undefined => {
      const window = phaseOf(record, phase)
      return window && figure(record, { name: signal.name, metric }, window.from, window.to)
    }
    const row = { name: signal.name, metric, baseline: during('baseline'), fault: during('method'), recovery: during('recovery') }
    return [row.baseline, row.fault, row.recovery].some((value) => value !== undefined && value !== 0) ? [row] : []
  }))
}

/** In the order of the table. */
function metricsOf({ source, buckets }: SignalRecord): readonly string[] {
  const there = new Set(buckets.flatMap(({ extra }) => Object.keys(extra ?? {})))
  if (there.has('server_hits')) there.add('server_hit_ratio')
  return Object.keys(RESOURCES).filter((metric) => there.has(metric) && (source === 'app') === (resourceOf(metric)?.of.includes('app') ?? false))
}

export const resourceCells = ({ metric, baseline, fault, recovery }: ResourceRow): readonly string[] => [baseline, fault, recovery].map((value) => figureWords(metric, value))
