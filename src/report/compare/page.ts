/** A comparison as one HTML file that needs no script and no network: a table, and for each figure a picture of all runs. */

import { medianOf } from '../../statistics/median.ts'
import type { Finding } from '../../statistics/verdict.ts'
import { html, NOTHING, type Markup } from '../markup.ts'
import { pageOf } from '../page.ts'
import { STYLE } from '../page-style.ts'
import { plain } from '../words.ts'
import type { Comparison, Point, Row } from './comparison.ts'
import { centreWords, headlineOf, intervalWords, pWords, remarksOf, shiftWords, sideWords, valueWords, verdictWords } from './words.ts'

const OWN = `
.dots { width: 100%; height: auto; display: block; } .dots text { font: 11px system-ui, sans-serif; fill: var(--soft); } .dots .row { fill: var(--ink); font-weight: 650; }
.dots line { stroke: var(--line); } .dots .a { fill: var(--a); stroke: var(--a); } .dots .b { fill: var(--b); stroke: var(--b); } .dots circle { fill-opacity: .55; } .dots .open { fill: none; stroke-width: 1.5; } .dots .middle { stroke-width: 2.5; }
`
const TONES: Readonly<Record<Finding, 'pass' | 'fail' | 'warn'>> = { regression: 'fail', improvement: 'pass', 'no change': 'pass', inconclusive: 'warn' }

/** Deterministic. */
export function comparePage(comparison: Comparison): string {
  const { a, b, rows, outcome } = comparison
  const remarks = remarksOf(comparison)
  return pageOf({
    title: `${outcome}: ${plain(a.asked)} → ${plain(b.asked)}`, style: STYLE + OWN, pictures: true,
    main: html`<header class="${TONES[outcome]}">
<p class="kicker"><span class="badge ${TONES[outcome]}">${outcome}</span><span class="mono">A: ${plain(sideWords(a))}</span><span class="mono">B: ${plain(sideWords(b))}</span></p>
<h1>${plain(headlineOf(comparison))}</h1>
</header>
${remarks.length === 0 ? NOTHING : html`<section><h2>Take note</h2><div class="card trouble"><ul>${remarks.map((one) => html`<li>${plain(one)}</li>`)}</ul></div></section>`}
${tableSection(rows)}
${picturesSection(rows)}
<footer>A shift is the median of all differences between a run of B and a run of A. p is one-sided, that B is worse. Docs: compare.md.</footer>`,
  })
}

const tableSection = (rows: readonly Row[]): Markup => (rows.length === 0 ? NOTHING : html`<section>
<h2>Figures</h2>
<div class="card"><table class="stack">
<thead><tr><th>figure</th><th class="number">A</th><th class="number">B</th><th class="number">shift</th><th class="number">90 % interval</th><th class="number">p</th><th>verdict</th></tr></thead>
<tbody>${rows.map((row) => html`<tr><td class="name mono">${plain(row.label)}</td><td class="number" data-label="A">${centreWords(row.unit, row.a)}</td><td class="number" data-label="B">${centreWords(row.unit, row.b)}</td><td class="number strong" data-label="shift">${shiftWords(row)}</td><td class="number" data-label="90 % interval">${intervalWords(row)}</td><td class="number" data-label="p">${pWords(row.verdict.p)}</td><td class="${TONES[row.verdict.finding]}-ink">${verdictWords(row)}</td></tr>`)}</tbody>
</table></div>
</section>`)

const picturesSection = (rows: readonly Row[]): Markup => (rows.length === 0 ? NOTHING : html`<section>
<h2>Runs</h2>
<p class="key"><span>a dot is a run, the bar their median; a ring was not watched to its end</span></p>
<div class="charts">${rows.map((row) => html`<figure class="card"><h3>${plain(row.label)}</h3>${picture(row)}</figure>`)}</div>
</section>`)

const WIDTH = 360
const HEIGHT = 104
const LEFT = 22
const RIGHT = 14

/** Dots of A above those of B on one scale, in the order in which the runs ran from top to bottom of each band. */
function picture({ label, unit, a, b }: Row): Markup {
  const values = [...a, ...b].map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const x = (value: number): string => (high === low ? (LEFT + WIDTH - RIGHT) / 2 : LEFT + 8 + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT - 16)).toFixed(1)
  const band = (points: readonly Point[], name: 'a' | 'b', top: number): Markup => {
    const middle = medianOf(points.map(({ value }) => value))
    const dots = points.map(({ run, value, censored }, i) => html`<circle class="${censored ? `${name} open` : name}" cx="${x(value)}" cy="${(top + 6 + (points.length === 1 ? 10 : (20 * i) / (points.length - 1))).toFixed(1)}" r="4"><title>${plain(run)}: ${censored ? '> ' : ''}${valueWords(unit, value)}</title></circle>`)
    return html`<text class="row" x="4" y="${top + 20}">${name.toUpperCase()}</text><line class="${name} middle" x1="${x(middle)}" x2="${x(middle)}" y1="${top}" y2="${top + 32}"/>${dots}`
  }
  return html`<svg class="dots" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${plain(label)}: every run of A and B">
<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="84" y2="84"/>${band(a, 'a', 4)}${band(b, 'b', 44)}
<text x="${LEFT}" y="99">${valueWords(unit, low)}</text><text x="${WIDTH - RIGHT}" y="99" text-anchor="end">${high === low ? '' : valueWords(unit, high)}</text>
</svg>`
}
