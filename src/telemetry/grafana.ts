/** Faults and runs as regions on Grafana's dashboards: a fold over a journal, live. A region is told once it has ended. */

import { BrownoutError } from '../core/errors.ts'
import { withoutPasswords } from '../core/redact.ts'
import type { EventOf, JournalEvent } from '../record/events.ts'
import { offsetOf } from './walls.ts'

export interface GrafanaSettings { readonly url: string; /** Of a service account that may write annotations. */ readonly token: string | undefined }

/** The body of POST /api/annotations; times in ms since 1970. */
export interface Annotation { readonly time: number; readonly timeEnd: number; readonly tags: readonly string[]; readonly text: string }

export class Annotator {
  readonly #faults = new Map<string, { readonly from: number; readonly arming: EventOf<'rule.arming'> }>()
  #offset = 0
  #run: { readonly from: number; readonly started: EventOf<'run.started'> } | undefined
  #why = ''

  hear(event: JournalEvent): readonly Annotation[] {
    if (this.#faults.size === 0 && !this.#run) this.#offset = offsetOf(event)
    switch (event.kind) {
      case 'run.started': this.#run = { from: this.#wall(event.at), started: event }; this.#why = ''; return []
      case 'rule.arming': if (!this.#faults.has(event.rule)) this.#faults.set(event.rule, { from: this.#wall(event.at), arming: event }); return []
      case 'rule.cleared': return this.#cleared(event)
      case 'verdict': this.#why = event.why; return []
      case 'run.ended': return this.#ended(event)
      default: return []
    }
  }

  #wall(time: number): number { return Math.round(time + this.#offset) }

  #cleared({ rule, reason, effectiveAt, matched, altered }: EventOf<'rule.cleared'>): readonly Annotation[] {
    const fault = this.#faults.get(rule)
    if (!fault) return []
    this.#faults.delete(rule)
    const { from, arming } = fault
    const params = Object.entries(arming.params).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ')
    return [this.#region(from, this.#wall(effectiveAt), ['fault', arming.fault, arming.target], `${arming.fault} on ${arming.target} ${params}`.trim(), `${altered} altered of ${matched} matched${reason === 'deadline' ? '' : `, cleared: ${reason}`}`)]
  }

  #ended({ at, outcome }: EventOf<'run.ended'>): readonly Annotation[] {
    const run = this.#run
    if (!run) return []
    const annotation = this.#region(run.from, this.#wall(at), ['run', outcome.toLowerCase()], `${run.started.name}: ${outcome}`, this.#why)
    this.#run = undefined
    return [annotation]
  }

  #region(time: number, end: number, tags: readonly string[], title: string, text: string): Annotation {
    const name = this.#run?.started.name
    return { time, timeEnd: Math.max(time, end), tags: ['brownout', ...tags, ...(name === undefined ? [] : [name])], text: withoutPasswords([title, text].filter((line) => line !== '').join('\n')) }
  }
}

/** USAGE where it is no http or https URL. */
export function grafanaOf(given: string, token: string | undefined): GrafanaSettings {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new BrownoutError('USAGE', { message: 'the address of Grafana is no http or https URL', hint: '--grafana http://localhost:3000 or BROWNOUT_GRAFANA, and the token of a service account in BROWNOUT_GRAFANA_TOKEN' })
  return { url: `${url.href.replace(/\/+$/, '')}/api/annotations`, token }
}
