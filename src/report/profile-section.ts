/** The part of the HTML report on processor time: a table, and flame graphs that can be searched. */

import type { RunRecord } from './fold.ts'
import { flameGraph } from './flame.ts'
import { html, NOTHING, type Markup } from './markup.ts'
import { functionCells, PROFILE_HEAD, profileHeadline, profileNote } from './profiles.ts'

/** Outermost calls are on top, so that the graph reads like a list; what is searched for is outlined, the rest fades. */
export const profileSection = ({ profiles }: RunRecord): Markup => (profiles.length === 0 ? NOTHING : html`<section>
<h2>Where the processor time went</h2>
${profiles.map((profile) => html`<p>${profileHeadline(profile)}.</p>
${profile.grown.length === 0 ? NOTHING : html`<div class="card"><table class="stack">
<thead><tr>${PROFILE_HEAD.map((head, i) => (i < 2 ? html`<th>${head}</th>` : html`<th class="number">${head}</th>`))}</tr></thead>
<tbody>${profile.grown.map(functionCells).map(([name = '', at = '', ...cells]) => html`<tr><td class="name mono strong">${name}</td><td class="name mono">${at}</td>${cells.map((cell, i) => html`<td class="number${i === cells.length - 1 ? ' strong' : ''}" data-label="${PROFILE_HEAD[i + 2] ?? ''}">${cell}</td>`)}</tr>`)}</tbody>
</table></div>`}
<div class="card flames">
<p class="key"><label>Find <input type="search" class="flame-find" placeholder="a function or a file"></label><span class="flame-found"></span><span><i class="more"></i>▲ more than before</span><span><i class="less"></i>▼ less</span><span>outermost call on top, wider is longer; both to one scale</span></p>
<h3>Under the fault</h3>
${flameGraph(profile, 'fault')}
<h3>Before</h3>
${flameGraph(profile, 'baseline')}
</div>
<p class="soft">${profileNote(profile)}.</p>`)}
</section>`)

export const PROFILE_STYLE = `
.flames { overflow-x: auto; } .flames h3 { margin: 12px 0 4px; } .flame { display: block; width: 100%; min-width: 760px; height: auto; }
.flame rect { fill: var(--track); stroke: var(--line); stroke-width: .6; } .flame text { font: 11px var(--mono); fill: var(--ink); pointer-events: none; }
.flame .more rect { fill: #fbd5b5; } .flame .more.much rect { fill: #f59e4c; stroke: #7c2d12; stroke-width: 1.2; } .flame .less rect { fill: #c9def7; } .flame .less.much rect { fill: #7fb2ee; }
.flame .more text, .flame .less text { fill: #131a22; }
.flame.found g:not(.hit) { opacity: .28; } .flame .hit rect { stroke: var(--ink); stroke-width: 2; } .flame g:hover rect { stroke: var(--ink); stroke-width: 1.6; }
.key .more { background: #f59e4c; } .key .less { background: #7fb2ee; }
.flame-find { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 5px; padding: 2px 8px; width: 16em; max-width: 60vw; }
`

/** Runs in the browser, and speaks to nobody. */
export const PROFILE_SCRIPT = `
'use strict';
for (const card of document.querySelectorAll('.flames')) {
  const found = card.querySelector('.flame-found');
  card.querySelector('.flame-find').addEventListener('input', ({ target }) => {
    const wanted = target.value.trim().toLowerCase();
    let count = 0;
    for (const graph of card.querySelectorAll('.flame')) {
      graph.classList.toggle('found', wanted !== '');
      for (const frame of graph.children) {
        const hit = wanted !== '' && frame.firstChild.textContent.split(': ')[0].toLowerCase().includes(wanted);
        frame.classList.toggle('hit', hit);
        if (hit) count++;
      }
    }
    found.textContent = wanted === '' ? '' : count === 1 ? '1 place' : count + ' places';
  });
}
`
