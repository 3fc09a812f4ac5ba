/** The form by which a fault is injected. It is made from what each fault says of itself. */

import { useEffect, useMemo, useState } from 'preact/hooks'
import type { FaultEntry, ParamEntry, Status } from '../control/contract.ts'
import { refusedBy, type Api, type Refused } from './api.ts'
import { commandOf, EMPTY, fieldOf, fits, grouped, requestOf, type Draft } from './form.ts'
import { Trouble } from './trouble.tsx'

interface InjectProps { readonly api: Api; readonly status: Status; readonly faults: readonly FaultEntry[]; readonly target: string | undefined }

export function InjectForm({ api, status, faults, target: wanted }: InjectProps) {
  const [draft, setDraft] = useState<Draft>(EMPTY)
  const [trouble, setTrouble] = useState<Refused>()
  const [busy, setBusy] = useState(false)
  const [asked, setAsked] = useState<ParamEntry>()
  const { targets, halted } = status
  const target = targets.find(({ name }) => name === draft.target) ?? targets[0]
  useEffect(() => { if (wanted !== undefined) setDraft((now) => ({ ...now, target: wanted })) }, [wanted])
  const groups = useMemo(() => (target ? grouped(faults, target.protocol) : []), [faults, target?.protocol])
  const offered = groups.flatMap((group) => group.faults)
  const entry = offered.find(({ name }) => name === draft.fault) ?? offered.find(({ name }) => name === 'latency') ?? offered[0]
  const set = (change: Partial<Draft>): void => { setDraft((now) => ({ ...now, ...change })); setTrouble(undefined) }
  const whole: Draft = { ...draft, target: target?.name ?? '', fault: entry?.name ?? '' }
  const request = requestOf(whole, entry)
  const told = asked && entry?.params.includes(asked) ? asked : entry?.params[0]
  const wrong = trouble && fieldOf(trouble.message, entry)
  const send = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setTrouble(undefined)
    await api.send('POST', 'injections', request).catch((error: unknown) => setTrouble(refusedBy(error)))
    setBusy(false)
  }
  if (!target || !entry) return null
  return (
    <section class="panel" aria-label="Inject">
      <header><h2>Inject</h2><kbd title="Shortcut">i</kbd></header>
      <form id="inject" onSubmit={(event) => { void send(event) }} noValidate>
        <div class="pair">
          <label>target
            <select id="inject-target" value={target.name} onChange={({ currentTarget }) => set({ target: currentTarget.value, ...fitting(faults, draft, targets.find(({ name }) => name === currentTarget.value)?.protocol) })}>
              {targets.map(({ name, protocol }) => <option key={name} value={name}>{name} ({protocol})</option>)}
            </select>
          </label>
          <label>fault
            <select id="inject-fault" value={entry.name} onChange={({ currentTarget }) => set({ fault: currentTarget.value, params: {} })}>
              {groups.map(({ group, faults: own }) => <optgroup key={group} label={group}>{own.map(({ name }) => <option key={name} value={name}>{name}</option>)}</optgroup>)}
            </select>
          </label>
        </div>
        <p class="soft about">{entry.summary}</p>
        <div class="fields">
          {entry.params.map((param) => <ParamField key={`${entry.name}.${param.name}`} param={param} value={draft.params[param.name] ?? ''} wrong={wrong === param.name} set={(value) => set({ params: { ...draft.params, [param.name]: value } })} ask={() => setAsked(param)} />)}
        </div>
        {told && <p class="doc" aria-hidden="true"><b>{told.name}</b> {told.doc} {told.choices.length === 0 && told.kind !== 'boolean' && <>Takes {told.accepts}.</>}</p>}
        <div class="pair">
          <Field id="lasts" label="for" value={draft.standing ? '' : draft.lasts} hint={draft.standing ? 'until cleared' : '30s'} wrong={wrong === 'for'} disabled={draft.standing} set={(lasts) => set({ lasts })} />
          <Field id="chance" label="chance" value={draft.chance} hint="100%" wrong={wrong === 'chance'} set={(chance) => set({ chance })} />
        </div>
        <label class="check"><input type="checkbox" checked={draft.standing} onChange={({ currentTarget }) => set({ standing: currentTarget.checked })} />stands until it is cleared</label>
        <details open={draft.where !== '' || draft.direction !== '' || draft.times !== ''}>
          <summary>Whom it hits</summary>
          <label>where <span class="soft">a condition a line</span>
            <textarea rows={2} value={draft.where} placeholder={WHERE[target.protocol]} spellcheck={false} aria-invalid={wrong === 'where'} onInput={({ currentTarget }) => set({ where: currentTarget.value })} />
          </label>
          <div class="pair">
            <label>direction
              <select value={draft.direction} onChange={({ currentTarget }) => set({ direction: currentTarget.value })}>
                <option value="">the fault’s own</option><option value="to_server">to the server</option><option value="to_client">to the client</option><option value="both">both ways</option>
              </select>
            </label>
            <Field id="times" label="times" value={draft.times} hint="without end" wrong={wrong === 'times'} set={(times) => set({ times })} />
          </div>
        </details>
        {entry.corruption && <label class="check warn"><input type="checkbox" checked={draft.corruption} onChange={({ currentTarget }) => set({ corruption: currentTarget.checked })} />it falsifies data: no data of worth can be reached</label>}
        <button type="submit" class="primary" disabled={busy || halted !== null}>{halted ? 'Halted' : busy ? 'Injecting…' : 'Inject'}</button>
        <Trouble of={trouble} />
        <code class="command" title="The same at a terminal">{commandOf(request)}</code>
      </form>
    </section>
  )
}

const WHERE: Readonly<Record<Status['targets'][number]['protocol'], string>> = {
  redis: 'command: GET\nkey: user:*', postgres: 'statement: select*\ntable: orders', http: 'method: POST\npath: /orders/*', websocket: 'path: /live', tcp: 'client: 10.0.0.0/8',
}

/** A fault that the other target does not speak is not kept. */
function fitting(faults: readonly FaultEntry[], { fault }: Draft, protocol: Status['targets'][number]['protocol'] | undefined): Partial<Draft> {
  const entry = faults.find(({ name }) => name === fault)
  return entry && protocol && fits(entry, protocol) ? {} : { fault: '', params: {} }
}

interface ParamProps { readonly param: ParamEntry; readonly value: string; readonly wrong: boolean; readonly set: (value: string) => void; readonly ask: () => void }

function ParamField({ param: { name, kind, doc, initial, accepts, choices }, value, wrong, set, ask }: ParamProps) {
  const options = kind === 'boolean' ? ['true', 'false'] : choices
  const id = `param-${name}`
  return (
    <div class="field">
      <label for={id}>{name}</label>
      {options.length > 0
        ? <select id={id} value={value === '' ? initial ?? '' : value} aria-describedby={`${id}-doc`} aria-invalid={wrong} onFocus={ask} onChange={({ currentTarget }) => set(currentTarget.value)}>
            {initial === undefined && <option value="">choose</option>}
            {options.map((one) => <option key={one} value={one}>{one}</option>)}
          </select>
        : <input id={id} value={value} placeholder={initial ?? 'must be given'} required={initial === undefined} title={accepts} autocomplete="off" spellcheck={false} aria-describedby={`${id}-doc`} aria-invalid={wrong} onFocus={ask} onInput={({ currentTarget }) => set(currentTarget.value)} />}
      <span class="hidden" id={`${id}-doc`}>{doc}</span>
    </div>
  )
}

interface FieldProps { readonly id: string; readonly label: string; readonly value: string; readonly hint: string; readonly wrong: boolean; readonly disabled?: boolean; readonly set: (value: string) => void }

const Field = ({ id, label, value, hint, wrong, disabled = false, set }: FieldProps) => (
  <label>{label}<input id={`inject-${id}`} value={value} placeholder={hint} disabled={disabled} autocomplete="off" spellcheck={false} aria-invalid={wrong} onInput={({ currentTarget }) => set(currentTarget.value)} /></label>
)
