/** What stands above the page: to halt and to resume, a missing token, the shortcuts. Escape closes each, by the browser's own dialog. */

import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { refusedBy, type Api, type Refused } from './api.ts'
import { Trouble } from './trouble.tsx'

interface DialogProps { readonly title: string; readonly close: () => void; readonly children: ComponentChildren }

export function Dialog({ title, close, children }: DialogProps) {
  const own = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    own.current?.showModal()
    own.current?.querySelector('input')?.focus()
    return () => own.current?.close()
  }, [])
  return (
    <dialog ref={own} aria-label={title} onClose={close} onCancel={close}>
      <header><h2>{title}</h2><button type="button" class="plain" aria-label="Close" onClick={close}>✕</button></header>
      {children}
    </dialog>
  )
}

interface HaltProps { readonly api: Api; readonly to: 'halt' | 'resume'; readonly close: () => void }

export function HaltDialog({ api, to, close }: HaltProps) {
  const [reason, setReason] = useState('')
  const [trouble, setTrouble] = useState<Refused>()
  const send = (event: Event): void => {
    event.preventDefault()
    if (reason.trim() === '') return setTrouble({ status: 0, message: 'a reason is needed: it is written into the log' })
    api.send('POST', to, { reason: reason.trim() }).then(close, (error: unknown) => setTrouble(refusedBy(error)))
  }
  return (
    <Dialog title={to === 'halt' ? 'Halt everything' : 'Resume'} close={close}>
      <form onSubmit={send} noValidate>
        <p>{to === 'halt' ? 'Every fault is healed at once, on every target, and new ones are refused until somebody resumes. Traffic goes on.' : 'Faults can be injected again. Nothing that was healed comes back by itself but what stands in the configuration.'}</p>
        <label>reason<input id="reason" value={reason} autocomplete="off" maxLength={300} onInput={({ currentTarget }) => { setReason(currentTarget.value); setTrouble(undefined) }} /></label>
        <Trouble of={trouble} />
        <div class="buttons"><button type="button" class="quiet" onClick={close}>Cancel</button><button type="submit" class={to === 'halt' ? 'danger' : 'primary'}>{to === 'halt' ? 'Halt' : 'Resume'}</button></div>
      </form>
    </Dialog>
  )
}

export const SHORTCUTS = [
  ['1', 'live'], ['2', 'runs'], ['i', 'to the form'], ['h', 'halt, or resume'], ['r', 'a longer range'], ['j / k', 'next, previous target alone'], ['0', 'all targets'], ['t', 'dark, light, as the system'], ['?', 'these'], ['Esc', 'closes, or leaves a field'],
] as const

interface HelpProps { readonly close: () => void; readonly who: string; readonly setWho: (who: string) => void }

export const HelpDialog = ({ close, who, setWho }: HelpProps) => (
  <Dialog title="Shortcuts" close={close}>
    <dl class="shortcuts">{SHORTCUTS.map(([key, does]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}</dl>
    <label>your name, in the log<input defaultValue={who} autocomplete="off" maxLength={64} onInput={({ currentTarget }) => setWho(currentTarget.value)} /></label>
    <p class="soft">Shaded and hatched: a fault was armed. Of buckets that share a point the worst is drawn; of rates and shares their mean.</p>
  </Dialog>
)

export function TokenDialog({ give }: { readonly give: (token: string) => void }) {
  const [token, setToken] = useState('')
  return (
    <div class="gate">
      <form class="panel" onSubmit={(event) => { event.preventDefault(); give(token.trim()) }}>
        <h1>brownout</h1>
        <p>This page needs the token of the brownout that serves it. The address that it prints when it starts has it; or write it here.</p>
        <label>token<input id="token" type="password" value={token} autocomplete="off" onInput={({ currentTarget }) => setToken(currentTarget.value)} /></label>
        <button type="submit" class="primary" disabled={token.trim() === ''}>Open</button>
      </form>
    </div>
  )
}
