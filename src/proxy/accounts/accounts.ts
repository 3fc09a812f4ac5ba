/** The books of one target: what passes through it by name, and what its clients do after a fault. */

import type { Ms } from '../../core/units.ts'
import type { Protocol } from '../../protocols/codec.ts'
import { Routes } from '../../protocols/http/routes.ts'
import type { OperationFigures, TakenRecords } from '../plane.ts'
import { BareAccounts } from './bare.ts'
import { HttpAccounts } from './http.ts'
import { HttpNames } from './http-names.ts'
import { PostgresAccounts } from './postgres.ts'
import { Reactions, type Word } from './reactions.ts'
import { RedisAccounts } from './redis.ts'
import { RedisNames } from './redis-names.ts'
import { Register } from './register.ts'
import type { SessionAccounts } from './session-accounts.ts'

export class Accounts {
  /** Name the paths of HTTP: in a conversation and in its figures they are the same. */
  readonly routes: Routes
  readonly #protocol: Protocol
  readonly #register: Register
  readonly #reactions: Reactions
  readonly #redis: RedisNames
  readonly #http: HttpNames

  /** `tell`: what other processes that serve the target must know of its clients. */
  constructor(target: string, protocol: Protocol, routes: readonly string[] = [], tell?: (word: Word) => void) {
    this.#reactions = new Reactions(tell)
    this.routes = new Routes(routes)
    this.#protocol = protocol
    this.#register = new Register(target)
    this.#redis = new RedisNames(this.#register)
    this.#http = new HttpNames(this.#register, this.routes)
  }

  /** For a new connection of `client`: the label of the listener that it came through, or its address. */
  session(id: number, client: string, now: Ms): SessionAccounts {
    const who = this.#reactions.connected(id, client, now)
    switch (this.#protocol) {
      case 'redis': return new RedisAccounts(this.#register, this.#redis, who)
      case 'postgres': return new PostgresAccounts(this.#register, who)
      case 'http': case 'websocket': return new HttpAccounts(this.#register, this.#http, who)
      default: return new BareAccounts(who)
    }
  }

  /** Another process that serves the target has told this. */
  hear(word: Word): void { this.#reactions.hear(word) }

  /** Begins to cut buckets: bucket i covers [origin + i width, …). What was counted before is in the totals only. */
  cut(origin: Ms, width: Ms): void { this.#register.cut(origin, width) }

  /** What has come about by `now` and was not taken yet. Reactions are told once it is plain what they are. */
  take(now: Ms): TakenRecords { return { figures: this.#register.take(now), ...this.#reactions.take(now) } }

  figures(): OperationFigures { return this.#register.figures() }
}
