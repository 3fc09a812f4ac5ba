/** The log: what faults altered, what people did, what went wrong. The newest lines, as people read them. */

import { formatDuration, ms } from '../core/units.ts'
import type { EventOf, JournalEvent } from '../record/events.ts'

/** `altered`: an operation that a fault changed; `fault`: armed, cleared; `person`: somebody did it; `trouble`: it should not be. */
export type Tone = 'altered' | 'fault' | 'person' | 'trouble' | 'quiet'
export interface Line { readonly seq: number; readonly wall: number; readonly tone: Tone; readonly target?: string | undefined; readonly text: string }

const LINES_MAX = 500

export class Log {
  /** The newest last. */
  lines: readonly Line[] = []
  readonly #rules = new Map<string, { readonly target: string; readonly fault: string }>()
  /** The lines of one second that may grow yet. */
  readonly #alike = new Map<string, { readonly seq: number; readonly count: number }>()
  #second = ''
  #last = -1

  /** Whether it was new. */
  hear(event: JournalEvent): boolean {
    if (event.seq <= this.#last) return false
    this.#last = event.seq
    if (event.kind === 'rule.arming') this.#arming(event)
    const told = this.#told(event)
    if (event.kind === 'altered') this.#altered(event)
    else if (told) this.#add({ seq: event.seq, wall: Date.parse(event.wall), ...told })
    return true
  }

  clear(): void {
    this.lines = []
    this.#rules.clear()
    this.#alike.clear()
    this.#last = -1
  }

  /** What a rule did to several operations in the same second is one line: it would push all else out of sight. */
  #altered(event: EventOf<'altered'>): void {
    const { rule, did, direction, note, session, wall } = event
    const { target, fault } = this.#rules.get(rule) ?? { fault: rule }
    const second = wall.slice(0, 19)
    if (second !== this.#second) this.#alike.clear()
    this.#second = second
    const key = [rule, did, direction, note].join()
    const known = this.#alike.get(key)
    const count = (known?.count ?? 0) + 1
    const line: Line = {
      seq: known?.seq ?? event.seq, wall: Date.parse(wall), tone: 'altered', target,
      text: `${fault} ${DID[did] ?? did} ${direction === 'to-server' ? 'to the server' : 'to the client'}, ${count === 1 ? `session ${session}` : `${count} times`}${note === undefined ? '' : `: ${note}`}`,
    }
    this.#alike.set(key, { seq: line.seq, count })
    if (known) this.lines = this.lines.map((one) => (one.seq === line.seq ? line : one))
    else this.#add(line)
  }

  #add(line: Line): void { this.lines = [...this.lines.slice(1 - LINES_MAX), line] }

  #arming({ rule, target, fault }: EventOf<'rule.arming'>): void {
    this.#rules.delete(rule)
    this.#rules.set(rule, { target, fault })
    for (const key of this.#rules.keys()) {
      if (this.#rules.size <= LINES_MAX) return
      this.#rules.delete(key)
    }
  }

  /** Undefined of what is no news for people. */
  #told(event: JournalEvent): Pick<Line, 'tone' | 'text' | 'target'> | undefined {
    const of = (rule: string): { target?: string; fault: string } => this.#rules.get(rule) ?? { fault: rule }
    switch (event.kind) {
      case 'rule.armed': { const { target, fault } = of(event.rule); return { tone: 'fault', target, text: `${fault} armed` } }
      case 'rule.cleared': { const { target, fault } = of(event.rule); return { tone: 'fault', target, text: `${fault} cleared (${WHY[event.reason]}): matched ${event.matched}, altered ${event.altered}` } }
      case 'operator': return { tone: 'person', text: `${event.who}${DOES[event.did]} ${event.text}` }
      case 'phase': return { tone: 'quiet', text: `phase ${event.phase}` }
      case 'app': return { tone: event.event === 'exited' ? 'trouble' : 'quiet', text: `${event.app} ${event.event}${event.detail === undefined ? '' : `: ${event.detail}`}` }
      case 'action': return { tone: 'fault', text: `${event.step} ${event.event === 'undo' ? 'undone' : 'run'}: ${event.argv.join(' ')}` }
      case 'heal': return { tone: event.ok ? 'quiet' : 'trouble', target: event.target, text: event.ok ? 'answers as before' : `does not answer as before: ${event.after}` }
      case 'opaque': return { tone: 'trouble', target: event.target, text: `messages of session ${event.session} are not read: ${event.why}` }
      case 'suspect': return { tone: 'trouble', text: `brownout itself stood still for ${formatDuration(ms(event.stallMs))}` }
      case 'alert': return { tone: event.state === 'firing' ? 'trouble' : 'quiet', text: `alert ${event.alert} ${event.state}: ${event.text}` }
      case 'problem': return { tone: 'trouble', text: `${event.code}: ${event.text}` }
      case 'note': return { tone: 'quiet', text: event.text }
      case 'verdict': return { tone: event.outcome === 'PASS' ? 'quiet' : 'trouble', text: `${event.outcome}: ${event.why}` }
      case 'load': return event.valid ? undefined : { tone: 'trouble', text: `load ${event.name}: ${event.why ?? 'could not keep to its plan'}` }
      default: return undefined
    }
  }
}

const DOES: Readonly<Record<EventOf<'operator'>['did'], string>> = {
  inject: ' injects', change: ' changes', clear: ' clears', halt: ' halts:', resume: ' resumes:', pause: ' pauses:', note: ':', detected: ' marks detected:', mitigated: ' marks mitigated:', lost: '',
}

/** By the kinds of verdicts. */
const DID: Readonly<Record<string, string>> = { delay: 'held back what goes', stall: 'held back what goes', drop: 'dropped what goes', replace: 'changed what goes', answer: 'answered what goes', close: 'cut what goes', refuse: 'refused what goes' }

const WHY: Readonly<Record<EventOf<'rule.cleared'>['reason'], string>> = {
  deadline: 'its time was over', 'method-end': 'the experiment went on', abort: 'aborted', signal: 'brownout was told to end', error: 'it failed', request: 'asked to', lease: 'who injected it is gone', journal: 'the journal cannot be written',
}
