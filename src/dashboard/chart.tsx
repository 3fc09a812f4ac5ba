/** A chart that follows the board: a canvas while it is in sight, nothing while it is not. */

import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { Board, Topic } from './board.ts'
import type { ChartOf, LineOf } from './charts.ts'
import { name, shade } from './hatch.ts'
import type { Points, Series } from './rings.ts'
import type { Span } from './spans.ts'
import { color, onTheme } from './theme.ts'
import { clockWords, tightWords, type Unit } from './words.ts'

interface ChartProps {
  readonly board: Board
  readonly topic: Topic
  readonly chart: ChartOf
  readonly series: () => Series | undefined
  readonly spans: (since: number) => readonly Span[]
  /** In ms. */
  readonly range: number
  readonly height: number
  readonly named?: boolean
}

export function Chart(props: ChartProps) {
  const { board, topic, chart } = props
  const root = useRef<HTMLDivElement>(null)
  const legend = useRef<HTMLSpanElement>(null)
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    const place = root.current
    if (!place) return undefined
    const view = new View(place, legend.current, () => latest.current)
    const stop = [board.on(topic, view.refresh), board.on('view', view.refresh), onTheme(view.redo)]
    return () => { for (const end of stop) end(); view.close() }
  }, [board, topic, chart])
  useEffect(() => { board.tell('view') }, [board, props.range, props.height])
  return (
    <figure class="chart">
      <figcaption title={chart.doc}>
        <b>{chart.title}</b>
        <span class="legend" ref={legend}>
          {chart.lines.map((line) => <span key={line.metric} class={`key ${line.tone}`}>{line.label !== '' && <b class={styleOf(line)}>{line.label}</b>}<output>–</output></span>)}
        </span>
      </figcaption>
      <div class="plot" ref={root} style={{ height: `${props.height}px` }} />
    </figure>
  )
}

/** More points than that are noise. */
const PIXELS_A_POINT = 1.6

/** A label is underlined as its line is drawn. */
const styleOf = ({ dash: [dash = 0] = [] }: LineOf): string => (dash === 0 ? 'solid' : dash < 4 ? 'dotted' : 'dashed')

/** Steps of an axis in which people count: bytes by twos, and nothing has half a connection. */
const BINARY: readonly number[] = Array.from({ length: 40 }, (_, i) => 2 ** i)
const WHOLE: readonly number[] = Array.from({ length: 9 }, (_, i) => 10 ** i).flatMap((one) => [one, 2 * one, 5 * one])
const stepsOf = (unit: Unit): Pick<uPlot.Axis, 'incrs'> => (unit === 'bytes' || unit === 'bytes/s' ? { incrs: [...BINARY] } : unit === 'count' ? { incrs: [...WHOLE] } : {})

/** The canvas of one chart, and when it is there. */
class View {
  readonly #place: HTMLElement
  readonly #outputs: readonly HTMLOutputElement[]
  readonly #props: () => ChartProps
  readonly #seen: IntersectionObserver
  readonly #sized: ResizeObserver
  #plot: uPlot | undefined
  #visible = false
  #spans: readonly Span[] = []
  #points: Points = { x: [], columns: [] }

  constructor(place: HTMLElement, legend: HTMLElement | null, props: () => ChartProps) {
    this.#place = place
    this.#outputs = [...(legend?.querySelectorAll('output') ?? [])]
    this.#props = props
    this.#seen = new IntersectionObserver((entries) => { this.#show(entries.at(-1)?.isIntersecting ?? false) }, { rootMargin: '80px' })
    this.#seen.observe(place)
    this.#sized = new ResizeObserver(() => { this.#plot?.setSize(this.#size()) })
    this.#sized.observe(place)
  }

  close(): void {
    this.#seen.disconnect()
    this.#sized.disconnect()
    this.#show(false)
  }

  readonly refresh = (): void => {
    if (!this.#visible) return
    this.#read()
    const { range, board: { now } } = this.#props()
    const plot = this.#plot
    if (!plot) return
    plot.batch(() => {
      plot.setData([this.#points.x, ...this.#points.columns], false)
      plot.setScale('x', { min: now - range, max: now })
    })
    this.#say(plot.cursor.idx)
  }

  readonly redo = (): void => {
    if (!this.#visible) return
    this.#show(false)
    this.#show(true)
  }

  #show(visible: boolean): void {
    if (visible === this.#visible) return
    this.#visible = visible
    this.#plot?.destroy()
    this.#plot = undefined
    if (!visible) return
    this.#read()
    this.#plot = new uPlot(this.#options(), [this.#points.x, ...this.#points.columns], this.#place)
    this.#say(null)
  }

  #read(): void {
    const { series, chart: { lines }, range, spans, board: { now } } = this.#props()
    this.#points = series()?.points(now, range, lines.map(({ metric }) => metric), this.#place.clientWidth / PIXELS_A_POINT) ?? { x: [], columns: lines.map(() => []) }
    this.#spans = spans(now - range)
  }

  #size(): { width: number; height: number } { return { width: Math.max(80, this.#place.clientWidth), height: this.#props().height } }

  /** The figures at the cursor, or else the newest. */
  #say(index: number | null | undefined): void {
    const { chart: { unit, lines } } = this.#props()
    this.#points.columns.forEach((column, i) => {
      const output = this.#outputs[i]
      const value = index === null || index === undefined ? (lines[i]?.rare ? column.findLast((one) => one !== null) : column.at(-1)) : column[index]
      const text = tightWords(unit, value)
      if (output && output.textContent !== text) output.textContent = text
    })
  }

  /** Not where it would lie over the figures of the other axis, or past the edge. */
  #time({ scales: { x }, bbox }: uPlot, at: number, range: number): string {
    const place = ((at - (x?.min ?? 0)) / range) * (bbox.width / devicePixelRatio)
    if (place < 24 || place > bbox.width / devicePixelRatio - 20) return ''
    return range > 600_000 ? clockWords(at).slice(0, 5) : clockWords(at)
  }

  #options(): uPlot.Options {
    const { chart: { lines, unit, least, most }, range, board, named } = this.#props()
    const axis: uPlot.Axis = { stroke: color('faint'), grid: { stroke: color('grid'), width: 1 }, ticks: { show: false }, font: '10px system-ui, sans-serif' }
    return {
      ...this.#size(), ms: 1, legend: { show: false }, padding: [6, 4, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 }, sync: { key: 'time', setSeries: false } },
      scales: {
        x: { time: true, range: () => [board.now - this.#props().range, board.now] },
        y: { range: (_plot, _low, high) => [0, most === undefined ? Math.max(least, (high ?? 0) * 1.12) : most * 1.02] },
      },
      axes: [
        { ...axis, size: 20, gap: 2, space: 70, values: (plot, splits) => splits.map((at) => this.#time(plot, at, range)) },
        { ...axis, ...stepsOf(unit), size: 46, gap: 4, space: 26, values: (_plot, splits) => splits.map((value) => tightWords(unit, value)) },
      ],
      series: [{}, ...lines.map(({ label, tone, dash, filled, rare }): uPlot.Series => ({
        label, stroke: color(tone), width: 1.5, points: rare ? { show: true, size: 4, fill: color(tone) } : { show: false }, spanGaps: false, ...(dash ? { dash: [...dash] } : {}), ...(filled ? { fill: color(`${tone}-fill`) } : {}),
      }))],
      hooks: {
        drawClear: [(plot) => shade(plot, this.#spans, this.#props().board.now)],
        draw: [(plot) => { if (named) name(plot, this.#spans) }],
        setCursor: [(plot) => this.#say(plot.cursor.idx)],
      },
    }
  }
}
