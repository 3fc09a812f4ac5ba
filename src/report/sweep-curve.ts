/** The degradation curve of a knob as a picture that needs no script: figures over the knob's values, and where the edge lies. */

import type { PointFigures, Swept } from '../sweep/result.ts'
import { html, type Markup, NOTHING } from './markup.ts'
import { figureWords } from './words.ts'

const WIDTH = 560
const HEIGHT = 200
const MARGIN = { left: 58, right: 14, top: 12, bottom: 24 }
const TICKS = 4

interface Line { readonly label: string; readonly tone: string; readonly of: (figures: PointFigures) => number | undefined }
interface Plot { readonly title: string; readonly metric: string; readonly logarithmic: boolean; readonly lines: readonly Line[] }

const PLOTS: readonly Plot[] = [
  { title: 'Latency', metric: 'p95', logarithmic: true, lines: [{ label: 'p50', tone: 'a', of: ({ p50 }) => p50 }, { label: 'p95', tone: 'b', of: ({ p95 }) => p95 }, { label: 'p99', tone: 'c', of: ({ p99 }) => p99 }] },
  { title: 'Success', metric: 'success', logarithmic: false, lines: [{ label: 'ok', tone: 'good', of: ({ success }) => success }] },
  { title: 'Throughput', metric: 'rate', logarithmic: false, lines: [{ label: 'offered', tone: 'quiet', of: ({ offered }) => offered }, { label: 'goodput', tone: 'a', of: ({ goodput }) => goodput }] },
]

export const curvesOf = (swept: Swept): Markup => html`${PLOTS.map((plot) => plotOf(plot, swept))}`

type Scaled = (value: number) => number

/** By equal factors where the values span a decade. */
function scaled(values: readonly number[], from: number, to: number, logarithmic: boolean): Scaled {
  const positive = values.filter((value) => value > 0)
  const [low, high] = logarithmic ? [Math.min(...positive), Math.max(...positive)] : [Math.min(...values), Math.max(...values)]
  const place = (value: number): number => (logarithmic ? Math.log(Math.max(value, low)) : value)
  const width = place(high) - place(low)
  return (value) => (width > 0 ? from + ((place(value) - place(low)) / width) * (to - from) : (from + to) / 2)
}

function plotOf({ title, metric, logarithmic, lines }: Plot, { points, edge, words }: Swept): Markup {
  const good = points.filter(({ invalid }) => invalid === undefined)
  const values = good.flatMap(({ figures }) => lines.flatMap(({ of }) => of(figures) ?? []))
  if (good.length === 0 || values.length === 0) return NOTHING
  const knobs = good.map(({ value }) => value)
  const spans = Math.min(...knobs) > 0 && Math.max(...knobs) >= 10 * Math.min(...knobs)
  const x = scaled(knobs, MARGIN.left, WIDTH - MARGIN.right, spans)
  const y = scaled(logarithmic ? values : [0, ...values], HEIGHT - MARGIN.bottom, MARGIN.top, logarithmic)
  const ends = [...good].sort((a, b) => a.value - b.value)
  const marks = new Map([ends[0], ends[Math.floor(ends.length / 2)], ends.at(-1)].flatMap((point) => (point ? [[point.value, point.shown] as const] : [])))
  const clamp = (value: number): number => Math.max(MARGIN.left, Math.min(WIDTH - MARGIN.right, x(value)))
  return html`<figure class="card"><h3>${title}</h3><p class="key">${lines.map(({ label, tone }) => html`<span class="ink-${tone}">${label}</span>`)}</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} over the knob">
${edge?.kind === 'found' ? band(clamp(edge.interval[0]), clamp(edge.interval[1]), clamp(edge.holds), `holds up to ${words?.holds ?? ''}`) : NOTHING}
${ticksOf(values, logarithmic).map((value) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y(value))}" y2="${round(y(value))}"/><text x="${MARGIN.left - 6}" y="${round(y(value) + 4)}" text-anchor="end">${figureWords(metric, value)}</text>`)}
${[...marks].map(([value, shown], i) => html`<text x="${round(x(value))}" y="${HEIGHT - 6}" text-anchor="${i === 0 ? 'start' : i === marks.size - 1 ? 'end' : 'middle'}">${shown}</text>`)}
${lines.map(({ tone, of }) => lineOf(tone, ends.flatMap(({ value, held, figures }) => { const figure = of(figures); return figure === undefined ? [] : [{ x: x(value), y: y(figure), held }] })))}
</svg></figure>`
}

const round = (value: number): number => Math.round(value * 10) / 10

function band(from: number, to: number, edge: number, label: string): Markup {
  const [left, right] = [Math.min(from, to), Math.max(from, to)]
  const before = edge > WIDTH / 2
  return html`<rect class="band" x="${round(left)}" y="${MARGIN.top}" width="${round(Math.max(1, right - left))}" height="${HEIGHT - MARGIN.top - MARGIN.bottom}"/><line class="edge" x1="${round(edge)}" x2="${round(edge)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/><text x="${round(edge + (before ? -5 : 5))}" y="${MARGIN.top + 10}" text-anchor="${before ? 'end' : 'start'}">${label}</text>`
}

/** A line through the mean of each value's tries, and every try as a dot: filled where it held. */
function lineOf(tone: string, dots: readonly { readonly x: number; readonly y: number; readonly held: boolean }[]): Markup {
  const places = [...new Set(dots.map((dot) => dot.x))].map((at) => {
    const same = dots.filter((dot) => dot.x === at)
    return `${round(at)},${round(same.reduce((sum, dot) => sum + dot.y, 0) / same.length)}`
  })
  return html`<polyline class="line-${tone}" points="${places.join(' ')}"/>${dots.map(({ x, y, held }) => html`<circle class="dot-${tone}${held ? '' : ' broke'}" cx="${round(x)}" cy="${round(y)}" r="3"/>`)}`
}

function ticksOf(values: readonly number[], logarithmic: boolean): readonly number[] {
  const high = Math.max(...values)
  if (!logarithmic) return Array.from({ length: TICKS + 1 }, (_, i) => (high * i) / TICKS)
  const low = Math.min(...values.filter((value) => value > 0))
  return Number.isFinite(low) ? Array.from({ length: TICKS + 1 }, (_, i) => low * (high / low) ** (i / TICKS)) : []
}

const TONES = ['a', 'b', 'c', 'good', 'quiet'] as const
export const CURVE_STYLE = `svg { width: 100%; height: auto; display: block; } svg text { font-size: 11px; fill: var(--soft); } .grid { stroke: var(--line); } .band { fill: var(--shade); } .edge { stroke: var(--bad); stroke-dasharray: 4 3; }
polyline { fill: none; stroke-width: 1.6; } circle.broke { fill: var(--card); }
${TONES.map((tone) => `.ink-${tone} { color: var(--${tone}); } .line-${tone} { stroke: var(--${tone}); } .dot-${tone} { fill: var(--${tone}); stroke: var(--${tone}); }`).join('\n')}
circle.broke { fill: var(--card); }
`
