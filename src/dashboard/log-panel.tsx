/** The log, newest first, and a line to write into it. */

import { useState } from 'preact/hooks'
import type { Mark, Mode } from '../control/contract.ts'
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

const MARKS: readonly (readonly [mark: Mark, says: string])[] = [['detected', 'We noticed'], ['mitigated', 'We are well again']]

export function LogPanel({ board, api, mode }: { readonly board: Board; readonly api: Api; readonly mode: Mode }) {
  useTopics(board, 'log')
  const [shown, setShown] = useState('all')
  const [trouble, setTrouble] = useState<Refused>()
  const tones = SHOWN[shown] ?? []
  const lines = board.log.lines.filter(({ tone }) => tones.includes(tone)).slice(-LINES_MAX).reverse()
  const write = (told: { readonly text: string; readonly mark?: Mark }, then?: () => void): void => {
    setTrouble(undefined)
    api.send('POST', 'notes', told).then(then, (error: unknown) => setTrouble(refusedBy(error)))
  }
  const note = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const text = String(new FormData(form).get('note') ?? '').trim()
    if (text === '') return
    write({ text }, () => form.reset())
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
      {mode === 'gameday' && <div class="buttons marks">{MARKS.map(([mark, says]) => <button type="button" key={mark} class="quiet" title={`Marks in the log that it was ${mark}, and when`} onClick={() => write({ text: says, mark })}>{says}</button>)}</div>}
      <Trouble of={trouble} />
    </section>
  )
}
