/** What is armed now: for how long yet, what it did, and how it is ended. */

import { useState } from 'preact/hooks'
import type { Injection, Status } from '../control/contract.ts'
import { refusedBy, type Api, type Refused } from './api.ts'
import type { Board } from './board.ts'
import { useClock, useTopics } from './hooks.ts'
import { Trouble } from './trouble.tsx'
import { countWords, spanWords } from './words.ts'

interface InjectedProps { readonly board: Board; readonly api: Api; readonly status: Status }

export function Injected({ board, api, status: { injections } }: InjectedProps) {
  useTopics(board, 'status')
  useClock(500)
  const [trouble, setTrouble] = useState<Refused>()
  const act = (work: () => Promise<unknown>): void => {
    setTrouble(undefined)
    work().catch((error: unknown) => setTrouble(refusedBy(error)))
  }
  const of = (id: string): string => `injections/${encodeURIComponent(id)}`
  return (
    <section class="panel" aria-label="Injected">
      <header><h2>Injected <span class="count">{injections.length}</span></h2>
        {injections.length > 1 && <button type="button" class="quiet" onClick={() => act(() => api.send('DELETE', 'injections'))}>Clear all</button>}
      </header>
      {injections.length === 0 && <p class="soft">Nothing: traffic passes as it is.</p>}
      <ul class="injected">
        {injections.map((one) => <Item key={one.id} one={one} now={board.clock()} clear={() => act(() => api.send('DELETE', of(one.id)))} extend={() => act(() => api.send('PATCH', of(one.id), { extend: '30s' }))} />)}
      </ul>
      <Trouble of={trouble} />
    </section>
  )
}

interface ItemProps { readonly one: Injection; readonly now: number; readonly clear: () => void; readonly extend: () => void }

function Item({ one: { id, fault, on, text, by, since, until, matched, altered }, now, clear, extend }: ItemProps) {
  const [, , ...rest] = text.split(' ')
  const left = until === null ? undefined : until - now
  const share = until === null ? 1 : Math.max(0, Math.min(1, (until - now) / Math.max(1, until - since)))
  const counted = matched === 0 ? 'matched nothing yet' : `matched ${countWords(matched)}, altered ${countWords(altered)}`
  return (
    <li data-injection={id}>
      <div class="line"><b><i aria-hidden="true">▲</i> {fault}</b> <span>on {on}</span> <span class="left">{since > now ? `in ${spanWords(since - now)}` : left === undefined ? 'until cleared' : `${spanWords(left)} left`}</span></div>
      <code>{rest.join(' ')}</code>
      <div class="bar" aria-hidden="true"><i style={{ width: `${share * 100}%` }} /></div>
      <div class="line"><span class="soft">{counted} · by {by}</span>
        <span class="buttons">{until !== null && <button type="button" class="quiet" onClick={extend} aria-label={`30 seconds more of ${fault} on ${on}`}>+30s</button>}
          <button type="button" class="quiet" onClick={clear} aria-label={`Clear ${fault} on ${on}`}>Clear</button></span>
      </div>
    </li>
  )
}
