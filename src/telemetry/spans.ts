/**
 * An experiment as a trace: a fold over its journal, live or read again.
 *
 *     experiment ── phase warmup, baseline … ── fault latency on cache     a fault belongs to the phase in which it was armed
 *         │               └─ what the run said: notes, problems, healing, expectations are events of the experiment
 *         └─ altered operations and reactions are events of their fault
 *
 * Without a run around it (a server, a wrapped command) each fault is a trace of its own.
 */

import { createHash } from 'node:crypto'
import type { EventBodies, EventOf, JournalEvent, Outcome } from '../record/events.ts'
import { offsetOf } from './walls.ts'

export type Attributes = Readonly<Record<string, string | number | boolean>>
export interface SpanEvent { readonly name: string; readonly at: number; readonly attributes: Attributes }
/** Times in ms since 1970, with a fraction. */
export interface Span {
  readonly trace: string
  readonly span: string
  readonly parent?: string | undefined
  readonly name: string
  readonly from: number
  readonly to: number
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  /** Events that were too many. */
  readonly dropped: number
  readonly status: 'unset' | 'ok' | 'error'
  readonly why?: string | undefined
}

/** As much as an SDK keeps of one span. */
const EVENTS_MAX = 128

interface Open {
  readonly trace: string; readonly span: string; readonly parent: string | undefined; readonly name: string; readonly from: number
  attributes: Attributes
  readonly events: SpanEvent[]
  dropped: number
}

/** The first hexadecimal digits of a hash: the same journal gives the same ids. */
const idOf = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits)

export class Tracer {
  /** Makes the ids of what has no run around it. */
  readonly #session: string
  #offset: number | undefined
  #run: (Open & { verdict?: EventBodies['verdict'] }) | undefined
  #phase: Open | undefined
  readonly #faults = new Map<string, Open>()

  /** `session` tells this process from all others. */
  constructor(session: string) { this.#session = session }

  /** Spans that have ended by it, the innermost first. */
  hear(event: JournalEvent): readonly Span[] {
    // Anew for each trace: one process may be up for months, and clocks are set.
    if (this.#offset === undefined || (event.kind === 'rule.arming' && !this.#run && this.#faults.size === 0)) this.#offset = offsetOf(event)
    switch (event.kind) {
      case 'run.started': this.#begin(event); return []
      case 'phase': return this.#turn(event)
      case 'rule.arming': this.#arming(event); return []
      case 'rule.armed': this.#add(this.#faults.get(event.rule), 'armed', event.effectiveAt, {}); return []
      case 'rule.cleared': return this.#cleared(event)
      case 'altered': this.#add(this.#faults.get(event.rule), event.did, event.effectiveAt, { 'brownout.session': event.session, 'brownout.direction': event.direction, ...(event.note === undefined ? {} : { 'brownout.note': event.note }) }); return []
      case 'reaction': this.#add(this.#faults.get(event.rule), 'reaction', event.alteredAt + (event.afterMs ?? 0), {
        'brownout.operation': event.operation, 'brownout.did': event.did, 'brownout.next': event.next, 'brownout.attempts': event.attempts, ...(event.afterMs === undefined ? {} : { 'brownout.after_ms': event.afterMs }),
      }); return []
      case 'action': return this.#acted(event)
      case 'verdict': if (this.#run) this.#run.verdict = event; return []
      case 'run.ended': return this.#end(event.at, event.outcome)
      default: this.#said(event); return []
    }
  }

  /** Ends what is still open, at that time of the journal. */
  close(at: number): readonly Span[] { return this.#run ? this.#end(at, undefined) : this.#endFaults(at) }

  #wall(time: number): number { return time + (this.#offset ?? 0) }

  #begin({ at, run, name, question, file, hash, seed, versions, targets, trace }: EventOf<'run.started'>): void {
    const id = trace?.id ?? idOf(`${this.#session} ${run}`, 32)
    this.#run = {
      trace: id, span: idOf(`${id} run`, 16), parent: trace?.parent, name: `experiment ${name}`, from: this.#wall(at), events: [], dropped: 0,
      attributes: {
        'brownout.experiment': name, 'brownout.question': question, 'brownout.run': run, 'brownout.file': file, 'brownout.hash': hash, 'brownout.seed': seed,
        'brownout.targets': targets.map((target) => `${target.name} ${target.protocol}`).join(', '), ...(versions['brownout'] === undefined ? {} : { 'brownout.version': versions['brownout'] }),
      },
    }
  }

  #turn({ at, phase }: EventOf<'phase'>): readonly Span[] {
    const ended = this.#phase ? [finished(this.#phase, this.#wall(at))] : []
    this.#phase = this.#run && phase !== 'end' ? this.#open(this.#run.trace, this.#run.span, `phase ${phase}`, at, { 'brownout.phase': phase }, String(at)) : undefined
    return ended
  }

  #arming({ at, seq, rule, step, fault, target, params, detail }: EventOf<'rule.arming'>): void {
    const attributes = { 'brownout.fault': fault, 'brownout.target': target, 'brownout.step': step, 'brownout.rule': rule, 'brownout.params': JSON.stringify(params), 'brownout.detail': JSON.stringify(detail) }
    const open = this.#faults.get(rule)
    // A rule that is changed in place stays one fault.
    if (open) {
      open.attributes = attributes
      this.#add(open, 'changed', at, { 'brownout.params': attributes['brownout.params'] })
      return
    }
    const trace = this.#run?.trace ?? idOf(`${this.#session} ${rule} ${seq} ${this.#wall(at)}`, 32)
    this.#faults.set(rule, this.#open(trace, (this.#phase ?? this.#run)?.span, `fault ${fault} on ${target}`, at, attributes, `${rule} ${seq}`))
  }

  #cleared({ rule, reason, effectiveAt, matched, altered }: EventOf<'rule.cleared'>): readonly Span[] {
    const open = this.#faults.get(rule)
    if (!open) return []
    this.#faults.delete(rule)
    open.attributes = { ...open.attributes, 'brownout.cleared': reason, 'brownout.matched': matched, 'brownout.altered': altered }
    return [finished(open, this.#wall(effectiveAt), reason === 'error' ? 'error' : 'unset', reason === 'error' ? 'the fault threw an exception' : undefined)]
  }

  #acted({ at, seq, step, event, argv, exit, tookMs }: EventOf<'action'>): readonly Span[] {
    if (!this.#run) return []
    const attributes = { 'brownout.step': step, 'process.command': argv.join(' '), ...(exit === null ? {} : { 'process.exit.code': exit }) }
    const span = this.#open(this.#run.trace, (this.#phase ?? this.#run).span, `${event === 'undo' ? 'undo' : 'action'} ${step}`, at - tookMs, attributes, String(seq))
    return [exit === 0 ? finished(span, this.#wall(at)) : finished(span, this.#wall(at), 'error', exit === null ? 'it was killed' : `it exited with ${exit}`)]
  }

  #end(at: number, outcome: Outcome | undefined): readonly Span[] {
    const run = this.#run
    const faults = this.#endFaults(at)
    const phases = this.#phase ? [finished(this.#phase, this.#wall(at))] : []
    this.#run = undefined
    this.#phase = undefined
    if (!run) return faults
    const { why, expectations = [] } = run.verdict ?? {}
    for (const { text, outcome: came, measured, limit, margin } of expectations) {
      this.#add(run, 'expectation', at, { 'brownout.expectation': text, 'brownout.outcome': came, 'brownout.measured': measured, 'brownout.limit': limit, ...(margin === undefined ? {} : { 'brownout.margin': margin }) })
    }
    run.attributes = { ...run.attributes, 'brownout.outcome': outcome ?? 'ABORTED', ...(why === undefined ? {} : { 'brownout.why': why }) }
    const status = outcome === 'PASS' ? 'ok' : outcome === 'INCONCLUSIVE' ? 'unset' : 'error'
    return [...faults, ...phases, finished(run, this.#wall(at), status, status === 'error' ? (why ?? 'the run ended before its time') : undefined)]
  }

  #endFaults(at: number): readonly Span[] {
    const ended = [...this.#faults.values()].map((open) => finished(open, this.#wall(at)))
    this.#faults.clear()
    return ended
  }

  /** What is told of the run as a whole, or of one of its faults. */
  #said(event: JournalEvent): void {
    const run = this.#run
    switch (event.kind) {
      case 'note': return this.#add(run, 'note', event.at, { 'brownout.text': event.text })
      case 'alert': return this.#add(run, `alert ${event.state}`, event.at, { 'brownout.alert': event.alert, 'brownout.text': event.text })
      case 'problem': return this.#add(run, 'problem', event.at, { 'brownout.code': event.code, 'brownout.text': event.text })
      case 'operator': return this.#add((event.rule === undefined ? undefined : this.#faults.get(event.rule)) ?? run, event.did, event.at, { 'brownout.who': event.who, 'brownout.text': event.text })
      case 'heal': return this.#add(run, event.ok ? 'healed' : 'not healed', event.at, { 'brownout.target': event.target, 'brownout.before': event.before, 'brownout.after': event.after })
      case 'app': return this.#add(run, `app ${event.event}`, event.at, { 'brownout.app': event.app })
      case 'suspect': return this.#add(run, 'suspended', event.at, { 'brownout.stall_ms': event.stallMs })
      case 'load': return event.valid ? undefined : this.#add(run, 'load invalid', event.at, { 'brownout.load': event.name, 'brownout.why': event.why ?? '' })
      case 'point': return this.#add(run, 'point', event.at, { 'brownout.knob': event.point.knob, 'brownout.value': event.point.shown, 'brownout.held': event.point.held })
      default: return undefined
    }
  }

  #open(trace: string, parent: string | undefined, name: string, at: number, attributes: Attributes, what: string): Open {
    return { trace, parent, span: idOf(`${trace} ${name} ${what}`, 16), name, from: this.#wall(at), attributes, events: [], dropped: 0 }
  }

  #add(open: Open | undefined, name: string, at: number, attributes: Attributes): void {
    if (!open) return
    if (open.events.length >= EVENTS_MAX) open.dropped++
    else open.events.push({ name, at: this.#wall(at), attributes })
  }
}

/** A span ends no sooner than it began: its ends may have been told by two processes. */
const finished = ({ trace, span, parent, name, from, attributes, events, dropped }: Open, to: number, status: Span['status'] = 'unset', why?: string): Span =>
  ({ trace, span, parent, name, from, to: Math.max(from, to), attributes, events, dropped, status, why })
