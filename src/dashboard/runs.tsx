/** Experiments that were run: the history, one of them, two of them held against one another. */

import { useEffect, useState } from 'preact/hooks'
import { refusedBy, type Api, type Refused } from './api.ts'
import { figureIn, type ComparisonDocument, type RunReport, type RunRow } from './run-documents.ts'
import { Compared, Outcome, Report } from './run-details.tsx'
import { Trouble } from './trouble.tsx'
import { dayWords, spanWords } from './words.ts'

type Shown = { readonly kind: 'report'; readonly of: string; readonly report: RunReport } | { readonly kind: 'compared'; readonly a: string; readonly b: string; readonly comparison: ComparisonDocument }
/** Drawn at once. */
const ROWS_MAX = 200

export function Runs({ api }: { readonly api: Api }) {
  const [runs, setRuns] = useState<readonly RunRow[]>()
  const [marked, setMarked] = useState<readonly string[]>([])
  const [shown, setShown] = useState<Shown>()
  const [trouble, setTrouble] = useState<Refused>()
  const ask = (work: () => Promise<void>): void => {
    setTrouble(undefined)
    work().catch((error: unknown) => setTrouble(refusedBy(error)))
  }
  const list = (): void => ask(async () => setRuns([...await api.get<readonly RunRow[]>('runs')].reverse()))
  useEffect(list, [api])
  const open = (id: string): void => ask(async () => setShown({ kind: 'report', of: id, report: await api.get<RunReport>(`runs/${encodeURIComponent(id)}`) }))
  // The older one is A: what changed since is told.
  const [a, b] = [...marked].sort()
  const compare = (): void => {
    if (a === undefined || b === undefined) return
    ask(async () => setShown({ kind: 'compared', a, b, comparison: await api.get<ComparisonDocument>(`compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`) }))
  }
  const mark = (id: string, on: boolean): void => setMarked(on ? [...marked, id].slice(-2) : marked.filter((one) => one !== id))
  return (
    <main class="runs" id="main">
      <section class="panel" aria-label="Runs">
        <header><h2>Runs {runs && <span class="count">{runs.length}</span>}</h2>
          <span class="soft">{marked.length === 0 ? 'Mark two to compare them.' : marked.length === 1 ? 'Mark one more.' : ''}</span>
          <button type="button" class="quiet" disabled={marked.length !== 2} onClick={compare}>Compare</button>
          <button type="button" class="quiet" onClick={list}>Look again</button>
        </header>
        <Trouble of={trouble} />
        {runs?.length === 0 && <p class="empty">No run yet. <code>brownout run FILE</code> makes one.</p>}
        {runs && runs.length > 0 && <Table {...{ runs, marked, mark, open }} shown={shown?.kind === 'report' ? shown.of : undefined} />}
        {!runs && !trouble && <p class="soft">Reading the history…</p>}
      </section>
      <section class="panel detail" aria-label="What was chosen" aria-live="polite">
        {shown?.kind === 'report' && <Report report={shown.report} />}
        {shown?.kind === 'compared' && <Compared a={shown.a} b={shown.b} comparison={shown.comparison} />}
        {!shown && <p class="soft">Choose a run to see what it found.</p>}
      </section>
    </main>
  )
}

interface TableProps { readonly runs: readonly RunRow[]; readonly marked: readonly string[]; readonly shown: string | undefined; readonly mark: (id: string, on: boolean) => void; readonly open: (id: string) => void }

const Table = ({ runs, marked, shown, mark, open }: TableProps) => (
  <div class="wide"><table>
    <thead><tr><th><span class="hidden">mark</span></th><th>when</th><th>run</th><th>outcome</th><th class="number">took</th><th class="number">p95</th><th class="number">success</th><th class="number">back after</th></tr></thead>
    <tbody>
      {runs.slice(0, ROWS_MAX).map((run) => (
        <tr key={run.id} class={shown === run.id ? 'chosen' : ''}>
          <td><input type="checkbox" aria-label={`Mark ${run.id}`} checked={marked.includes(run.id)} onChange={({ currentTarget }) => mark(run.id, currentTarget.checked)} /></td>
          <td class="soft nowrap">{dayWords(run.wall)}</td>
          <td><button type="button" class="plain" onClick={() => open(run.id)} title={run.question}>{run.name}</button></td>
          <td><Outcome of={run.outcome ?? run.status} /></td>
          <td class="number">{spanWords(run.tookMs)}</td>
          <td class="number">{figureIn(run, /^\S+\.p95$/)}</td><td class="number">{figureIn(run, /^\S+\.success$/)}</td><td class="number">{figureIn(run, /^recovery of /)}</td>
        </tr>
      ))}
    </tbody>
  </table></div>
)
