/** Advice in the HTML report. */

import { adviseOn } from '../advice/advise.ts'
import { adviceBlocks, adviceTitle } from './advice-words.ts'
import type { RunRecord } from './fold.ts'
import { html, NOTHING, type Markup } from './markup.ts'

export function adviceSection(record: RunRecord): Markup {
  const all = adviseOn(record)
  return all.length === 0 ? NOTHING : html`<section>
<h2>Advice</h2>
${all.map((advice) => html`<div class="card advice"><h3>${adviceTitle(advice)}</h3>
<dl>${adviceBlocks(advice).map(({ head, items }) => html`<dt>${head}</dt><dd>${items.map(({ text, code }) => html`<p>${text}</p>${code.length === 0 ? NOTHING : html`<pre>${code.join('\n')}</pre>`}`)}</dd>`)}</dl></div>
`)}</section>`
}

export const ADVICE_STYLE = `
.advice dl { display: grid; grid-template-columns: 4em 1fr; gap: 8px 14px; margin-top: 8px; } .advice dt { color: var(--soft); } .advice dd { margin: 0; min-width: 0; }
.advice p { margin: 0; overflow-wrap: anywhere; } .advice p + p, .advice pre + p { margin-top: 6px; } .advice pre { margin: 4px 0 0; padding: 6px 10px; background: var(--track); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 560px) { .advice dl { grid-template-columns: 1fr; gap: 2px; } .advice dd { margin-bottom: 8px; } }
`
