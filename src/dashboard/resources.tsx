/** What the wrapped processes and the servers behind targets use. */

import { resourceOf, type ResourceUnit } from '../record/resources.ts'
import type { Board } from './board.ts'
import { Chart } from './chart.tsx'
import type { ChartOf, Tone } from './charts.ts'
import { useTopics } from './hooks.ts'
import type { Unit } from './words.ts'

const UNITS: Readonly<Record<ResourceUnit, Unit>> = { ratio: 'share', bytes: 'bytes', 'bytes/s': 'bytes/s', '/s': '/s', number: 'count' }
const LEAST: Readonly<Record<Unit, number>> = { ms: 1, '/s': 1, share: 0.1, count: 4, bytes: 1024 ** 2, 'bytes/s': 1024, cores: 0.1, 'ms/s': 1 }
const TONES: readonly Tone[] = ['blue', 'green', 'purple', 'orange', 'sky']

export function Resources({ board, range }: { readonly board: Board; readonly range: number }) {
  useTopics(board, 'resources')
  return <>{board.resourceNames.map((name) => <Of key={name} board={board} name={name} range={range} metrics={board.resourcesOf(name)?.names.join() ?? ''} />)}</>
}

function Of({ board, name, range, metrics }: { readonly board: Board; readonly name: string; readonly range: number; readonly metrics: string }) {
  const charts = madeFor(metrics)
  return (
    <section class="target" aria-label={`Resources of ${name}`}>
      <header><h2>{name}</h2><span class="soft">resources</span></header>
      <div class="charts small">
        {charts.map((chart) => <Chart key={chart.title} board={board} topic="resources" chart={chart} range={range} height={80} series={() => board.resourcesOf(name)} spans={(since) => board.spans.all(since)} />)}
      </div>
    </section>
  )
}

/** Kept, for a chart that is another one is painted anew. */
const made = new Map<string, readonly ChartOf[]>()
function madeFor(metrics: string): readonly ChartOf[] {
  const found = made.get(metrics)
  if (found) return found
  const charts = metrics.split(',').filter((metric) => metric !== '').map((metric, i): ChartOf => {
    const known = resourceOf(metric)
    // Of a whole process tree CPU may be more than one core.
    const unit: Unit = metric === 'cpu' ? 'cores' : known ? UNITS[known.unit] : 'count'
    const title = known?.label ?? metric
    return { title: unit === 'cores' ? 'CPU, in cores' : title, unit, least: LEAST[unit], doc: title, lines: [{ metric, label: '', tone: TONES[i % TONES.length] ?? 'blue', filled: true }] }
  })
  made.set(metrics, charts)
  return charts
}
