/** The report for people: one HTML file that needs no network, no server and no other file. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { adviseOn } from '../advice/advise.ts'
import { resourceOf } from '../record/resources.ts'
import { ADVICE_STYLE, adviceSection } from './advice-section.ts'
import type { Analysis } from './analysis.ts'
import { chartsOf, type Chart, type Charts } from './charts.ts'
import type { RunRecord } from './fold.ts'
import { gameSection } from './game-section.ts'
import { html, jsonForScript, NOTHING, type Markup } from './markup.ts'
import { pageOf } from './page.ts'
import { SCRIPT } from './page-script.ts'
import { STYLE } from './page-style.ts'
import { PROFILE_SCRIPT, PROFILE_STYLE, profileSection } from './profile-section.ts'
import { resourceCells, resourcesOf } from './resources.ts'
import { expectationsSection, failuresSection, headerSection, ledgerSection, loadSection, passedSection, sourceSection, timingSection, trafficSection, troubleSection } from './sections.ts'
import { plain } from './words.ts'

/** Deterministic: the same record gives the same bytes. */
export function renderHtml(record: RunRecord, analysis: Analysis): string {
  const charts = chartsOf(record, analysis)
  const profiled = record.profiles.length > 0
  return pageOf({
    title: `${record.verdict.outcome}: ${plain(record.started?.name ?? 'unknown run')}`, pictures: true,
    style: asset('uplot/dist/uPlot.min.css') + STYLE + (adviseOn(record).length > 0 ? ADVICE_STYLE : '') + (profiled ? PROFILE_STYLE : ''), scripts: [asset('uplot/dist/uPlot.iife.min.js'), SCRIPT, ...(profiled ? [PROFILE_SCRIPT] : [])],
    data: html`<script type="application/json" id="data">${jsonForScript(charts)}</script>
`,
    main: html`${headerSection(record, analysis)}
${troubleSection(record)}
${expectationsSection(record)}
${gameSection(record, analysis)}
${chartsSection(charts)}
${loadSection(record)}
${timingSection(analysis)}
${trafficSection(analysis)}
${passedSection(record)}
${resourcesSection(record, charts)}
${profileSection(record)}
${ledgerSection(record, analysis)}
${failuresSection(record)}
${adviceSection(record)}
${sourceSection(record)}`,
  })
}

/** A file of a package that brownout depends on, wherever it is installed. */
const asset = (path: string): string => readFileSync(createRequire(import.meta.url).resolve(path), 'utf8')

const figureOf = ({ title }: Chart, index: number): Markup => html`<figure class="card"><h3>${title}</h3><div class="chart" id="chart-${index}"></div></figure>`

/** Charts are numbered by their place in the data, wherever they stand. */
const drawn = ({ charts }: Charts, small: boolean): readonly Markup[] => charts.flatMap((chart, i) => ((chart.small ?? false) === small ? [figureOf(chart, i)] : []))

const chartsSection = (charts: Charts): Markup => (drawn(charts, false).length === 0 ? NOTHING : html`<section>
<h2>Over time</h2>
<p class="key"><span>${charts.faults.length ? 'seconds from the first altered operation' : 'seconds from the end of the warm-up'}</span>${charts.faults.length ? html`<span><i class="shade"></i>fault</span>` : NOTHING}<span><i class="strip"></i>bad buckets</span><span><i class="unknown"></i>too little to judge</span></p>
<div class="charts">${drawn(charts, false)}</div>
</section>`)

function resourcesSection(record: RunRecord, charts: Charts): Markup {
  const rows = resourcesOf(record)
  return rows.length === 0 ? NOTHING : html`<section>
<h2>Resources</h2>
<div class="charts small">${drawn(charts, true)}</div>
<details><summary>By phase</summary><div class="card"><table class="stack">
<thead><tr><th>signal</th><th></th>${PHASES.map((name) => html`<th class="number">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr><td class="name mono">${plain(`${row.name}.${row.metric}`)}</td><td class="name soft">${resourceOf(row.metric)?.label ?? ''}</td>${resourceCells(row).map((cell, i) => html`<td class="number" data-label="${PHASES[i] ?? ''}">${cell}</td>`)}</tr>`)}</tbody>
</table></div></details>
</section>`
}
const PHASES = ['baseline', 'fault', 'recovery'] as const
