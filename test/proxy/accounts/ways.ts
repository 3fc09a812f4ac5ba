/** The same session overheard on the short way and by the decoder alone: what it comes to, and how what comes then is paired, must be the same. */

import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import type { Direction } from '../../../src/protocols/codec.ts'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import { Accounts } from '../../../src/proxy/accounts/accounts.ts'
import type { SessionAccounts } from '../../../src/proxy/accounts/session-accounts.ts'
import { Dialogue, type Heard } from '../../../src/proxy/dialogue.ts'

/** What went over the wire, in order; a millisecond passes before each. */
export type Passed = readonly (readonly [Direction, Buffer])[]

/** Tells a dialogue nothing of a short way. */
class NoShortWay implements SessionAccounts {
  readonly #accounts: SessionAccounts
  constructor(accounts: SessionAccounts) { this.#accounts = accounts }
  opened(...told: Parameters<SessionAccounts['opened']>): void { this.#accounts.opened(...told) }
  heldBack(...told: Parameters<SessionAccounts['heldBack']>): void { this.#accounts.heldBack(...told) }
  altered(...told: Parameters<SessionAccounts['altered']>): void { this.#accounts.altered(...told) }
  answered(...told: Parameters<SessionAccounts['answered']>): void { this.#accounts.answered(...told) }
  replied(...told: Parameters<SessionAccounts['replied']>): void { this.#accounts.replied(...told) }
  spoke(...told: Parameters<SessionAccounts['spoke']>): void { this.#accounts.spoke(...told) }
  closed(...told: Parameters<SessionAccounts['closed']>): void { this.#accounts.closed(...told) }
}

/** `until` chunks are overheard, the rest is heard, message by message. What is known after each, then what it came to: a line each. */
function told(passed: Passed, short: boolean, until: number): string[] {
  const clock = new ManualClock(ms(1000))
  const accounts = new Accounts('target', 'redis')
  accounts.cut(clock.now(), ms(40))
  const session = accounts.session(1, '10.0.0.1', clock.now())
  const conversation = new RedisConversation()
  const lines: string[] = []
  let over = 0
  let reason = ''
  const dialogue = new Dialogue(conversation, short ? session : new NoShortWay(session), clock, { say: () => undefined, over: (exchange) => { over = exchange }, stoodAlone: () => undefined, answeredLast: () => undefined, opaque: (why) => { reason = why } })
  const state = (): object => {
    const { unanswered, latest, resp, confirmedResp, transaction, watching, tracking, monitoring, subscribed, silent, blocked, lost, session: known, toServer, toClient } = conversation
    return { unanswered, latest, resp, confirmedResp, transaction, watching, tracking, monitoring, subscribed, silent, blocked, lost, known: { ...known }, rests: [toServer.rest.toString('latin1'), toClient.rest.toString('latin1')], reason, over }
  }
  for (const [n, [direction, bytes]] of passed.entries()) {
    clock.advance(ms(1))
    // Lent: what it was is gone as soon as it was overheard.
    const chunk = Buffer.from(bytes)
    const unit: Heard = (one) => {
      lines.push(JSON.stringify(one.kind === 'bytes' ? one.raw.toString('latin1') : [one.raw.toString('latin1'), one.exchange, one.operation, one.last, one.own, one.message.type]))
      if (one.kind === 'message' && direction === 'to-server') dialogue.sent(one)
      else if (one.kind === 'message') { dialogue.went(one, clock.now(), ms(0)); dialogue.answered(one) }
    }
    if (n === until) for (const way of ['to-server', 'to-client'] as const) dialogue.enter(way)
    if (n < until) {
      dialogue.overhear(direction, chunk)
      chunk.fill(0)
    } else dialogue.hear(direction, chunk, clock.now(), unit)
    lines.push(JSON.stringify(state()))
  }
  session.closed(clock.now())
  return [...lines, JSON.stringify(accounts.take(ms(clock.now() + 100))), JSON.stringify(accounts.figures())]
}

/** Checks it for a session that is overheard to its end, and for one that is heard from its middle on. */
export function sameBothWays(passed: Passed, ends: readonly number[] = [passed.length, passed.length >> 1]): void {
  for (const until of ends) assert.deepEqual(told(passed, true, until), told(passed, false, until), `heard from chunk ${until} of ${passed.length} on`)
}

/** Checks it for every cut of every chunk in two, heard from the one or the other half on; and a byte at a time. */
export function sameUnderEveryCut(passed: Passed): void {
  sameBothWays(passed)
  for (const [n, [direction, bytes]] of passed.entries()) {
    for (let cut = 1; cut < bytes.length; cut++) sameBothWays([...passed.slice(0, n), [direction, bytes.subarray(0, cut)], [direction, bytes.subarray(cut)], ...passed.slice(n + 1)], [cut % 2 ? n + 1 : passed.length + 1])
  }
  sameBothWays(passed.flatMap(([direction, bytes]) => Array.from(bytes, (byte) => [direction, Buffer.from([byte])] as const)))
}
