/** The experiment that runs: where it is, and how its expectations stand. */

import type { RunStatus } from '../control/contract.ts'

const PHASES = ['warmup', 'baseline', 'method', 'recovery']
const SIGNS: Readonly<Record<string, string>> = { PASS: '✓', FAIL: '✕', INCONCLUSIVE: '?', ERROR: '!', ABORTED: '■' }

export function Experiment({ run: { name, question, phase, expectations } }: { readonly run: RunStatus }) {
  const at = PHASES.indexOf(phase)
  return (
    <section class="panel experiment" aria-label="Experiment">
      <header><h2>{name}</h2><span class="soft">experiment</span></header>
      <p class="about">{question}</p>
      <ol class="phases">
        {PHASES.map((one, i) => <li key={one} class={i < at || phase === 'end' ? 'done' : i === at ? 'now' : ''} aria-current={i === at ? 'step' : undefined}>{one}</li>)}
      </ol>
      <ul class="expectations">
        {expectations.map(({ text, outcome, measured }) => (
          <li key={text}><i aria-hidden="true" class={outcome ?? 'open'}>{SIGNS[outcome ?? ''] ?? '○'}</i><span>{text}{measured !== undefined && <b> {measured}</b>}</span><span class="soft">{outcome?.toLowerCase() ?? 'open'}</span></li>
        ))}
      </ul>
    </section>
  )
}
