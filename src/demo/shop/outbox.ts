/**
 * Sales that the database did not take in time. They are kept in Redis, each under the name of its request, and written when the database
 * is back: once, however often that is tried and by however many shops, since an order bears that name. What is not in stock by then is
 * kept as declined. It is as durable as the Redis behind it.
 */

import { ReplyError } from 'ioredis'
import { coarseClock, realClock, sleep, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { fieldsOf, isCount, parsedJson, Refused } from '../pages.ts'
import { Breaker, BreakerOpen } from './breaker.ts'
import { type CacheAddress, type CacheClient, openCacheClient } from './cache-client.ts'
import type { Basket, Order } from './catalogue.ts'
import { within } from './within.ts'

/** What became of a sale that was accepted. */
export type Waiting = 'accepted' | 'declined'

export interface OutboxOptions extends CacheAddress {
  /** Writes the order, or finds it written. Refused where it cannot be; any other error says nothing. */
  write(basket: Basket, request: string): Promise<Order>
  onSettled(order: Order, basket: Basket): void
  log(line: string): void
}

/** In one slot of a cluster, since both are changed together. */
const WAITING = 'brownout_shop:{outbox}'
const DECLINED = 'brownout_shop:{outbox}:declined'
const DEADLINE: Ms = ms(250)
/** Nothing is behind the outbox: a sale is tried again for so long, with a pause between. */
const ACCEPT_WITHIN: Ms = ms(350)
const AGAIN: Ms = ms(30)
const CONNECT_DEADLINE: Ms = ms(500)
const EVERY: Ms = ms(200)
/** Entries of one look, and how many are written at a time: what has waited must not keep new sales from the database. */
const LOOK = 200
const AT_ONCE = 4

const isFlag = (reply: unknown): boolean => reply === 0 || reply === 1

export class Outbox {
  readonly #redis: CacheClient
  readonly #breaker: Breaker
  readonly #options: OutboxOptions
  #timer: Timer | undefined
  #closed = false

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#redis = openCacheClient(options, { deadlines: { connectTimeout: CONNECT_DEADLINE }, soon: true })
    this.#redis.on('error', (error) => options.log(`outbox: ${error.message}`))
    this.#breaker = new Breaker({ failures: 10, openFor: ms(250) })
  }

  get state(): Breaker['state'] { return this.#breaker.state }

  /** Rejects where it is not known to be kept. */
  async accept(request: string, basket: Basket): Promise<void> {
    for (const until = realClock.now() + ACCEPT_WITHIN; ;) {
      try {
        await this.#ask((redis) => redis.hset(WAITING, request, JSON.stringify(basket)), isFlag)
        return
      } catch (error) {
        if (error instanceof BreakerOpen || realClock.now() + AGAIN >= until) throw error
        await sleep(AGAIN)
      }
    }
  }

  /** Undefined: it was never accepted, or has become an order. Rejects where nobody knows. */
  async find(request: string): Promise<Waiting | undefined> {
    const [waiting, declined] = await this.#ask((redis) => Promise.all([redis.hexists(WAITING, request), redis.hexists(DECLINED, request)]), (flags) => flags.every(isFlag))
    if (declined === 1) return 'declined'
    return waiting === 1 ? 'accepted' : undefined
  }

  /** How many wait, and how many were declined. Rejects where nobody knows. */
  async count(): Promise<{ readonly waiting: number; readonly declined: number }> {
    const [waiting, declined] = await this.#ask((redis) => Promise.all([redis.hlen(WAITING), redis.hlen(DECLINED)]), (counts) => counts.every(Number.isInteger))
    return { waiting, declined }
  }

  begin(): void {
    if (this.#closed) return
    this.#timer = coarseClock.at(ms(coarseClock.now() + EVERY), () => {
      this.#look().catch((error: unknown) => this.#options.log(`outbox: ${String(error)}`)).finally(() => this.begin())
    })
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#redis.disconnect()
  }

  /** What comes late, or cannot be the answer, may be an answer to something else, as all behind it on that connection then is: it is made anew. */
  #ask<T>(command: (redis: CacheClient) => Promise<T>, good: (reply: T) => boolean): Promise<T> {
    return this.#breaker.run(async () => {
      try {
        const reply = await within(command(this.#redis), DEADLINE, 'the outbox')
        if (!good(reply)) throw new Error('the outbox answers something else')
        return reply
      } catch (error) {
        if (this.#redis.status === 'ready' && !(error instanceof ReplyError)) this.#redis.disconnect(true)
        throw error
      }
    })
  }

  /** All that waits, until one cannot be written: then the database is not back yet. */
  async #look(): Promise<void> {
    if (this.#redis.status !== 'ready') return
    let cursor = '0'
    do {
      const [next, found] = await this.#ask((redis) => redis.hscan(WAITING, cursor, 'COUNT', LOOK), (reply) => Array.isArray(reply) && Array.isArray(reply[1]) && reply[1].length % 2 === 0)
      const entries = found.flatMap((request, at) => (at % 2 === 0 ? [{ request, basket: found[at + 1] ?? '' }] : []))
      await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (let entry = entries.pop(); entry && !this.#closed; entry = entries.pop()) {
          // The others need not try what one could not.
          await this.#settle(entry.request, entry.basket).catch((error: unknown) => { entries.length = 0; throw error })
        }
      }))
      cursor = next
    } while (cursor !== '0' && !this.#closed)
  }

  /** Taken out once it is known what became of it; where the shop ends in between, the next one finds the order written. */
  async #settle(request: string, text: string): Promise<void> {
    const { product, quantity, customer } = fieldsOf(parsedJson(text), 'product', 'quantity', 'customer')
    if (!isCount(product) || !isCount(quantity)) return this.#decline(request, text, 'cannot be read')
    const basket = { product, quantity, ...(isCount(customer) ? { customer } : {}) }
    try {
      const order = await this.#options.write(basket, request)
      await this.#ask((redis) => redis.hdel(WAITING, request), isFlag)
      this.#options.onSettled(order, basket)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      await this.#decline(request, text, error.message)
    }
  }

  async #decline(request: string, text: string, why: string): Promise<void> {
    await this.#ask((redis) => redis.multi().hset(DECLINED, request, text).hdel(WAITING, request).exec(), (replies) => Array.isArray(replies) && replies.length === 2)
    this.#options.log(`outbox: ${request} is declined: ${why}`)
  }
}
