/** What the resilient shop shows, read through reads.ts; and the products that sell most, kept in the cache before anybody asks. */

import { coarseClock, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { isCount } from '../pages.ts'
import type { Asker } from './asker.ts'
import { Batch } from './batch.ts'
import { frontProducts, type Product, productById, productsById } from './catalogue.ts'
import { hottest, ordersOf, ordersOneByOne, type Part, productsNamed, productsOf } from './lists.ts'
import type { Reads } from './reads.ts'
import { CATEGORIES_KEYS, categoryKeys, type Dependencies, historyKeys, LIST_KEY, productKey, SEARCH_KEYS, type Store } from './store.ts'

export interface BrowsingOptions {
  readonly settings: Dependencies
  readonly reads: Reads
  /** Whom to ask for what these keys stand for. */
  askerFor(...keys: readonly string[]): Asker
  /** For what may take longer than a page. */
  readonly patient: Asker
}

export interface Browsing extends Pick<Store, 'product' | 'products' | 'category' | 'search' | 'history'> {
  /** Resolves when the cache is warm, if it is to be, and could be. */
  begin(): Promise<void>
  close(): void
}

/** What cannot be so was damaged on the way. */
function credible(product: Product, ids: readonly number[]): Product {
  const { id, priceCents, stock } = product
  if (!ids.includes(id) || !isCount(priceCents) || !Number.isInteger(stock) || stock < 0) throw new Error(`the database answers what is not product ${ids.join(' or ')}`)
  return product
}

/** A few, so that who asks meanwhile does not wait behind many. */
const WARM_AT_ONCE = 50

export function openBrowsing({ settings, reads, askerFor, patient }: BrowsingOptions): Browsing {
  const { page: size, batch, warm, queryCache, redisUrl, log } = settings
  /** Sooner than the cache forgets. */
  const warmEvery: Ms = ms(500 * settings.cacheSeconds)
  const part = (page: number): Part => ({ page, size })
  async function one(id: number): Promise<Product | null> {
    const product = await productById(askerFor(productKey(id)), id)
    return product && credible(product, [id])
  }
  const many = async (ids: readonly number[]): Promise<readonly Product[]> => (await productsById(askerFor(...ids.map(productKey)), ids)).map((product) => credible(product, ids))
  const together = new Batch<Product>({ one, many, idOf: ({ id }) => id })
  const orders = batch ? ordersOf : ordersOneByOne
  let hot: readonly number[] | undefined
  let timer: Timer | undefined
  let closed = false

  async function warmUp(): Promise<void> {
    hot ??= await hottest(patient, warm)
    for (let at = 0; at < hot.length; at += WARM_AT_ONCE) {
      const products = await many(hot.slice(at, at + WARM_AT_ONCE))
      await reads.put(new Map(products.map((product) => [productKey(product.id), product])))
    }
  }

  async function keepWarm(): Promise<void> {
    await warmUp().catch((error: unknown) => log(`not warmed: ${String(error)}`))
    if (!closed) timer = coarseClock.at(ms(coarseClock.now() + warmEvery), () => void keepWarm())
  }

  return {
    product: (id) => reads.read(productKey(id), () => (batch ? together.load(id) : one(id))),
    products: () => reads.read(LIST_KEY, () => frontProducts(askerFor(LIST_KEY))),
    category: (category, page) => reads.read(`${categoryKeys(category)}${size}:${page}`, () => productsOf(askerFor(categoryKeys(category), CATEGORIES_KEYS), category, part(page)), categoryKeys(category)),
    search: (beginning, page) => reads.read(`${SEARCH_KEYS}${size}:${page}:${beginning.toLowerCase()}`, () => productsNamed(askerFor(SEARCH_KEYS), beginning, part(page)), SEARCH_KEYS),
    history: (customer, page) => reads.read(`${historyKeys(customer)}${size}:${page}`, () => orders(askerFor(historyKeys(customer)), customer, part(page)), historyKeys(customer)),
    async begin() {
      if (warm > 0 && queryCache && redisUrl !== undefined) await keepWarm()
    },
    close() {
      closed = true
      timer?.cancel()
    },
  }
}
