/** What a running experiment tells: to its journal first, then to whoever watches. Kept in memory too, for the verdict. */

import { BrownoutError } from '../core/errors.ts'
import type { EventBody, JournalEvent } from '../record/events.ts'
import type { Journal } from '../record/journal.ts'

export class Recorder {
  readonly events: JournalEvent[] = []
  readonly #journal: Journal
  readonly #hear: ((event: JournalEvent) => void)[] = []
  readonly #onFailure: (error: BrownoutError) => void

  /** `onFailure` is called once, in the tick of the write that failed. */
  constructor(journal: Journal, onFailure: (error: BrownoutError) => void) {
    this.#journal = journal
    this.#onFailure = onFailure
  }

  on(hear: (event: JournalEvent) => void): void { this.#hear.push(hear) }

  /** False when it is not on the disk: the journal has failed, now or before. Never throws. */
  write(body: EventBody): boolean {
    let event: JournalEvent
    try {
      event = this.#journal.write(body)
    } catch (error) {
      this.#onFailure(error instanceof BrownoutError ? error : new BrownoutError('JOURNAL_FAILED', { message: String(error), cause: error }))
      // From here on the journal only makes events, so that healing can be told of.
      event = this.#journal.write(body)
    }
    this.events.push(event)
    for (const hear of this.#hear) hear(event)
    return this.#journal.failed === undefined
  }

  problem(error: Pick<BrownoutError, 'code' | 'message'>): void { this.write({ kind: 'problem', code: error.code, text: error.message }) }
}
