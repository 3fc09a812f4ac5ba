/** The grips that the armed rules have on one session: those that read messages come first, and one that is disarmed stays until what it has altered is over. */

import type { Facets } from '../match.ts'
import type { Direction, ExchangeId } from '../protocols/codec.ts'
import type { AnyConversation, Spoken } from '../protocols/spoken.ts'
import { Grip, type ArmedRule } from './armed.ts'

export class Grips {
  readonly #session: number
  readonly #facets: Facets
  readonly #conversation: AnyConversation | undefined
  #grips: readonly Grip[] = []

  constructor(session: number, facets: Facets, conversation: AnyConversation | undefined) {
    this.#session = session
    this.#facets = facets
    this.#conversation = conversation
  }

  /** The rules of the target have changed: grips on rules that stay are kept, with their state and their draws. Returns those that are new. */
  renew(rules: readonly ArmedRule[]): readonly Grip[] {
    const kept = new Map(this.#grips.filter(({ retired }) => !retired).map((grip) => [grip.armed, grip]))
    const fresh: Grip[] = []
    const now = rules.map((armed) => {
      const grip = kept.get(armed)
      if (grip) return grip
      const added = new Grip(armed, this.#session, this.#facets, this.#conversation)
      fresh.push(added)
      return added
    })
    this.#grips = [...this.#grips.filter(({ retired }) => retired), ...now]
    return fresh
  }

  of(armed: ArmedRule): Grip | undefined { return this.#grips.find((grip) => grip.armed === armed && !grip.retired) }

  retire(grip: Grip): void {
    if (!grip.retire()) this.#grips = this.#grips.filter((one) => one !== grip)
  }

  /** Nothing more will come of `exchange`, nor of any before it. True where a grip has gone with it. */
  over(exchange: ExchangeId): boolean {
    for (const grip of this.#grips) grip.over(exchange)
    return this.#sweep()
  }

  /** A message that stands alone has passed. True where a grip has gone with it. */
  passed(unit: Spoken): boolean {
    for (const grip of this.#grips) grip.passed(unit)
    return this.#sweep()
  }

  get readMessages(): boolean { return this.#grips.some(({ readsMessages }) => readsMessages) }

  /** Those that are asked about a new connection. */
  onConnect(): readonly Grip[] { return this.#grips.filter((grip) => grip.sees('connect', 'to-server')) }

  /** Those that are asked about what goes that way, in the order in which they are asked. */
  on(direction: Direction): readonly Grip[] {
    const reading = this.#grips.filter(({ readsMessages }) => readsMessages)
    const others = this.#grips.filter((grip) => !grip.readsMessages && (grip.sees('bytes', direction) || grip.sees('end', direction)))
    return [...reading, ...others]
  }

  #sweep(): boolean {
    if (!this.#grips.some(({ done }) => done)) return false
    this.#grips = this.#grips.filter(({ done }) => !done)
    return true
  }
}
