/** What a rule may match of a Redis message. Nothing is read before it is asked for, and no argument but keys is ever shown: that is where passwords stand. */

import { keysOf } from './keys.ts'
import type { RedisMessage, RedisType } from './message.ts'
import { errorOf, isNil } from './reply.ts'
import { channelOf, isDelivery } from './subscriptions.ts'
import { commandOf, wordsOf } from './words.ts'

export interface RedisFacets {
  /** In capitals, two words of a container's: `CONFIG GET`. Of a reply: what it answers; undefined of a push. */
  readonly command: string | undefined
  /** The first key of a request. */
  readonly key: string | undefined
  /** The database in which a command finds itself, SELECTs sent ahead of it included. */
  readonly db: number
  readonly client_name: string | undefined
  /** Where something is published: of PUBLISH, and of a message that is delivered. */
  readonly channel: string | undefined
  readonly type: RedisType
  /** The code of an error reply: `WRONGTYPE`. */
  readonly error: string | undefined
  readonly nil: boolean
  /** Every key of a request. */
  keys(): readonly string[]
}

export class Facets implements RedisFacets {
  readonly #message: RedisMessage
  readonly db: number
  readonly client_name: string | undefined
  #keys: readonly string[] | undefined

  constructor(message: RedisMessage, db: number, name: string) {
    this.#message = message
    this.db = db
    this.client_name = name || undefined
  }

  get type(): RedisType { return this.#message.type }
  get command(): string | undefined { return (this.#asks ? commandOf(this.#message).name : this.#message.command?.name) || undefined }
  get key(): string | undefined { return this.keys()[0] }
  get channel(): string | undefined { return (this.#asks ? publishedTo(this.#message) : isDelivery(this.#message) ? channelOf(this.#message) : undefined)?.toString() }
  get error(): string | undefined { return this.#message.direction === 'to-client' ? errorOf(this.#message) : undefined }
  get nil(): boolean { return this.#message.direction === 'to-client' && isNil(this.#message) }

  keys(): readonly string[] {
    this.#keys ??= this.#asks ? keysOf(this.#message) : []
    return this.#keys
  }

  get #asks(): boolean {
    const { direction, part } = this.#message
    return direction === 'to-server' && (part === 'whole' || part === 'first')
  }
}

const publishedTo = (request: RedisMessage): Buffer | undefined => (/^S?PUBLISH$/.test(commandOf(request).name) ? wordsOf(request.raw, 2)[1] : undefined)
