import assert from 'node:assert/strict'
import pg from 'pg'
import { Gate } from '../../support/gate.ts'
import { hasRedis, postgres, redis } from '../../support/servers.ts'
import { type Answer, ServiceProcess } from '../service-process.ts'

/** The shop as a process, its cache and its database behind a gate each. */
class Shop {
  readonly cache: Gate
  readonly database: Gate
  readonly #process: ServiceProcess

  static async start(resilient: boolean): Promise<Shop> {
    const cache = await new Gate((await redis()).port).open()
    const database = await new Gate((await postgres()).port).open()
    return new Shop(cache, database, await ServiceProcess.start('shop', {
      REDIS_URL: `redis://127.0.0.1:${cache.port}`, DATABASE_URL: `postgres://postgres@127.0.0.1:${database.port}/postgres`, RESILIENT: resilient ? '1' : '0',
    }))
  }

  private constructor(cache: Gate, database: Gate, process: ServiceProcess) {
    this.cache = cache
    this.database = database
    this.#process = process
  }

  get said(): string { return this.#process.said }
  get running(): boolean { return this.#process.running }

  get(path: string): Promise<Answer> { return this.#process.ask(path) }
  checkout(basket: unknown = { product: 7, quantity: 1 }): Promise<Answer> { return this.#process.post('/checkout', basket) }
  terminate(): Promise<{ took: number; code: number | null }> { return this.#process.terminate() }

  async stop(): Promise<void> {
    await this.#process.stop()
    await this.cache.shut()
    await this.database.shut()
  }
}

/** Asks one after another for `duration` ms. */
async function ask(duration: number, one: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const end = performance.now() + duration; performance.now() < end;) answers.push(await one())
  return answers
}
const statuses = (answers: readonly Answer[]): number[] => [...new Set(answers.map(({ status }) => status))].sort()
const slowest = (answers: readonly Answer[]): number => Math.max(...answers.map(({ took }) => took))

describe('the sample shop', () => {
  let shop: Shop
  const open = (resilient: boolean) => async (): Promise<void> => { shop = await Shop.start(resilient) }
  before(function () { if (!hasRedis) this.skip() })
  afterEach(() => shop.stop())

  for (const resilient of [true, false]) {
    describe(`RESILIENT=${resilient ? 1 : 0}`, () => {
      beforeEach(open(resilient))

      it('shows products, sells in one transaction, and refuses what makes no sense', async () => {
        const client = new pg.Client((await postgres()).url)
        await client.connect()
        const count = async (): Promise<{ stock: number; sold: number }> => (await client.query<{ stock: number; sold: number }>(
          'select stock, (select coalesce(sum(quantity), 0)::int from brownout_shop.orders where product = 9) as sold from brownout_shop.products where id = 9')).rows[0] ?? { stock: 0, sold: 0 }
        const before = await count()
        assert.equal((await shop.get('/products')).status, 200)
        assert.deepEqual((await shop.get('/products/9')).body, { id: 9, name: 'Product 9', priceCents: 163, stock: before.stock })
        const sold = await shop.checkout({ product: 9, quantity: 3 })
        assert.equal(sold.status, 201)
        assert.deepEqual(sold.body, { id: Number((sold.body as { id: number }).id), totalCents: 489 })
        assert.deepEqual(await count(), { stock: before.stock - 3, sold: before.sold + 3 })
        assert.equal((await shop.checkout({ product: 9, quantity: 1_000_000 })).status, 409)
        assert.deepEqual(await count(), { stock: before.stock - 3, sold: before.sold + 3 })
        assert.deepEqual([(await shop.get('/products/9999')).status, (await shop.get('/nothing')).status], [404, 404])
        assert.deepEqual([(await shop.checkout({ product: '9' })).status, (await shop.checkout([])).status, (await shop.checkout({ product: 9, quantity: -1 })).status], [400, 400, 400])
        await client.end()
      })

      it('outlives the loss of both dependencies in mid-sale, and sells again when they are back', async () => {
        await shop.get('/products/7')
        shop.database.hold()
        const lost = [shop.checkout(), shop.checkout()]
        await shop.get('/healthz')
        await shop.cache.shut()
        await shop.database.shut()
        assert.deepEqual((await Promise.all(lost)).map(({ status }) => status), resilient ? [503, 503] : [500, 500])
        await shop.cache.open()
        await shop.database.open()
        let status = 0
        const deadline = performance.now() + 8000
        while (status !== 201 && performance.now() < deadline) ({ status } = await shop.checkout())
        assert.equal(status, 201, shop.said)
        assert.equal(shop.running, true)
      })

      it('ends within a second of SIGTERM, with a request that waits for a silent database', async () => {
        shop.database.hold()
        const lost = assert.rejects(shop.checkout().then(({ status }) => { throw new Error(String(status)) }))
        await shop.get('/healthz')
        const { took, code } = await shop.terminate()
        assert.equal(code, 0, shop.said)
        assert.ok(took > 400 && took < 1000, `it waited for the request, ${took} ms`)
        await lost
      })
    })
  }

  describe('when the cache says nothing', () => {
    it('RESILIENT=1 goes on showing and selling, quickly, and uses the cache again when it is back', async () => {
      await open(true)()
      await shop.get('/products/7')
      shop.cache.hold()
      const shown = await ask(1500, () => shop.get('/products/7'))
      const sold = await ask(500, () => shop.checkout())
      assert.deepEqual([statuses(shown), statuses(sold)], [[200], [201]])
      assert.ok(slowest([...shown, ...sold]) < 400, `slowest ${slowest([...shown, ...sold])} ms`)
      const { cache, database } = (await shop.get('/healthz')).body as { cache: string; database: string }
      assert.deepEqual({ cache, database }, { cache: 'open', database: 'closed' })
      shop.cache.release()
      const back = performance.now()
      while (((await shop.get('/healthz')).body as { cache: string }).cache !== 'closed') {
        assert.ok(performance.now() - back < 3000, shop.said)
        await shop.get('/products/7')
      }
    })

    it('RESILIENT=0 hangs until it is back', async () => {
      await open(false)()
      await shop.get('/products/7')
      shop.cache.hold()
      const asked = shop.get('/products/7')
      const first = await Promise.race([asked.then(() => 'answered'), new Promise((resolve) => setTimeout(() => resolve('silent'), 1200))])
      assert.equal(first, 'silent')
      shop.cache.release()
      assert.equal((await asked).status, 200)
    })
  })

  describe('when the database says nothing', () => {
    it('RESILIENT=1 shows what it last knew and accepts what it cannot sell within a second; it sells within two when it is back', async () => {
      await open(true)()
      await shop.get('/products/7')
      shop.database.hold()
      const sold = await ask(1000, () => shop.checkout())
      // Past the cache's two seconds these are old copies, and 203 says so.
      const shown = await ask(2500, () => shop.get('/products/7'))
      assert.deepEqual(statuses(sold), [202])
      assert.ok(statuses(shown).every((status) => status === 200 || status === 203), `${statuses(shown)}`)
      assert.equal(shown.at(-1)?.status, 203)
      assert.ok(slowest(sold) < 1000, `slowest ${slowest(sold)} ms`)
      shop.database.release()
      const back = performance.now()
      while ((await shop.checkout()).status !== 201) assert.ok(performance.now() - back < 2000, shop.said)
    })

    it('RESILIENT=0 hangs, and so does what needs only the cache once it has to read again', async () => {
      await open(false)()
      await shop.get('/products/7')
      shop.database.hold()
      const asked = [shop.checkout(), new Promise((resolve) => setTimeout(resolve, 2100)).then(() => shop.get('/products/7'))]
      const first = await Promise.race([...asked.map((one) => one.then(() => 'answered')), new Promise((resolve) => setTimeout(() => resolve('silent'), 3000))])
      assert.equal(first, 'silent')
      shop.database.release()
      assert.deepEqual((await Promise.all(asked)).map((one) => (one as Answer).status), [201, 200])
    })
  })
})
