/** One run, and two compared, as tables. */

import { middleWords, shiftWords, type ComparisonDocument, type RunReport } from './run-documents.ts'
import { dayWords, NONE, words } from './words.ts'

const SIGNS: Readonly<Record<string, string>> = { PASS: '✓', FAIL: '✕', INCONCLUSIVE: '?', ERROR: '!', ABORTED: '■', regression: '▼', improvement: '▲', 'no change': '＝', inconclusive: '?' }
export const Outcome = ({ of }: { readonly of: string }) => <span class={`outcome ${of.toLowerCase().replace(/\W+/g, '-')}`}><i aria-hidden="true">{SIGNS[of] ?? '·'}</i> {of.toLowerCase()}</span>

export const Report = ({ report: { name, question, outcome, headline, why, startedAt, expectations, steps, signals } }: { readonly report: RunReport }) => (
  <>
    <header><h2>{name}</h2><Outcome of={outcome} /><span class="soft">{startedAt === null ? '' : dayWords(startedAt)}</span></header>
    <p class="headline">{headline}</p>
    <p class="soft">{question}</p>
    {outcome !== 'PASS' && <p>{why}</p>}
    {expectations.length > 0 && <>
      <h3>Expectations</h3>
      <div class="wide"><table>
        <thead><tr><th>expected</th><th class="number">measured</th><th class="number">limit</th><th>outcome</th></tr></thead>
        <tbody>{expectations.map((one) => <tr key={one.text}><td>{one.text}</td><td class="number">{one.measured}</td><td class="number">{one.limit}</td><td><Outcome of={one.outcome} /></td></tr>)}</tbody>
      </table></div>
    </>}
    {steps.length > 0 && <>
      <h3>Faults</h3>
      <div class="wide"><table>
        <thead><tr><th>step</th><th>what</th><th>on</th><th class="number">lasted</th><th class="number">matched</th><th class="number">altered</th></tr></thead>
        <tbody>{steps.map((one) => <tr key={one.step}><td>{one.step}</td><td>{one.what}</td><td>{one.targets.join(', ')}</td><td class="number">{one.effectAtMs === null || one.clearAtMs === null ? NONE : words('ms', one.clearAtMs - one.effectAtMs)}</td><td class="number">{one.matched}</td><td class="number">{one.altered}</td></tr>)}</tbody>
      </table></div>
    </>}
    {signals.some(({ step }) => step === null) && <>
      <h3>How it took them</h3>
      <div class="wide"><table>
        <thead><tr><th>signal</th><th>status</th><th class="number">back after</th><th class="number">degraded</th><th class="number">depth</th></tr></thead>
        <tbody>{signals.filter(({ step }) => step === null).map((one) => <tr key={one.signal}><td>{one.signal}</td><td>{one.status.replaceAll('_', ' ')}</td><td class="number">{words('ms', one.recoveryMs)}</td><td class="number">{words('ms', one.degradedMs)}</td><td class="number">{words('share', one.depth)}</td></tr>)}</tbody>
      </table></div>
    </>}
  </>
)

interface ComparedProps { readonly a: string; readonly b: string; readonly comparison: ComparisonDocument }

export const Compared = ({ a, b, comparison: { outcome, headline, figures, onlyOneSideHas, notes } }: ComparedProps) => (
  <>
    <header><h2>Compared</h2><Outcome of={outcome} /></header>
    <p class="headline">{headline}</p>
    <p class="soft">A is {a}, B is {b}.</p>
    {figures.length > 0 && <div class="wide"><table>
      <thead><tr><th>figure</th><th class="number">A</th><th class="number">B</th><th class="number">shift</th><th class="number">p</th><th>verdict</th></tr></thead>
      <tbody>{figures.map((one) => (
        <tr key={one.figure}><td>{one.figure}</td><td class="number">{middleWords(one, one.a)}</td><td class="number">{middleWords(one, one.b)}</td><td class="number">{shiftWords(one.unit, one.shift)}</td><td class="number">{Number(one.p.toPrecision(2))}</td><td><Outcome of={one.verdict} /></td></tr>
      ))}</tbody>
    </table></div>}
    <ul class="notes">
      {outcome === 'inconclusive' && <li>One run each settles little: <code>brownout run --repeat</code> makes more, <code>brownout compare</code> takes sets of them.</li>}
      {notes.map((note) => <li key={note}>{note}</li>)}
      {onlyOneSideHas.length > 0 && <li>Only one of them has {onlyOneSideHas.join(', ')}.</li>}
    </ul>
  </>
)
