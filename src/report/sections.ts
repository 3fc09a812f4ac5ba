/** The parts of the HTML report that are text and tables: they say it all without a script. */

import { formatDuration, ms } from '../core/units.ts'
import type { Outcome } from '../record/events.ts'
import { DEFINITIONS, type DefinedFigure } from '../timing/definitions.ts'
import { effectOf, rowsShown, type Analysis, type SignalTiming } from './analysis.ts'
import { QUANTILES } from './figures.ts'
import { failuresOf } from './failures.ts'
import { signalOf, type RunRecord } from './fold.ts'
import { headline } from './headline.ts'
import { ledgerOf } from './ledger.ts'
import { LOAD_HEAD, loadCells, loadNotes, loadRows } from './loads.ts'
import { html, NOTHING, type Markup } from './markup.ts'
import { passedOf } from './passed.ts'
import { KEYS_HEAD, passedTable, type WordRow } from './passed-words.ts'
import { trafficRow } from './traffic.ts'
import { troublesOf } from './trouble.ts'
import { brief, countWords, degraded, figureWords, hashWords, NONE, plain, recoveryWords, shareWords, signalWords, STATUS_WORDS, timingRow } from './words.ts'

type Tone = 'pass' | 'fail' | 'warn'
const TONES: Readonly<Record<Outcome, Tone>> = { PASS: 'pass', FAIL: 'fail', INCONCLUSIVE: 'warn', ERROR: 'fail', ABORTED: 'warn' }
const toneOf = (outcome: Outcome): Tone => TONES[outcome] ?? 'warn'

export function headerSection(record: RunRecord, analysis: Analysis): Markup {
  const { started, verdict: { outcome, why } } = record
  const tone = toneOf(outcome)
  return html`<header class="${tone}">
<p class="kicker"><span class="badge ${tone}">${outcome}</span><span class="mono">${plain(started?.name ?? 'unknown run')}</span><span>${brief(why, 200)}</span></p>
<h1>${headline(record, analysis)}</h1>
<p class="question">${plain(started?.question ?? '')}</p>
</header>
${tiles(record, analysis)}`
}

/** The figures that people look for first, of the load that suffered most. */
function tiles(record: RunRecord, { signals, spans, only }: Analysis): Markup {
  const whole = signals.filter(({ source, step }) => source === 'load' && step === undefined)
  const latency = worst(whole.filter(({ signal }) => signal.metric in QUANTILES))
  const success = worst(whole.filter(({ signal }) => signal.metric === 'success'))
  const held = spans.filter(({ effect, clear }) => effect !== undefined && clear !== undefined)
  // A figure's +/- stands small beside it.
  const tile = (label: string, figure: string, about: string): Markup => html`<div class="tile"><dt>${label}</dt><dd>${figure} <small>${about}</small></dd></div>`
  const back = ({ signal, timing }: SignalTiming): Markup => {
    const [figure = NONE, margin] = recoveryWords(timing).split(' ± ')
    return tile(`${signalWords(signal)} back after`, figure, degraded(timing) ? (margin === undefined ? STATUS_WORDS[timing.status] : `± ${margin}`) : STATUS_WORDS[timing.status])
  }
  const loads = only ? loadRows(record).slice(0, 2) : []
  const all = only ? loads.flatMap(({ name, rate, offeredRate, p95, p99, success: share, dropped }) => [
    tile(plain(`${name} answered well`), figureWords('rate', rate), `of ${figureWords('rate', offeredRate)}`), tile(plain(`${name} p95`), figureWords('p95', p95), `p99 ${figureWords('p99', p99)}`), tile(plain(`${name} ok`), figureWords('success', share), `${countWords(dropped)} dropped`),
  ]) : [
    ...(success ? [back(success)] : []), ...(latency ? [back(latency)] : []),
    ...(success ? [tile(plain(`${success.signal.name} lost`), countWords(Math.round(success.timing.lost)), `of ${countWords(offered(record, success.signal.name))}`), tile(plain(`${success.signal.name} degraded for`), formatDuration(success.timing.degraded), `depth ${shareWords(success.timing.depth)}`)] : []),
    ...(held.length ? [tile(held.length === 1 ? 'fault held' : `${held.length} faults held`, formatDuration(ms(Math.max(...held.map(({ clear }) => clear ?? 0)) - Math.min(...held.map(({ effect }) => effect ?? 0)))), `${countWords(held.reduce((sum, { altered }) => sum + altered, 0))} altered`)] : []),
  ]
  return all.length ? html`<dl class="tiles">${all}</dl>` : NOTHING
}

const worst = (signals: readonly SignalTiming[]): SignalTiming | undefined => signals.reduce<SignalTiming | undefined>((most, one) => (!most || one.timing.area > most.timing.area ? one : most), undefined)

const offered = (record: RunRecord, load: string): number => signalOf(record, { name: load })?.buckets.reduce((sum, { counts }) => sum + counts.offered, 0) ?? 0

const SIGNS: Readonly<Record<Outcome, string>> = { PASS: '✓ held', FAIL: '✗ failed', INCONCLUSIVE: '? inconclusive', ERROR: '! error', ABORTED: '■ aborted' }

export const expectationsSection = ({ verdict: { expectations } }: RunRecord): Markup => (expectations.length === 0 ? NOTHING : html`<section>
<h2>Expectations</h2>
<div class="card"><table class="stack">
<thead><tr><th></th><th>expected</th><th class="number">measured</th><th class="number">limit</th><th class="number">margin</th></tr></thead>
<tbody>${expectations.map(({ text, outcome, measured, limit, margin, hint, line }) => html`<tr><td class="sign ${toneOf(outcome)}-ink">${SIGNS[outcome] ?? outcome}</td><td class="name">${plain(text)}${line === undefined ? NOTHING : html` <span class="soft">line ${line}</span>`}${hint === undefined ? NOTHING : html`<br><span class="soft">${plain(hint)}</span>`}</td><td class="number strong" data-label="measured">${plain(measured)}</td><td class="number" data-label="limit">${plain(limit)}</td><td class="number" data-label="margin">${plain(margin ?? NONE)}</td></tr>`)}</tbody>
</table></div>
</section>`)

export function troubleSection(record: RunRecord): Markup {
  const lines = troublesOf(record)
  return lines.length === 0 ? NOTHING : html`<section><h2>Take note</h2><div class="card trouble"><ul>${lines.map(({ text, more, grave }) => html`<li class="${grave ? 'fail-ink' : 'warn-ink'}">${text}${more.length ? html`<pre>${more.join('\n')}</pre>` : NOTHING}</li>`)}</ul></div></section>`
}

export function timingSection(analysis: Analysis): Markup {
  const rows = rowsShown(analysis)
  if (rows.length === 0) return NOTHING
  const row = (one: SignalTiming): Markup => {
    const cells = timingRow(one.timing, one.signal.metric, effectOf(analysis, one))
    const number = (text: string): Markup => html`<td class="number">${text}</td>`
    return html`<tr><td class="name mono">${signalWords(one.signal)}${one.step === undefined ? NOTHING : html`<br><span class="soft">in ${plain(one.step)}</span>`}</td><td class="${degraded(one.timing) ? (one.timing.recovery === undefined ? 'fail-ink' : 'warn-ink') : ''}">${STATUS_WORDS[one.timing.status]}</td>${number(cells.onset)}<td class="number strong">${cells.recovery}</td>${[cells.sinceFault, cells.degraded, cells.depth, cells.area, cells.lost, cells.flaps].map(number)}</tr>`
  }
  return html`<section>
<h2>Timing</h2>
<div class="card"><table>
<thead><tr><th>signal</th><th>status</th>${(['onset', 'recovery', 'sinceFault', 'degraded', 'depth', 'area', 'lost', 'flaps'] as const).map(heading)}</tr></thead>
<tbody>${rows.map(row)}</tbody>
</table></div>
${definitions(TIMING_DEFINITIONS)}
</section>`
}

const TIMING_DEFINITIONS = ['onset', 'recovery', 'sinceFault', 'degraded', 'depth', 'area', 'lost', 'flaps', 'effect', 'clear', 'drained', 'baseline', 'width'] as const satisfies readonly DefinedFigure[]
const TRAFFIC_DEFINITIONS = ['detect', 'refill', 'storm', 'retries'] as const satisfies readonly DefinedFigure[]

const definitions = (figures: readonly DefinedFigure[]): Markup => html`<details><summary>What these figures mean</summary><dl class="definitions">${figures.map((figure) => html`<div><dt>${DEFINITIONS[figure].label}</dt><dd>${DEFINITIONS[figure].means}</dd></div>`)}</dl></details>`

const heading = (figure: DefinedFigure): Markup => html`<th class="number" title="${DEFINITIONS[figure].means}">${DEFINITIONS[figure].label.toLowerCase()}</th>`

export function trafficSection({ traffic }: Analysis): Markup {
  const rows = traffic.filter(({ step }) => step === undefined)
  return rows.length === 0 ? NOTHING : html`<section>
<h2>Traffic</h2>
<div class="card"><table>
<thead><tr><th>target</th>${(['detect', 'refill', 'storm', 'retries'] as const).map(heading)}</tr></thead>
<tbody>${rows.map((one) => {
    const { detect, refill, storm, retries } = trafficRow(one)
    return html`<tr><td class="name mono">${plain(one.target)}</td>${[detect, refill, storm, retries].map((text) => html`<td class="number">${text}</td>`)}</tr>`
  })}</tbody>
</table></div>
${definitions(TRAFFIC_DEFINITIONS)}
</section>`
}

export function passedSection(record: RunRecord): Markup {
  const tables = passedOf(record).map(passedTable)
  const head = (first: string, names: readonly string[]): Markup => html`<thead><tr><th>${first}</th>${names.map((name) => html`<th class="number">${name}</th>`)}</tr></thead>`
  const rows = (all: readonly WordRow[], names: readonly string[]): Markup => html`<tbody>${all.map(({ name, cells, troubled }) => html`<tr><td class="name mono">${name}</td>${cells.map((cell, i) => html`<td class="number${troubled && i === cells.length - 1 ? ' warn-ink' : ''}" data-label="${names[i] ?? ''}">${cell}</td>`)}</tr>`)}</tbody>`
  return tables.length === 0 ? NOTHING : html`<section>
<h2>What passed through</h2>
${tables.map(({ target, head: names, operations, keys, notes }) => html`<h3 class="mono target">${target}</h3>
<div class="card"><table class="stack">
${head('operation', names)}
${rows(operations, names)}
</table></div>
${keys.length === 0 ? NOTHING : html`<div class="card"><table class="stack">
${head('keys', KEYS_HEAD)}
${rows(keys, KEYS_HEAD)}
</table></div>`}
${notes.length === 0 ? NOTHING : html`<p class="soft">${notes.join('. ')}.</p>`}`)}
<details><summary>What these figures mean</summary><dl class="definitions"><div><dt>Times</dt><dd>Of the server: from the first byte of a request to the last of its answer, without what we held back. Errors, commands that wait for data and what stands behind them are left out. Of a ping until its pong.</dd></div><div><dt>Held</dt><dd>How long rules held an operation back, on average over all of them.</dd></div><div><dt>Hit ratio</dt><dd>Of reads of a cache, the share that found something; in keys * stands for what varies.</dd></div></dl></details>
</section>`
}

export function loadSection(record: RunRecord): Markup {
  const [rows, notes] = [loadRows(record), loadNotes(record)]
  return rows.length === 0 ? NOTHING : html`<section>
<h2>The load</h2>
<div class="card"><table class="stack">
<thead><tr><th>load</th>${LOAD_HEAD.map((one) => html`<th class="number">${one}</th>`)}</tr></thead>
<tbody>${rows.map(loadCells).map(([name, ...cells]) => html`<tr><td class="name mono">${name}</td>${cells.map((cell, i) => html`<td class="number" data-label="${LOAD_HEAD[i] ?? ''}">${cell}</td>`)}</tr>`)}</tbody>
</table></div>
${notes.map((note) => html`<p class="soft">${note}</p>`)}
<details><summary>What these figures mean</summary><dl class="definitions"><div><dt>Time</dt><dd>From the end of the warm-up to the end; percentiles are of all operations of it together.</dd></div><div><dt>Latency</dt><dd>From the intended send of an open loop, whatever became of those before it; timeouts count at their value, errors not at all.</dd></div><div><dt>Dropped</dt><dd>Never sent: too many were under way, or the generator did not run.</dd></div><div><dt>Late</dt><dd>How long after their time operations were sent, at p99: over 5 ms the figures are not to be trusted.</dd></div></dl></details>
</section>`
}

export function ledgerSection(record: RunRecord, analysis: Analysis): Markup {
  const entries = ledgerOf(record, analysis)
  return entries.length === 0 ? NOTHING : html`<section>
<h2>What the faults did</h2>
<div class="card"><table class="stack">
<thead><tr><th>step</th><th>fault</th><th>altered operations</th><th>reaction</th></tr></thead>
<tbody>${entries.map(({ step, what, params, when, altered, examples, reactions }) => html`<tr><td class="name mono">${step}</td><td class="name"><span class="strong">${what}</span>${params ? html`<br><span class="mono soft">${params}</span>` : NOTHING}<br><span class="soft">${when}</span></td><td class="name">${altered}${examples.map((one) => html`<br><span class="mono soft">${one}</span>`)}</td><td class="name">${reactions.map((one, i) => html`${i === 0 ? NOTHING : html`<br>`}${one}`)}</td></tr>`)}</tbody>
</table></div>
</section>`
}

export function failuresSection(record: RunRecord): Markup {
  const failures = failuresOf(record)
  return failures.length === 0 ? NOTHING : html`<section>
<h2>Why operations failed</h2>
<div class="card"><table class="stack"><tbody>${failures.map(({ load, words }) => html`<tr><td class="name mono">${load}</td><td class="name">${words}</td></tr>`)}</tbody></table></div>
</section>`
}

export function sourceSection({ started, loads }: RunRecord): Markup {
  if (!started) return NOTHING
  const { source, plan, seed, hash, file, run, versions, wall, targets, trace } = started
  return html`<section>
<h2>The experiment</h2>
<div class="card"><pre>${source ?? JSON.stringify(plan, null, 2)}</pre></div>
</section>
<footer>Seed <strong>${seed}</strong> · ${plain(file)} · ${hashWords(hash)} · run ${plain(run)} · ${plain(wall)}${trace ? ` · trace ${plain(trace.id)}` : ''}<br>
${targets.map(({ name, protocol, upstream }) => html`${plain(`${name}: ${protocol} at ${upstream}`)} · `)}${loads.map(({ name, latenessP99Ms, cpu }) => html`${plain(`${name}: generator late by ${formatDuration(ms(latenessP99Ms))} at p99, cpu ${shareWords(cpu)}`)} · `)}${Object.entries(versions).map(([name, version]) => `${name} ${version}`).map(plain).join(' · ')}</footer>`
}
