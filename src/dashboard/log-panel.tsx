/** The log, newest first, and a line to write into it. */

import { useState } from 'preact/hooks'
import { refusedBy, type Api, type Refused } from './api.ts'
import type { Board } from './board.ts'
import { useTopics } from './hooks.ts'
import type { Tone } from './log.ts'
import { Segments } from './segments.tsx'
import { Trouble } from './trouble.tsx'
import { clockWords } from './words.ts'

const SIGNS: Readonly<Record<Tone, string>> = { altered: '~', fault: '▲', person: '@', trouble: '✕', quiet: '·' }
const SHOWN: Readonly<Record<string, readonly Tone[]>> = { all: ['altered', 'fault', 'person', 'trouble', 'quiet'], altered: ['altered'], people: ['person', 'fault'], trouble: ['trouble'] }
/** Drawn at once; the log itself keeps more. */
const LINES_MAX = 120

export function LogPanel({ board, api }: { readonly board: Board; readonly api: Api }) {
  useTopics(board, 'log')
  const [shown, setShown] = useState('all')
  const [trouble, setTrouble] = useState<Refused>()
  const tones = SHOWN[shown] ?? []
  const lines = board.log.lines.filter(({ tone }) => tones.includes(tone)).slice(-LINES_MAX).reverse()
  const note = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const text = String(new FormData(form).get('note') ?? '').trim()
    if (text === '') return
    setTrouble(undefined)
    api.send('POST', 'notes', { text }).then(() => form.reset(), (error: unknown) => setTrouble(refusedBy(error)))
  }
  return (
    <section class="panel log" aria-label="Log">
      <header><h2>Log</h2>
        <Segments label="Which lines" choices={Object.keys(SHOWN).map((one) => [one, one])} chosen={shown} choose={setShown} />
      </header>
      <ol>
        {lines.map(({ seq, wall, tone, target, text }) => (
          <li key={seq} class={`told-${tone}`}><time>{clockWords(wall)}</time><i aria-hidden="true">{SIGNS[tone]}</i><span>{target !== undefined && <b>{target} </b>}{text}</span></li>
        ))}
        {lines.length === 0 && <li class="soft">Nothing of that kind yet.</li>}
      </ol>
      <form class="note" onSubmit={note}><input name="note" placeholder="Write a note into the log" aria-label="Note" autocomplete="off" maxLength={500} /><button type="submit" class="quiet">Note</button></form>
      <Trouble of={trouble} />
    </section>
  )
}
