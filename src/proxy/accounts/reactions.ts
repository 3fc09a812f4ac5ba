/**
 * What clients do after one of their operations was altered: the same request again, another connection, something else, nothing.
 *
 * The same request may come again without any fault: everybody reads the same key. So while nothing is altered operations are watched
 * too, now and then one, as a control.
 */

import { ms, type Ms } from '../../core/units.ts'
import type { NextMove, ReactionCounts, ReactionRecord, ReactionTotals } from '../../record/figures.ts'
import { identityOfText } from './identity.ts'

/** A client that has done nothing for so long has given up. */
export const WATCHED_FOR: Ms = ms(5000)
/** Altered operations that are watched at once; more are counted. */
export const WATCHED_MAX = 1000
/** One in so many operations is a control, and so many at once. */
export const CONTROL_EVERY = 16
export const CONTROL_MAX = 32
/** Reactions to a rule that are told one by one; the rest is counted. */
const TOLD_MAX = 200
/** Clients and rules told apart. */
const CLIENTS_MAX = 1000
const RULES_MAX = 1000
const ENDS = 4096

/** What processes that serve one target tell one another of its clients: one is watched here (for that request; 0 where none is known), asked the same there, has come there. */
export type Word = { readonly kind: 'watched' | 'asked'; readonly key: number; readonly at: Ms } | { readonly kind: 'came'; readonly client: string; readonly at: Ms }

interface Client {
  readonly number: number
  connectedAt: number
  /** Its operations whose connection is gone. */
  readonly bereft: Set<Watched>
}

interface Watched {
  /** Undefined: a control. */
  readonly rule: RuleReactions | undefined
  readonly who: Who
  /** Of client and request; 0 where no request is known. */
  readonly key: number
  readonly operation: string
  readonly did: string
  readonly at: Ms
  attempts: number
  retriedAt: number | undefined
  elsewhere: boolean
  reconnectedAt: number | undefined
  wentOnAt: number | undefined
}

class Tally {
  watched = 0
  attempts = 0
  readonly moves: Record<NextMove, number> = { retry: 0, reconnect: 0, 'went-on': 0, 'gave-up': 0 }

  add(move: NextMove, attempts: number): void {
    this.watched++
    this.attempts += attempts
    this.moves[move]++
  }

  counts(): ReactionCounts { return { watched: this.watched, attempts: this.attempts, moves: { ...this.moves } } }
}

interface RuleReactions { readonly rule: string; readonly tally: Tally; unwatched: number; told: number; changed: boolean }

export class Reactions {
  readonly #clients = new Map<string, Client>()
  readonly #rules = new Map<string, RuleReactions>()
  readonly #control = new Tally()
  /** The oldest first: they are watched equally long. */
  readonly #watched = new Set<Watched>()
  readonly #byKey = new Map<number, Watched>()
  /** How many of these have a key with such an end: hardly any request is one of them. */
  readonly #ends = new Uint16Array(ENDS)
  readonly #tell: ((word: Word) => void) | undefined
  /** What others watch for, and until when any of them does. */
  readonly #elsewhere = new Map<number, Ms>()
  #elsewhereUntil = Number.NEGATIVE_INFINITY
  #controls = 0
  #untilControl = CONTROL_EVERY
  #told: ReactionRecord[] = []

  /** `tell`: to the other processes that serve this target. */
  constructor(tell?: (word: Word) => void) { this.#tell = tell }

  /** Another process has told this. */
  hear(word: Word): void {
    if (word.kind === 'came') return this.#came(this.#clients.get(word.client), word.at)
    if (word.kind === 'asked') {
      const watched = this.#byKey.get(word.key)
      if (watched) again(watched, word.at, true)
      return
    }
    this.#elsewhereUntil = Math.max(this.#elsewhereUntil, word.at + WATCHED_FOR)
    for (const [key, at] of this.#elsewhere) if (word.at - at > WATCHED_FOR || this.#elsewhere.size >= WATCHED_MAX) this.#elsewhere.delete(key)
    if (word.key !== 0) this.#elsewhere.set(word.key, word.at)
  }

  /** A connection of `client` has come. */
  connected(session: number, client: string, now: Ms): Who {
    let known = this.#clients.get(client)
    if (!known) {
      known = { number: identityOfText(client), connectedAt: 0, bereft: new Set() }
      if (this.#clients.size < CLIENTS_MAX) this.#clients.set(client, known)
    }
    this.#came(known, now)
    if (now <= this.#elsewhereUntil) this.#tell?.({ kind: 'came', client, at: now })
    return new Who(this, session, known)
  }

  asked(who: Who, identity: number, now: Ms): void {
    this.#untilControl--
    if (identity === 0) return
    const key = keyOf(who, identity)
    const before = this.#ends[key & (ENDS - 1)] === 0 ? undefined : this.#byKey.get(key)
    if (before && now - before.at <= WATCHED_FOR) again(before, now, before.who !== who)
    else if (now <= this.#elsewhereUntil && now - (this.#elsewhere.get(key) ?? Number.NEGATIVE_INFINITY) <= WATCHED_FOR) this.#tell?.({ kind: 'asked', key, at: now })
    else if (this.#untilControl <= 0) {
      this.#untilControl = CONTROL_EVERY
      this.#expire(now)
      // What a fault does to its neighbours says nothing of how things are without one.
      if (this.#controls < CONTROL_MAX && this.#controls === this.#watched.size) this.#watch(undefined, who, key, '', '', now)
    }
  }

  altered(rule: string, who: Who, identity: number, operation: string, did: string, now: Ms): void {
    this.#expire(now)
    const reactions = this.#ruleNamed(rule)
    if (!reactions) return
    const key = identity === 0 ? 0 : keyOf(who, identity)
    // A retry that was altered as well, the other half of an exchange, or more of a connection's bytes.
    if (key === 0 ? who.watches(reactions) : this.#byKey.get(key)?.rule) return
    if (this.#controls > 0) for (const one of this.#watched) if (!one.rule) this.#forget(one)
    if (this.#watched.size < WATCHED_MAX) return this.#watch(reactions, who, key, operation, did, now)
    reactions.unwatched++
    reactions.changed = true
  }

  /** What has become plain by `now` and was not taken yet: each reaction once, and the totals of the rules that have new ones. */
  take(now: Ms): { readonly reactions: readonly ReactionRecord[]; readonly totals: readonly ReactionTotals[] } {
    this.#expire(now)
    const control = this.#control.counts()
    const totals = [...this.#rules.values()].filter(({ changed }) => changed).map((one): ReactionTotals => {
      one.changed = false
      return { rule: one.rule, altered: one.tally.counts(), unwatched: one.unwatched, control }
    })
    const reactions = this.#told
    this.#told = []
    return { reactions, totals }
  }

  #came(client: Client | undefined, at: Ms): void {
    if (!client) return
    client.connectedAt = at
    for (const one of client.bereft) one.reconnectedAt = at
    client.bereft.clear()
  }

  #watch(rule: RuleReactions | undefined, who: Who, key: number, operation: string, did: string, at: Ms): void {
    const one: Watched = { rule, who, key, operation, did, at, attempts: 1, retriedAt: undefined, elsewhere: false, reconnectedAt: undefined, wentOnAt: undefined }
    if (!rule) this.#controls++
    else this.#tell?.({ kind: 'watched', key, at })
    this.#watched.add(one)
    if (key !== 0) {
      if (!this.#byKey.has(key)) this.#count(key, 1)
      this.#byKey.set(key, one)
    }
    who.watch(one)
  }

  #forget(one: Watched): void {
    if (!one.rule) this.#controls--
    this.#watched.delete(one)
    if (one.key !== 0 && this.#byKey.delete(one.key)) this.#count(one.key, -1)
    one.who.forget(one)
  }

  #count(key: number, change: 1 | -1): void {
    const end = key & (ENDS - 1)
    this.#ends[end] = (this.#ends[end] ?? 0) + change
  }

  #expire(now: Ms): void {
    for (const one of this.#watched) {
      if (now - one.at <= WATCHED_FOR) return
      this.#forget(one)
      this.#conclude(one)
    }
  }

  #conclude({ rule, who, operation, did, at, attempts, retriedAt, elsewhere, reconnectedAt, wentOnAt }: Watched): void {
    const move = retriedAt !== undefined ? 'retry' : reconnectedAt !== undefined ? 'reconnect' : wentOnAt !== undefined ? 'went-on' : 'gave-up'
    if (!rule) return this.#control.add(move, attempts)
    rule.tally.add(move, attempts)
    rule.changed = true
    if (++rule.told > TOLD_MAX) return
    const after = retriedAt ?? reconnectedAt ?? wentOnAt
    this.#told.push({
      rule: rule.rule, session: who.session, operation, did, alteredAt: at, next: move, attempts,
      ...(after === undefined ? {} : { afterMs: Number((after - at).toFixed(3)) }), ...(elsewhere ? { elsewhere } : {}),
    })
    // Nobody takes them: the latest are enough.
    if (this.#told.length > RULES_MAX) this.#told.shift()
  }

  #ruleNamed(rule: string): RuleReactions | undefined {
    const known = this.#rules.get(rule)
    if (known || this.#rules.size >= RULES_MAX) return known
    const made: RuleReactions = { rule, tally: new Tally(), unwatched: 0, told: 0, changed: false }
    this.#rules.set(rule, made)
    return made
  }
}

/** One connection, as far as reactions go. */
export class Who {
  readonly session: number
  readonly client: Client
  readonly #reactions: Reactions
  readonly #own = new Set<Watched>()
  /** Those after which this connection has said nothing yet. */
  #silent: Watched[] = []
  #closed = false

  constructor(reactions: Reactions, session: number, client: Client) {
    this.#reactions = reactions
    this.session = session
    this.client = client
  }

  /** The client asks for something; `identity` is 0 where it is not known what. */
  asked(identity: number, now: Ms): void {
    if (this.#silent.length > 0) {
      for (const one of this.#silent) one.wentOnAt = now
      this.#silent = []
    }
    this.#reactions.asked(this, identity, now)
  }

  /** Something was done to an operation of this connection; `identity` is 0 where it is not known to which. */
  altered(rule: string, identity: number, operation: string, did: string, now: Ms): void {
    this.#reactions.altered(rule, this, identity, operation, did, now)
  }

  closed(): void {
    this.#closed = true
    for (const one of this.#own) {
      // A client may open the next connection before it closes the one that failed.
      if (this.client.connectedAt > one.at) one.reconnectedAt = this.client.connectedAt
      else this.client.bereft.add(one)
    }
    this.#own.clear()
    this.#silent = []
  }

  watch(one: Watched): void {
    // What a rule did to it was to close it.
    if (this.#closed) return void this.client.bereft.add(one)
    this.#own.add(one)
    this.#silent.push(one)
  }

  watches(rule: RuleReactions): boolean {
    for (const one of this.#own) if (one.key === 0 && one.rule === rule) return true
    return false
  }

  forget(one: Watched): void {
    this.#own.delete(one)
    this.client.bereft.delete(one)
  }
}

/** The request that is watched was made once more. */
function again(one: Watched, at: Ms, elsewhere: boolean): void {
  one.attempts++
  if (one.retriedAt !== undefined) return
  one.retriedAt = at
  one.elsewhere = elsewhere
}

/** A request of one client; hardly ever that of another. */
const keyOf = ({ client }: Who, identity: number): number => (Math.imul(client.number, 0x9e3779b1) ^ identity) || 1
