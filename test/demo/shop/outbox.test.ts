import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import pg from 'pg'
import { Gate } from '../../support/gate.ts'
import { hasRedis, postgres, redis } from '../../support/servers.ts'
import { type Answer, ServiceProcess } from '../service-process.ts'

const WITHIN = 8000

/** Asks again until it is so. */
async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean, said: () => string): Promise<T> {
  for (const deadline = performance.now() + WITHIN; ;) {
    const value = await ask()
    if (holds(value)) return value
    assert.ok(performance.now() < deadline, `${JSON.stringify(value)}\n${said()}`)
  }
}

describe('the outbox of the sample shop', () => {
  let cache: Gate
  let database: Gate
  let shops: ServiceProcess[]
  let truth: pg.Client
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> => {
    const shop = await ServiceProcess.start('shop', { REDIS_URL: `redis://127.0.0.1:${cache.port}`, DATABASE_URL: `postgres://postgres@127.0.0.1:${database.port}/postgres`, RESILIENT: '1', ...env })
    shops.push(shop)
    return shop
  }
  const buy = (shop: ServiceProcess, request: string, product = 11, quantity = 1): Promise<Answer> => shop.post('/checkout', { product, quantity }, { 'idempotency-key': request })
  const ordersOf = async (prefix: string): Promise<readonly string[]> => (await truth.query<{ request: string }>('select request from brownout_shop.orders where request like $1 order by request', [`${prefix}%`])).rows.map(({ request }) => request)
  const stateOf = async (shop: ServiceProcess, request: string): Promise<string> => {
    const { status, body } = await shop.ask(`/orders/by-request/${request}`)
    return status === 404 ? 'unknown' : String((body as { state?: string }).state)
  }

  before(function () { if (!hasRedis) this.skip() })
  beforeEach(async () => {
    shops = []
    cache = await new Gate((await redis()).port).open()
    database = await new Gate((await postgres()).port).open()
    truth = new pg.Client((await postgres()).url)
    await truth.connect()
  })
  afterEach(async () => {
    await Promise.all(shops.map((shop) => shop.stop()))
    await Promise.all([cache.shut(), database.shut(), truth.end()])
  })

  it('takes sales while the database is gone, and makes exactly one order of each when it is back, though the shop was killed meanwhile and two others write at once', async () => {
    const first = await start()
    const names = Array.from({ length: 30 }, (_, n) => `once-${String(n).padStart(2, '0')}`)
    await database.shut()
    const answers = await Promise.all(names.map((name) => buy(first, name)))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202], first.said)
    assert.deepEqual(answers[0]?.body, { accepted: names[0] })
    assert.ok(Math.max(...answers.map(({ took }) => took)) < 3000)
    // Asked for again, as by a customer who has not seen the answer.
    assert.equal((await buy(first, 'once-00')).status, 202)
    assert.equal(await stateOf(first, 'once-07'), 'accepted')
    assert.deepEqual(await ordersOf('once-'), [])
    await first.stop()
    await database.open()
    const [second, third] = await Promise.all([start(), start()])
    await until(() => ordersOf('once-'), (found) => found.length === names.length, () => second.said)
    await until(() => second.ask('/outbox'), ({ body }) => (body as { waiting: number }).waiting === 0, () => second.said + third.said)
    assert.deepEqual(await ordersOf('once-'), names)
    assert.equal(await stateOf(third, 'once-07'), 'sold')
    // And once more, when all is well.
    assert.equal((await buy(third, 'once-07')).status, 201)
    assert.deepEqual(await ordersOf('once-'), names)
  })

  it('makes one order of a sale whose commit nobody answered', async () => {
    const shop = await start()
    await Promise.all(Array.from({ length: 4 }, (_, n) => buy(shop, `warm-${n}`)))
    // Held in mid-sale: what was sent before is executed, and no answer comes.
    const asked = Array.from({ length: 20 }, (_, n) => buy(shop, `held-${String(n).padStart(2, '0')}`))
    database.hold()
    const answers = await Promise.all(asked)
    assert.ok(answers.every(({ status }) => status === 201 || status === 202), shop.said)
    database.release()
    await until(() => ordersOf('held-'), (found) => found.length === asked.length, () => shop.said)
    assert.equal(new Set(await ordersOf('held-')).size, asked.length)
  })

  it('keeps what was not in stock any more as declined, and counts it', async () => {
    const shop = await start()
    await database.shut()
    await until(() => buy(shop, 'many', 12, 999_999), ({ status }) => status === 202, () => shop.said)
    await until(() => buy(shop, 'too-many', 12, 999_999), ({ status }) => status === 202, () => shop.said)
    await database.open()
    const settled = await until(() => Promise.all(['many', 'too-many'].map((name) => stateOf(shop, name))), (states) => !states.includes('accepted') && !states.includes('undefined'), () => shop.said)
    assert.deepEqual([...settled].sort(), ['declined', 'sold'])
    assert.deepEqual((await shop.ask('/outbox')).body, { waiting: 0, declined: 1 })
    assert.equal(await stateOf(shop, 'nobody'), 'unknown')
    await truth.query('update brownout_shop.products set stock = 1000000 where id = 12')
    const direct = new Redis((await redis()).url)
    await direct.del('brownout_shop:{outbox}:declined')
    await direct.quit()
  })

  it('promises nothing where it cannot be kept: 503 at once, and when to come again', async () => {
    const shop = await start()
    await Promise.all([cache.shut(), database.shut()])
    await until(() => buy(shop, 'nowhere'), ({ took, status }) => status === 503 && took < 100, () => shop.said)
    const { headers, status } = await fetch(`${shop.url}/checkout`, { method: 'POST', body: '{"product":11}' })
    assert.deepEqual([status, headers.get('retry-after')], [503, '1'])
  })

  it('is not there with OUTBOX=0: a sale that cannot be written is a 503', async () => {
    const shop = await start({ OUTBOX: '0' })
    await database.shut()
    assert.equal((await buy(shop, 'refused')).status, 503)
    assert.equal((await shop.ask('/outbox')).status, 404)
  })
})

describe('load shedding of the sample shop', () => {
  it('SHED=4 turns the fifth away at once while four wait, looks after /healthz all the same, and takes the next when there is room', async () => {
    const database = await new Gate((await postgres()).port).open()
    const shop = await ServiceProcess.start('shop', { REDIS_URL: '', DATABASE_URL: `postgres://postgres@127.0.0.1:${database.port}/postgres`, RESILIENT: '0', SHED: '4' })
    try {
      assert.equal((await shop.ask('/products/7')).status, 200)
      database.hold()
      const waiting = Array.from({ length: 4 }, () => shop.ask('/products/7'))
      const turned = await until(() => Promise.race([shop.ask('/products/7').catch(() => undefined), new Promise<undefined>((resolve) => setTimeout(resolve, 500, undefined))]), (one) => one?.status === 503, () => shop.said)
      assert.deepEqual(turned?.body, { error: 'too many at once' })
      assert.equal((await shop.ask('/healthz')).status, 200)
      database.release()
      assert.deepEqual((await Promise.all(waiting)).map(({ status }) => status), [200, 200, 200, 200])
      await until(() => shop.ask('/products/7'), ({ status }) => status === 200, () => shop.said)
    } finally {
      await shop.stop()
      await database.shut()
    }
  })
})
