/** Where a brownout without a run folder writes what happens: to whoever listens, and nowhere else. */

import { realClock, wallTime, type Clock } from '../core/clock.ts'
import type { BrownoutError } from '../core/errors.ts'
import type { EventBody, JournalEvent } from '../record/events.ts'

/** What a recorder of a run is too. */
export interface Feed {
  /** False where it could not be written down: what it tells of must not be done then. */
  write(body: EventBody): boolean
  on(hear: (event: JournalEvent) => void): void
  /** What was written before anybody listened, as far as it is kept. */
  readonly past?: readonly JournalEvent[]
  problem(error: Pick<BrownoutError, 'code' | 'message'>): void
}

const KEPT = 500

export class MemoryFeed implements Feed {
  readonly #clock: Clock
  readonly #hear: ((event: JournalEvent) => void)[] = []
  /** Armings of what is armed, and the last of the rest. */
  readonly #armed = new Map<string, JournalEvent[]>()
  #rest: JournalEvent[] = []
  #seq = 0

  constructor(clock: Clock = realClock) { this.#clock = clock }

  get past(): readonly JournalEvent[] { return [...[...this.#armed.values()].flat(), ...this.#rest].sort((a, b) => a.seq - b.seq) }

  on(hear: (event: JournalEvent) => void): void { this.#hear.push(hear) }

  write(body: EventBody): boolean {
    const event: JournalEvent = { seq: this.#seq++, at: this.#clock.now(), wall: wallTime(), ...body }
    this.#keep(event)
    for (const hear of this.#hear) hear(event)
    return true
  }

  problem({ code, message }: Pick<BrownoutError, 'code' | 'message'>): void { this.write({ kind: 'problem', code, text: message }) }

  #keep(event: JournalEvent): void {
    if (event.kind === 'bucket' || event.kind === 'figures') return
    if (event.kind === 'rule.arming') this.#armed.set(event.rule, [event])
    else if (event.kind === 'rule.armed') this.#armed.get(event.rule)?.push(event)
    else {
      if (event.kind === 'rule.cleared') this.#armed.delete(event.rule)
      this.#rest.push(event)
      if (this.#rest.length > 2 * KEPT) this.#rest = this.#rest.slice(-KEPT)
    }
  }
}
