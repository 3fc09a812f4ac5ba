import assert from 'node:assert/strict'
import { hasRedis, redis } from '../../support/servers.ts'
import { newDatabase, rowsOf, TunedShop } from './tuned-shop.ts'

const SEED = '400,20,2000'
/** Some of every page that reads. */
const PAGES = ['/products', '/products/7', '/products/301', '/catalogue/3', '/catalogue/3?page=2', '/catalogue/99', '/search?q=amber', '/search?q=Product%201&page=3', '/search?q=zzz', '/customers/3/orders', '/customers/3/orders?page=4', '/customers/77/orders']
/** Off, as one usually has it, and on. */
const SWITCHES: Readonly<Record<string, readonly [off: string, on: string]>> = {
  POOL: ['1', '20'], PREPARED: ['0', '1'], INDEXES: ['0', '1'], QUERY_CACHE: ['0', '1'], WARM: ['0', '100'], INVALIDATE: ['0', '1'], COALESCE: ['0', '1'], COMPRESS: ['0', '1'], RESPONSE_CACHE: ['0', '500'], BATCH: ['0', '1'],
}

describe('the switches of the shop', function () {
  this.timeout(30_000)
  let env: Readonly<Record<string, string>> = {}
  let running: TunedShop[] = []

  before(async function () {
    if (!hasRedis) this.skip()
    env = { DATABASE_URL: await newDatabase(), REDIS_URL: `${(await redis()).url}/5`, SEED, PAGE: '20' }
  })
  afterEach(async () => {
    for (const shop of running) await shop.stop()
    running = []
  })

  async function shop(more: Readonly<Record<string, string>> = {}): Promise<TunedShop> {
    const started = await TunedShop.start({ ...env, ...more })
    running.push(started)
    return started
  }

  const answers = async (shop: TunedShop, headers: Readonly<Record<string, string>> = {}): Promise<unknown> =>
    Object.fromEntries(await Promise.all(PAGES.map(async (page) => { const { status, body } = await shop.get(page, headers); return [page, { status, body }] as const })))

  for (const RESILIENT of ['1', '0']) {
    it(`change no answer, off or on, asked once or again: RESILIENT=${RESILIENT}`, async () => {
      const expected = await answers(await shop({ RESILIENT }))
      const shown = expected as Readonly<Record<string, { status: number; body: { entries?: readonly unknown[]; next?: unknown } }>>
      assert.deepEqual(Object.values(shown).map(({ status }) => status), PAGES.map(() => 200))
      assert.deepEqual(PAGES.slice(3).map((page) => shown[page]?.body.entries?.length), [20, 0, 0, 10, 20, 0, 20, 20, 0])
      for (const [name, values] of Object.entries(SWITCHES)) {
        for (const value of values) {
          const one = await shop({ RESILIENT, [name]: value })
          assert.deepEqual(await answers(one, { 'accept-encoding': 'br' }), expected, `${name}=${value}: ${one.said.join('\n')}`)
          assert.deepEqual(await answers(one, { 'accept-encoding': 'gzip' }), expected, `${name}=${value}, asked again`)
        }
      }
    })
  }

  it('PAGE gives the same list page by page as at once', async () => {
    const [paged, whole] = [await shop({ PAGE: '7' }), await shop({ PAGE: '0', QUERY_CACHE: '0' })]
    for (const path of ['/catalogue/3', '/search?q=product', '/customers/3/orders']) {
      const { body } = await whole.get(path)
      const { entries, page, next } = body as { entries: readonly unknown[]; page: number; next: unknown }
      assert.deepEqual([page, next, entries.length > 7], [1, null, true])
      assert.deepEqual(await paged.whole(path), entries, path)
    }
    for (const path of ['/catalogue/3?page=0', '/catalogue/3?page=x', '/search', '/search?q=%20', `/search?q=${'a'.repeat(41)}`]) assert.equal((await paged.get(path)).status, 400, path)
  })

  it('COMPRESS sends fewer bytes to who accepts it, and to nobody else', async () => {
    const compressing = await shop({ COMPRESS: '1' })
    const plain = await compressing.get('/products')
    assert.deepEqual([plain.headers['content-encoding'], plain.headers['vary']], [undefined, 'accept-encoding'])
    for (const [accepted, encoding] of [['gzip, deflate, br', 'br'], ['gzip;q=0.5', 'gzip'], ['br;q=0, gzip', 'gzip'], ['identity', undefined], ['br;q=0.0', undefined]] as const) {
      const got = await compressing.get('/products', { 'accept-encoding': accepted })
      assert.deepEqual([got.headers['content-encoding'], got.headers['content-length']], [encoding, String(got.sentBytes)], accepted)
      assert.deepEqual(got.body, plain.body)
      if (encoding) assert.ok(got.sentBytes * 4 < plain.sentBytes, `${got.sentBytes} of ${plain.sentBytes} bytes`)
    }
    assert.equal((await compressing.get('/products/7', { 'accept-encoding': 'br' })).headers['content-encoding'], undefined)
    assert.equal((await (await shop()).get('/products', { 'accept-encoding': 'br' })).headers['content-encoding'], undefined)
  })

  it('RESPONSE_CACHE answers lists from memory, and with 304 who has the list already', async () => {
    const keeping = await shop({ RESPONSE_CACHE: '60000', COMPRESS: '1' })
    const first = await keeping.get('/catalogue/3')
    const { etag } = first.headers
    assert.match(String(etag), /^"[\w-]{27}"$/)
    await rowsOf(String(env['DATABASE_URL']), 'update brownout_shop.products set stock = stock - 1 where id = 2')
    try {
      const again = await keeping.get('/catalogue/3', { 'if-none-match': `W/"other", ${etag}` })
      assert.deepEqual([again.status, again.body, again.headers['etag'], again.sentBytes], [304, undefined, etag, 0])
      const compressed = await keeping.get('/catalogue/3', { 'accept-encoding': 'br', 'if-none-match': '"other"' })
      assert.deepEqual([compressed.status, compressed.body, compressed.headers['etag']], [200, first.body, String(etag).replace(/"$/, '-br"')])
      assert.equal((await keeping.get('/catalogue/3', { 'accept-encoding': 'br', 'if-none-match': String(compressed.headers['etag']) })).status, 304)
      assert.equal(((await keeping.get('/stats')).body as { answersKept: number }).answersKept, 3)
      await keeping.send('PUT', '/products/2/price', { priceCents: 114 })
      assert.notDeepEqual((await keeping.get('/catalogue/3')).body, first.body)
    } finally {
      await rowsOf(String(env['DATABASE_URL']), 'update brownout_shop.products set stock = stock + 1 where id = 2')
    }
  })

  /** Prices that two shops show on three pages, after one of them has changed it; and whether the page is still what the change said. */
  async function afterChange(product: number, INVALIDATE: string): Promise<{ readonly took: number; readonly shown: readonly number[]; readonly matched: number; readonly was: number }> {
    const [one, other] = [await shop({ INVALIDATE }), await shop({ INVALIDATE })]
    const heard: unknown[] = []
    one.store.onPrice((price) => heard.push(['one', price]))
    other.store.onPrice((price) => heard.push(['other', price]))
    const pages = [`/products/${product}`, `/catalogue/${1 + product % 20}`, `/search?q=Product%20${product}`]
    const prices = (shop: TunedShop): Promise<readonly number[]> => Promise.all(pages.map(async (page) => {
      const { entries, priceCents = 0 } = (await shop.get(page)).body as { entries?: readonly { id: number; priceCents: number }[]; priceCents?: number }
      return entries?.find(({ id }) => id === product)?.priceCents ?? priceCents
    }))
    const began = performance.now()
    const [was = 0] = await prices(one)
    await prices(other)
    const put = await one.send('PUT', `/products/${product}/price`, { priceCents: was + 1 })
    assert.deepEqual([put.status, (put.body as { priceCents: number }).priceCents, put.headers['content-location']], [200, was + 1, `/products/${product}`])
    for (const deadline = performance.now() + 5000; heard.length < 2;) {
      assert.ok(performance.now() < deadline, 'both heard of it')
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.deepEqual(heard, [['one', { product, priceCents: was + 1 }], ['other', { product, priceCents: was + 1 }]])
    const shown = [...await prices(one), ...await prices(other)]
    const { status: matched } = await one.get(`/products/${product}`, { 'if-match': String(put.headers['etag']) })
    const took = performance.now() - began
    await one.send('PUT', `/products/${product}/price`, { priceCents: was })
    return { took, shown, matched, was }
  }

  it('INVALIDATE: a new price is shown at once by every shop and on every page', async () => {
    const { shown, matched, was } = await afterChange(44, '1')
    assert.deepEqual([shown, matched], [Array(6).fill(was + 1), 200])
  })

  it('INVALIDATE=0: it is shown when the cache has forgotten the old one', async () => {
    // A machine that takes longer than the cache keeps something shows nothing.
    for (const product of [45, 46, 47, 48, 49]) {
      const { took, shown, matched, was } = await afterChange(product, '0')
      if (took < 1400) return assert.deepEqual([shown, matched], [Array(6).fill(was), 412])
    }
    assert.fail('five times it took too long')
  })

  it('WARM: what sells most is in the cache before anybody asks', async () => {
    const hits = async (one: TunedShop): Promise<unknown> => {
      for (const id of [1, 2, 3]) await one.get(`/products/${id}`)
      return ((await one.get('/stats')).body as { cache: { hits: number } }).cache.hits
    }
    assert.equal(await hits(await shop({ WARM: '50', REDIS_URL: `${(await redis()).url}/6` })), 3)
    assert.equal(await hits(await shop({ REDIS_URL: `${(await redis()).url}/7` })), 0)
  })

  it('BATCH: products of one tick and the names of a history are read together', async () => {
    const url = String(env['DATABASE_URL'])
    const executed = async (BATCH: string): Promise<number> => {
      const one = await shop({ BATCH, QUERY_CACHE: '0', REDIS_URL: '', RESILIENT: '1', POOL: '1' })
      const commits = async (): Promise<number> => Number((await rowsOf<{ n: string }>(url, `select xact_commit as n from pg_stat_database where datname = current_database()`))[0]?.n)
      const before = await commits()
      await one.get('/customers/3/orders')
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((id) => one.store.product(id)))
      await one.stop()
      running = running.filter((other) => other !== one)
      let last = -1
      for (let now = await commits(); now - last > 2; now = await commits()) last = now
      return last - before
    }
    const [alone, together] = [await executed('0'), await executed('1')]
    assert.ok(alone - together >= 20, `${alone} statements one by one, ${together} together`)
  })

  it('GET /stats tells of the cache, the pool, the subscribers and what is under way', async () => {
    const one = await shop()
    await one.get('/products/11')
    await one.get('/products/11')
    const { cache, pool, ...rest } = (await one.get('/stats')).body as { cache: { hits: number; misses: number; hitRatio: number }; pool: { total: number; idle: number; waiting: number } }
    assert.deepEqual([cache.hits + cache.misses, cache.hitRatio], [2, cache.hits / 2])
    assert.ok(pool.total >= 1 && pool.idle === pool.total && pool.waiting === 0, JSON.stringify(pool))
    const nobody = { peers: 0, messages: 0, bytes: 0, buffered: 0, lost: 0 }
    assert.deepEqual(rest, { inFlight: 1, answersKept: 0, sockets: { orders: nobody, prices: { topics: 0, ...nobody } } })
  })

  it('a sale to a customer is the first in their history at once, and who is no customer is refused', async () => {
    for (const RESILIENT of ['1', '0']) {
      const one = await shop({ RESILIENT, INVALIDATE: '1', QUERY_CACHE: RESILIENT })
      await one.get('/customers/5/orders')
      const { status, body } = await one.send('POST', '/checkout', { product: 9, quantity: 2, customer: 5 })
      assert.equal(status, 201, one.said.join('\n'))
      const { entries: [latest] } = (await one.get('/customers/5/orders')).body as { entries: readonly Readonly<Record<string, unknown>>[] }
      assert.deepEqual({ ...latest, at: undefined }, { id: (body as { id: number }).id, product: 9, name: 'Product 9', quantity: 2, totalCents: 326, at: undefined })
      assert.deepEqual([(await one.send('POST', '/checkout', { product: 9, customer: 999 })).status, (await one.send('POST', '/checkout', { product: 9, customer: 'x' })).status], [422, 400])
      assert.deepEqual([(await one.send('PUT', '/products/9999/price', { priceCents: 5 })).status, (await one.send('PUT', '/products/9/price', { priceCents: 0.5 })).status], [404, 400])
    }
  })
})
