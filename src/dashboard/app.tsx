/** The page: its head, what it shows, and what keys do. */

import { useEffect, useRef, useState } from 'preact/hooks'
import type { FaultEntry, Status } from '../control/contract.ts'
import { type Api, refusedBy } from './api.ts'
import type { Board } from './board.ts'
import { wallNow } from './clock.ts'
import { HaltDialog, HelpDialog, TokenDialog } from './dialogs.tsx'
import { Experiment } from './experiment.tsx'
import type { Feed } from './feed.ts'
import { useClock, useTopics } from './hooks.ts'
import { InjectForm } from './inject.tsx'
import { Injected } from './injected.tsx'
import { LogPanel } from './log-panel.tsx'
import { Resources } from './resources.tsx'
import { Runs } from './runs.tsx'
import { Segments } from './segments.tsx'
import { Targets } from './targets.tsx'
import { nextTheme, onTheme, theme } from './theme.ts'
import { Topology } from './topology.tsx'
import { clockWords, spanWords } from './words.ts'

interface AppProps { readonly api: Api; readonly board: Board; readonly feed: Feed; readonly who: () => string; readonly setWho: (who: string) => void; readonly give: (token: string) => void }
type View = 'live' | 'runs'
type Above = 'halt' | 'help' | undefined

const MINUTE = 60_000
const VIEWS = [['Live', 'live'], ['Runs', 'runs']] as const
const RANGES: readonly (readonly [string, number])[] = [['1m', MINUTE], ['5m', 300_000], ['1h', 3_600_000]]

export function App(props: AppProps) {
  const { api, board, who, setWho, give } = props
  useTopics(board, 'status', 'link')
  const [view, setView] = useState<View>('live')
  const [above, setAbove] = useState<Above>()
  const [range, setRange] = useState(MINUTE)
  const [chosen, setChosen] = useState<string>()
  const [form, setForm] = useState<string>()
  const faults = useFaults(api, board)
  const { status, link } = board
  const choose = (target: string | undefined): void => { setChosen(target); setView('live') }
  const step = (by: number): void => { setChosen((now) => neighbour(board.status, now, by)); setView('live') }
  useEffect(() => { if (chosen !== undefined) setForm(chosen) }, [chosen])
  const inject = (target: string): void => { setForm(target); document.getElementById('inject-fault')?.focus() }
  useKeys({
    1: () => setView('live'), 2: () => setView('runs'), 0: () => choose(undefined), t: nextTheme, '?': () => setAbove('help'), h: () => setAbove('halt'),
    i: () => { setView('live'); requestAnimationFrame(() => document.getElementById('inject-fault')?.focus()) },
    r: () => setRange((now) => RANGES[(RANGES.findIndex(([, one]) => one === now) + 1) % RANGES.length]?.[1] ?? now),
    j: () => step(1), k: () => step(-1),
  }, above !== undefined)
  if (link.kind === 'refused') return <TokenDialog give={give} />
  if (!status) return <Waiting board={board} retry={() => props.feed.retry()} />
  return (
    <>
      <Top {...{ status, board, view, setView, range, setRange, setAbove }} />
      <Banner board={board} retry={() => props.feed.retry()} resume={() => setAbove('halt')} />
      {view === 'runs' ? <Runs api={api} /> : (
        <div class={`board ${link.kind === 'offline' ? 'stale' : ''}`}>
          <nav aria-label="Topology"><Topology {...{ board, status, chosen, choose }} /></nav>
          <main id="main">
            <Targets {...{ board, status, range, chosen, choose, inject }} />
            {chosen === undefined && <Resources board={board} range={range} />}
          </main>
          <aside>
            {status.run && <Experiment run={status.run} />}
            <Injected board={board} api={api} status={status} />
            <InjectForm api={api} status={status} faults={faults} target={form} />
            <LogPanel board={board} api={api} mode={status.mode} />
          </aside>
        </div>
      )}
      {above === 'halt' && <HaltDialog api={api} to={status.halted ? 'resume' : 'halt'} close={() => setAbove(undefined)} />}
      {above === 'help' && <HelpDialog who={who()} setWho={setWho} close={() => setAbove(undefined)} />}
    </>
  )
}

/** The catalogue, once there is a connection; again when brownout was another. */
function useFaults(api: Api, board: Board): readonly FaultEntry[] {
  const [faults, setFaults] = useState<readonly FaultEntry[]>([])
  const pid = board.status?.pid
  useEffect(() => {
    if (pid === undefined) return
    api.get<readonly FaultEntry[]>('faults').then(setFaults, (error: unknown) => board.linked({ kind: 'offline', why: refusedBy(error).message, until: wallNow() }))
  }, [api, board, pid])
  return faults
}

function neighbour(status: Status | undefined, chosen: string | undefined, by: number): string | undefined {
  const names = (status?.targets ?? []).map(({ name }) => name)
  const at = chosen === undefined ? (by > 0 ? -1 : names.length) : names.indexOf(chosen)
  return names[at + by]
}

function useKeys(given: Readonly<Record<string, () => void>>, off: boolean): void {
  // What is pressed between two drawings counts too.
  const latest = useRef({ keys: given, off })
  latest.current = { keys: given, off }
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { target, key } = event
      const { keys, off: closed } = latest.current
      const writes = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
      if (key === 'Escape' && writes && !closed) target.blur()
      const does = keys[key]
      if (closed || writes || event.ctrlKey || event.metaKey || event.altKey || !does) return
      event.preventDefault()
      does()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}

interface TopProps { readonly status: Status; readonly board: Board; readonly view: View; readonly setView: (view: View) => void; readonly range: number; readonly setRange: (range: number) => void; readonly setAbove: (above: Above) => void }

function Top({ status, board, view, setView, range, setRange, setAbove }: TopProps) {
  const { mode, about, halted, since, policy } = status
  return (
    <header class="top">
      <a class="skip" href="#main">To the charts</a>
      <span class="brand"><svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true"><rect width="16" height="16" rx="4" /><path d="M2.5 9.5h3l1.5-5 2.5 8 1.5-5h2.5" /></svg>brownout</span>
      <span class="about" title={status.cwd}><b>{mode}</b> {about}</span>
      <Segments label="View" choices={VIEWS} chosen={view} choose={setView} />
      <span class="space" />
      <Linked board={board} since={since} />
      {policy && <span class="soft policy" title={policy.limits.join('\n')}>policy {policy.hash.replace(/^sha256:/, '').slice(0, 8)}</span>}
      {view === 'live' && <Segments label="Range" choices={RANGES} chosen={range} choose={setRange} />}
      <ThemeButton />
      <button type="button" class="plain icon" onClick={() => setAbove('help')} title="Shortcuts (?)" aria-label="Shortcuts">?</button>
      <button type="button" class={halted ? 'primary' : 'danger'} id="halt" onClick={() => setAbove('halt')} title="h">{halted ? 'Resume…' : <><i aria-hidden="true">■</i> Halt…</>}</button>
    </header>
  )
}

function Linked({ board, since }: { readonly board: Board; readonly since: number }) {
  useClock(1000)
  const { kind } = board.link
  return <span class={`link ${kind}`} role="status" title={`Running for ${spanWords(board.clock() - since)}`}><i aria-hidden="true">{kind === 'live' ? '●' : '○'}</i> {kind === 'live' ? `live · ${spanWords(board.clock() - since)}` : kind}</span>
}

const GLYPHS = { auto: '◐', dark: '●', light: '○' } as const
function ThemeButton() {
  const [now, setNow] = useState(theme())
  useEffect(() => onTheme(() => setNow(theme())), [])
  return <button type="button" class="plain icon" onClick={nextTheme} aria-label={`Theme: ${now}`} title={`Theme: ${now === 'auto' ? 'as the system' : now} (t)`}>{GLYPHS[now]}</button>
}

function Banner({ board, retry, resume }: { readonly board: Board; readonly retry: () => void; readonly resume: () => void }) {
  const { link, status } = board
  return (
    <>
      {link.kind === 'offline' && <div class="banner offline" role="alert"><span><b>Offline.</b> {link.why}: what you see is how it was. <Countdown until={link.until} /></span><button type="button" class="quiet" onClick={retry}>Try now</button></div>}
      {status?.halted && <div class="banner halted" role="alert"><span><b>■ Halted</b> by {status.halted.by} at {clockWords(status.halted.at)}: {status.halted.reason}</span><button type="button" class="quiet" onClick={resume}>Resume…</button></div>}
    </>
  )
}

function Countdown({ until }: { readonly until: number }) {
  useClock(250)
  const left = until - wallNow()
  return <span class="soft">{left > 500 ? `Trying again in ${spanWords(left)}.` : 'Trying again…'}</span>
}

const Waiting = ({ board, retry }: { readonly board: Board; readonly retry: () => void }) => (
  <div class="gate"><div class="panel"><h1>brownout</h1>
    {board.link.kind === 'offline' ? <><p role="alert">{board.link.why}.</p><p><Countdown until={board.link.until} /></p><button type="button" class="quiet" onClick={retry}>Try now</button></> : <p class="soft" role="status">Connecting…</p>}
  </div></div>
)
