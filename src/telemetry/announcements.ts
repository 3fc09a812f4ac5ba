/** What is worth a message to people who are not watching: a fold over a journal, live. */

import type { EventBodies, EventOf, JournalEvent } from '../record/events.ts'

export type Occasion = 'start' | 'inject' | 'clear' | 'halt' | 'resume' | 'abort' | 'recovery' | 'end' | 'regression' | 'alert' | 'resolved'
export interface Announcement {
  readonly occasion: Occasion
  /** ISO 8601. */
  readonly at: string
  /** One line. */
  readonly title: string
  /** More lines, may be empty. */
  readonly text: string
  readonly tone: 'plain' | 'good' | 'bad'
  /** What machines read: experiment, run, outcome, trace and so on. */
  readonly details: Readonly<Record<string, string | number>>
}

/** Reasons for which faults are cleared before their time. */
const ABORTS: Readonly<Partial<Record<EventOf<'rule.cleared'>['reason'], string>>> = {
  abort: 'a stop condition came true', error: 'a fault threw an exception', signal: 'brownout was told to stop', lease: 'who injected them is gone', journal: 'the journal could not be written',
}
/** What a person does that others want to know of. */
const DEEDS = { inject: 'plain', clear: 'plain', halt: 'bad', resume: 'good' } as const satisfies Partial<Record<EventOf<'operator'>['did'], Announcement['tone']>>

export class Announcer {
  #started: EventOf<'run.started'> | undefined
  #aborted = false
  #faults = 0
  readonly #heals: EventBodies['heal'][] = []
  #verdict: EventOf<'verdict'> | undefined

  hear(event: JournalEvent): readonly Announcement[] {
    switch (event.kind) {
      case 'run.started': return this.#start(event)
      case 'rule.armed': this.#faults++; return []
      case 'rule.cleared': return this.#cleared(event)
      case 'heal': this.#heals.push(event); return []
      case 'operator': return this.#did(event)
      case 'alert': return this.#alert(event)
      case 'verdict': this.#verdict = event; return []
      case 'run.ended': return this.#ended(event)
      default: return []
    }
  }

  #start(event: EventOf<'run.started'>): readonly Announcement[] {
    this.#started = event
    this.#aborted = false
    this.#faults = 0
    this.#heals.length = 0
    this.#verdict = undefined
    return [this.#say('start', event.wall, `${event.name} begins`, event.question, 'plain', { seed: event.seed, file: event.file })]
  }

  /** Once a run: all of its faults are cleared together. */
  #cleared({ wall, reason }: EventOf<'rule.cleared'>): readonly Announcement[] {
    const why = ABORTS[reason]
    if (why === undefined || this.#aborted) return []
    this.#aborted = this.#started !== undefined
    return [this.#say('abort', wall, `${this.#name} is stopped: its faults are cleared`, why, 'bad', { reason })]
  }

  #did({ wall, who, did, text }: EventOf<'operator'>): readonly Announcement[] {
    if (did === 'lost') return [this.#say('abort', wall, `${who} is gone: what they injected is cleared`, text, 'bad', { by: who })]
    if (!isDeed(did)) return []
    return [this.#say(did, wall, `${who}: ${did} ${text}`, '', DEEDS[did], { by: who })]
  }

  #alert({ wall, alert, state, text }: EventOf<'alert'>): readonly Announcement[] {
    const [occasion, tone] = ({ firing: ['alert', 'bad'], resolved: ['resolved', 'good'], recovered: ['recovery', 'good'] } as const)[state]
    return [this.#say(occasion, wall, `${alert}: ${state}`, text, tone, { alert })]
  }

  #ended({ wall, outcome, exit }: EventOf<'run.ended'>): readonly Announcement[] {
    const { why = '', expectations = [] } = this.#verdict ?? {}
    const broken = expectations.filter((one) => one.outcome !== 'PASS')
    const end = this.#say('end', wall, `${this.#name}: ${outcome}`, [why, ...broken.map(({ text, outcome: came, measured }) => `${came} ${text}: ${measured}`)].filter((line) => line !== '').join('\n'),
      outcome === 'PASS' ? 'good' : outcome === 'INCONCLUSIVE' ? 'plain' : 'bad', { outcome, exit })
    const before = outcome === 'ABORTED' && !this.#aborted ? [this.#say('abort', wall, `${this.#name} is stopped`, why, 'bad', {})] : []
    const recovery = this.#recovery(wall)
    this.#started = undefined
    return [...before, ...recovery, end]
  }

  /** Where faults were injected, every target answers as before, and no expectation of a recovery was disappointed. */
  #recovery(wall: string): readonly Announcement[] {
    const recoveries = (this.#verdict?.expectations ?? []).filter(({ text }) => /^\{?\s*recovery:/.test(text))
    if (this.#faults === 0 || this.#heals.length === 0 || !this.#heals.every(({ ok }) => ok) || recoveries.some(({ outcome }) => outcome !== 'PASS')) return []
    const lines = [...this.#heals.map(({ target, after }) => `${target} answers ${after} as before`), ...recoveries.map(({ text, measured }) => `${text}: ${measured}`)]
    return [this.#say('recovery', wall, `${this.#name} has recovered`, lines.join('\n'), 'good', { faults: this.#faults })]
  }

  get #name(): string { return this.#started?.name ?? 'brownout' }

  #say(occasion: Occasion, at: string, title: string, text: string, tone: Announcement['tone'], details: Announcement['details']): Announcement {
    const { name, run, trace } = this.#started ?? {}
    return { occasion, at, title, text, tone, details: { ...(name === undefined ? {} : { experiment: name }), ...(run === undefined ? {} : { run }), ...(trace ? { trace: trace.id } : {}), ...details } }
  }
}

const isDeed = (did: EventOf<'operator'>['did']): did is keyof typeof DEEDS => Object.hasOwn(DEEDS, did)
