/** The accounts of a session whose messages are not read: only what clients do after a fault is seen. */

import type { Ms } from '../../core/units.ts'
import type { ExchangeId } from '../../protocols/codec.ts'
import type { Who } from './reactions.ts'
import type { SessionAccounts } from './session-accounts.ts'

export class BareAccounts implements SessionAccounts {
  readonly #who: Who

  constructor(who: Who) { this.#who = who }

  opened(): void { /* no message is ever known */ }
  heldBack(): void { /* as above */ }
  answered(): void { /* as above */ }
  replied(): void { /* as above */ }

  altered(rule: string, _exchange: ExchangeId, did: string, now: Ms): void { this.#who.altered(rule, 0, '', did, now) }
  spoke(now: Ms): void { this.#who.asked(0, now) }
  closed(): void { this.#who.closed() }
}
