/** The report of a sweep for people: one HTML file that works without a network and runs nothing. */

import type { Swept, SweepResult } from '../sweep/result.ts'
import { html, NOTHING, type Markup } from './markup.ts'
import { pageOf } from './page.ts'
import { STYLE } from './page-style.ts'
import { CURVE_STYLE, curvesOf } from './sweep-curve.ts'
import { capacityWords, edgeWords, footWords, POINT_HEAD, pointCells, pointsInOrder } from './sweep-words.ts'
import { plain } from './words.ts'

/** Deterministic: the same result gives the same bytes. */
export function renderSweepPage(result: SweepResult): string {
  const tone = result.outcome === 'PASS' ? 'pass' : result.outcome === 'INCONCLUSIVE' ? 'warn' : 'fail'
  return pageOf({
    title: `${result.outcome}: sweep of ${plain(result.name)}`, style: STYLE + CURVE_STYLE,
    main: html`<header class="${tone}"><p class="kicker"><span class="badge ${tone}">${result.outcome}</span><span>sweep of ${plain(result.name)}</span></p>
<h1>${result.swept.length > 0 && !result.tolerance ? result.swept.map(edgeWords).join('; ') : plain(result.why)}</h1>
<p class="question">must hold: ${result.steadyState.map(plain).join('; ')}</p></header>
${toleranceSection(result)}
${result.swept.map(knobSection)}
<footer>${footWords(result)}</footer>`,
  })
}

const toleranceSection = ({ tolerance }: SweepResult): Markup => (tolerance
  ? html`<section><h2>What the system bears</h2><div class="card"><table><thead><tr><th>target</th><th>answers later by</th><th>cut off for good</th></tr></thead><tbody>${tolerance.map(({ target, latency, gone }) => html`<tr><td>${plain(target)}</td><td>${latency}</td><td>${plain(gone)}</td></tr>`)}</tbody></table></div></section>`
  : NOTHING)

const knobSection = (swept: Swept): Markup => html`<section><h2>${plain(swept.knob)}, figures of ${plain(swept.load)}</h2>
<p class="strong">${edgeWords(swept)}</p>${swept.unfinished === undefined ? NOTHING : html`<p class="warn-ink">${plain(swept.unfinished)}</p>`}${capacityWords(swept).map((words) => html`<p>${words}</p>`)}
<div class="charts">${curvesOf(swept)}</div>
<details><summary>every point</summary><div class="card"><table><thead><tr>${POINT_HEAD.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${pointsInOrder(swept).map((point) => html`<tr>${pointCells(point).map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div></details></section>`
