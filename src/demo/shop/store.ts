/** What the shop's pages ask for. Two ways to give it: naive.ts and resilient.ts; the difference between the two is what the experiments show. */

import { ms, type Ms } from '../../core/units.ts'
import type { Basket, Order, Product } from './catalogue.ts'
import type { Bought, Listed } from './lists.ts'
import type { PriceUpdate } from './price-updates.ts'
import type { Settings } from './settings.ts'

export interface Dependencies extends Settings {
  log(line: string): void
  /** An accepted sale has become an order. */
  onSettled?(order: Order): void
}

/** A sale that is promised and not written yet; by this name it can be asked for. */
export interface Accepted { readonly accepted: string }
/** What became of a request to buy. */
export type Sale = { readonly state: 'accepted' | 'declined' } | { readonly state: 'sold'; readonly order: Order }

/** What was read, and when: of something from a cache, when that was read from the database. */
export interface Read<T> { readonly value: T; readonly readAt: Ms }

export interface ReadStats {
  /** What the cache had, and was believed. */
  readonly hits: number
  readonly misses: number
  /** Reads that waited for another of the same key. */
  readonly coalesced: number
  /** Read again before the cache forgot it. */
  readonly refreshed: number
}

export interface Stats {
  readonly cache: ReadStats
  /** Connections to the database, those nobody uses, and who waits for one. */
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number }
}

export interface Store {
  /** What was read longer ago may not be so any more. */
  readonly freshMax: Ms
  /** Tables and goods; idempotent. Rejects while the database cannot be reached. */
  prepare(): Promise<void>
  /** Null: there is none of that number. */
  product(id: number): Promise<Read<Product | null>>
  /** The first of them. */
  products(): Promise<Read<readonly Product[]>>
  /** `page` counts from 1, of all lists. */
  category(category: number, page: number): Promise<Read<Listed<Product>>>
  search(beginning: string, page: number): Promise<Read<Listed<Product>>>
  history(customer: number, page: number): Promise<Read<Listed<Bought>>>
  /** Null: there is none of that number. */
  setPrice(product: number, priceCents: number): Promise<Product | null>
  /** Prices from now on, whichever shop has changed them; gives what ends it. */
  onPrice(listener: (update: PriceUpdate) => void): () => void
  /** `request` is its name: what is asked for under one name is sold once. */
  checkout(basket: Basket, request: string): Promise<Order | Accepted>
  /** Undefined: nothing is known under that name. */
  sale(request: string): Promise<Sale | undefined>
  /** Undefined where nothing is accepted that is not written. */
  outbox(): Promise<{ readonly waiting: number; readonly declined: number } | undefined>
  /** How many of the orders just placed its feed of orders does not know; undefined where it has none. */
  missing(): Promise<number | undefined>
  /** As far as it knows: 503 on /healthz/cache when not. */
  usesCache(): boolean
  /** Whether it reads from a replica: 503 on /healthz/replica when not. */
  usesReplica(): boolean
  /** In a word each, for /healthz. */
  state(): Readonly<Record<string, string>>
  stats(): Stats
  /** Lets the connections go without waiting for anybody. */
  close(): void
}

/** What is older than this was read from something that should have forgotten it. */
export const freshMax = ({ cacheSeconds }: Pick<Settings, 'cacheSeconds'>): Ms => ms(1000 * cacheSeconds + 500)
export const productKey = (id: number): string => `brownout_shop:product:${id}`
export const LIST_KEY = 'brownout_shop:products'
/** What keys begin with that are forgotten together. */
export const CATEGORIES_KEYS = 'brownout_shop:category:'
export const categoryKeys = (category: number): string => `${CATEGORIES_KEYS}${category}:`
export const historyKeys = (customer: number): string => `brownout_shop:history:${customer}:`
export const SEARCH_KEYS = 'brownout_shop:search:'
