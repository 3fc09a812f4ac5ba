/** The part of the HTML report that tells of a session: its injections, and who did what. */

import type { Analysis } from './analysis.ts'
import type { RunRecord } from './fold.ts'
import { actionCells, GAME_HEAD, gameCells, gameOf } from './game.ts'
import { html, NOTHING, type Markup } from './markup.ts'
import { plain } from './words.ts'

export function gameSection(record: RunRecord, analysis: Analysis): Markup {
  const game = gameOf(record, analysis)
  if (!game) return NOTHING
  const { injections, actions } = game
  return html`<section>
<h2>The session</h2>
${injections.length === 0 ? NOTHING : html`<div class="card"><table class="stack">
<thead><tr><th>injection</th>${GAME_HEAD.map((one) => html`<th>${one}</th>`)}</tr></thead>
<tbody>${injections.map((row) => html`<tr><td class="name mono">${plain(row.span.step)}</td>${gameCells(row, record.from).map((cell, i) => html`<td class="name" data-label="${GAME_HEAD[i] ?? ''}">${cell}</td>`)}</tr>`)}</tbody>
</table></div>`}
<details open><summary>Who did what</summary><div class="card"><table class="stack">
<thead><tr><th>from the start</th><th>UTC</th><th>who</th><th>did</th></tr></thead>
<tbody>${actions.map((action) => html`<tr>${actionCells(action, record.from).map((cell, i) => html`<td class="${i < 2 ? 'name mono' : 'name'}">${cell}</td>`)}</tr>`)}</tbody>
</table></div></details>
<details><summary>What these figures mean</summary><dl class="definitions"><div><dt>Detected, mitigated</dt><dd>From when the injection took effect until somebody marked it so, and from when the signal turned bad.</dd></div><div><dt>Signal</dt><dd>Of those judged while the injection lasted and until the next one, the one that suffered most.</dd></div></dl></details>
</section>`
}
