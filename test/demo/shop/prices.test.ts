import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { ManualClock } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import { admit } from '../../../src/demo/shop/peers.ts'
import { type PriceUpdate, PriceUpdates, tickPrices } from '../../../src/demo/shop/price-updates.ts'
import { openPrices, type Prices, PRICES_PATH, type PricesOptions } from '../../../src/demo/shop/prices.ts'
import { Topics } from '../../../src/demo/shop/topics.ts'
import { until } from '../../support/processes.ts'
import { postgres } from '../../support/servers.ts'
import { ServiceProcess } from '../service-process.ts'

class Subscriber {
  readonly socket: WebSocket
  readonly messages: string[] = []
  code: number | undefined

  constructor(url: string, wish: unknown) {
    this.socket = new WebSocket(url)
    this.socket.on('open', () => this.ask(wish))
    this.socket.on('message', (data) => this.messages.push(String(data)))
    this.socket.on('close', (code) => { this.code = code })
    this.socket.on('error', () => undefined)
  }

  ask(wish: unknown): void { this.socket.send(JSON.stringify(wish)) }
  get changes(): readonly PriceUpdate[] { return this.messages.flatMap((message) => JSON.parse(message) as PriceUpdate | PriceUpdate[]) }
  /** What it takes prices to be. */
  get prices(): Readonly<Record<number, number>> { return Object.fromEntries(this.changes.map(({ product, priceCents }) => [product, priceCents])) }
}

describe('prices over WebSocket', () => {
  let server: Server
  let prices: Prices
  let updates: PriceUpdates
  let said = ''
  const open: Subscriber[] = []

  const start = async (options: Partial<PricesOptions> = {}): Promise<void> => {
    updates = new PriceUpdates()
    said = ''
    prices = openPrices({ updates, wsBatchMs: 0, wsDeflate: false, wsTopics: true, resilient: true, log: (line) => { said += `${line}\n` }, ...options })
    server = createServer().listen(0, '127.0.0.1')
    admit(server, { [PRICES_PATH]: prices.peers })
    await once(server, 'listening')
  }
  const url = (path = PRICES_PATH): string => `ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const subscriber = (subscribe: unknown): Subscriber => {
    const made = new Subscriber(url(), { subscribe })
    open.push(made)
    return made
  }
  const holds = async (condition: () => boolean, why = (): string => said.slice(-2000)): Promise<void> => assert.notEqual(await until(condition, 5000), undefined, why())
  const publish = (...changes: readonly (readonly [number, number])[]): void => { for (const [product, priceCents] of changes) updates.publish({ product, priceCents }) }
  afterEach(async () => {
    for (const { socket } of open.splice(0)) socket.terminate()
    prices.close()
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })

  for (const topics of [true, false]) {
    for (const deflate of [false, true]) {
      for (const batch of [0, 20]) {
        it(`are the same to a client with ${topics ? 'topics' : 'everything to everybody'}${deflate ? ', compressed' : ''}${batch > 0 ? ', in batches' : ''}`, async () => {
          await start({ wsBatchMs: batch, wsDeflate: deflate, wsTopics: topics })
          const [some, all] = [subscriber([7, 8]), subscriber('all')]
          await holds(() => prices.figures()['topics'] === 2 && prices.peers.count === 2)
          await holds(() => { publish([1, 100]); return all.prices[1] === 100 })
          publish([7, 149], [9, 50], [8, 99], [7, 159])
          // Long enough to be compressed, in one message.
          publish(...Array.from({ length: 40 }, (_, i) => [100 + i, 1000 + i] as const))
          publish([8, 77])
          for (const one of [some, all]) await holds(() => one.prices[8] === 77, () => one.messages.join())
          await holds(() => all.prices[139] === 1039)
          assert.deepEqual([some.prices[7], some.prices[8], all.prices[7], all.prices[9]], [159, 77, 159, 50])
          assert.deepEqual(Object.keys(some.prices).length, topics ? 2 : Object.keys(all.prices).length)
          assert.equal(some.socket.extensions.includes('permessage-deflate'), deflate)
          assert.equal(some.messages.some((message) => message.startsWith('[')), batch > 0)
          // Two changes of a product within a batch are one.
          assert.equal(some.changes.filter(({ product }) => product === 7).length, batch > 0 ? 1 : 2)
        })
      }
    }
  }

  it('go to a subscriber as it asked last, and to none that left', async () => {
    await start()
    const [one, other] = [subscriber([7]), subscriber([7, 8])]
    await holds(() => prices.figures()['topics'] === 2 && prices.peers.count === 2)
    one.ask({ subscribe: [9] })
    await holds(() => prices.figures()['topics'] === 3)
    other.socket.close()
    await holds(() => prices.figures()['topics'] === 1)
    publish([7, 1], [8, 2], [9, 3])
    await holds(() => one.messages.length === 1)
    assert.deepEqual(one.changes, [{ product: 9, priceCents: 3 }])
    assert.deepEqual(prices.figures(), { peers: 1, topics: 1, messages: 1, bytes: one.messages[0]?.length, buffered: 0, lost: 0 })
  })

  it('are compressed to fewer bytes on the wire where they are many, and small ones are left alone', async () => {
    const read: number[] = []
    for (const deflate of [false, true]) {
      await start({ wsDeflate: deflate, wsBatchMs: 5 })
      const one = subscriber('all')
      await once(one.socket, 'open')
      await holds(() => { publish([1, 1]); return one.messages.length > 0 })
      const [raw] = [(one.socket as unknown as { _socket: { bytesRead: number } })._socket]
      const before = raw.bytesRead
      publish(...Array.from({ length: 3000 }, (_, i) => [200 + i, 1000 + i] as const))
      await holds(() => one.prices[3199] === 3999)
      read.push(raw.bytesRead - before)
      if (!deflate) {
        one.socket.terminate()
        prices.close()
        server.close()
        await once(server, 'close')
      }
    }
    const [plain = 0, compressed = 0] = read
    assert.ok(compressed < plain / 2, `${plain} and ${compressed} bytes`)
  })

  it('are not kept for who does not read: he is given up, and the others go on', async () => {
    await start()
    const [slow, quick] = [subscriber('all'), subscriber([7])]
    await holds(() => prices.peers.count === 2 && prices.figures()['topics'] === 1)
    slow.socket.pause()
    await holds(() => {
      for (let i = 0; i < 5000; i++) publish([8, i])
      return prices.peers.lost === 1
    })
    assert.equal(said, 'prices: a subscriber reads too slowly\n')
    publish([7, 5])
    await holds(() => quick.prices[7] === 5 && prices.peers.count === 1)
  })

  it('are not for who cannot be understood, nor at another path', async () => {
    await start()
    for (const nonsense of ['orders', [0], ['7'], 7, null, undefined, Array.from({ length: 201 }, (_, i) => i + 1)]) {
      const one = subscriber(nonsense)
      await holds(() => one.code === 1008)
    }
    const [error] = await once(new WebSocket(url('/elsewhere')), 'error') as [Error]
    assert.match(error.message, /400/)
  })
})

describe('a price that is changed', () => {
  it('is told to the subscribers of the shop, which counts them', async () => {
    const shop = await ServiceProcess.start('shop', { REDIS_URL: '', DATABASE_URL: (await postgres()).url })
    const subscriber = new Subscriber(`${shop.url.replace('http', 'ws')}${PRICES_PATH}`, { subscribe: [17] })
    try {
      const figures = async (): Promise<{ topics: number; messages: number }> => ((await shop.ask('/stats')).body as { sockets: { prices: { topics: number; messages: number } } }).sockets.prices
      const deadline = performance.now() + 5000
      while ((await figures()).topics === 0) assert.ok(performance.now() < deadline, shop.said)
      const { priceCents } = (await shop.ask('/products/17')).body as PriceUpdate
      for (const product of [18, 17]) assert.equal((await shop.ask(`/products/${product}/price`, { method: 'PUT', body: JSON.stringify({ priceCents: priceCents + 1 }) })).status, 200)
      assert.notEqual(await until(() => subscriber.messages.length > 0, 5000), undefined, shop.said)
      assert.deepEqual(subscriber.changes, [{ product: 17, priceCents: priceCents + 1 }])
      assert.equal((await figures()).messages, 1)
      await shop.ask('/products/17/price', { method: 'PUT', body: JSON.stringify({ priceCents }) })
    } finally {
      subscriber.socket.terminate()
      await shop.stop()
    }
  })
})

describe('topics', () => {
  it('tell for many products at once who is concerned by which', () => {
    const topics = new Topics<string>()
    topics.join('a', [1, 2])
    topics.join('b', [2])
    topics.join('c', 'all')
    topics.join('d', [4])
    assert.deepEqual(new Map(topics.concerned([2, 1, 3])), new Map([['a', [2, 1]], ['b', [2]], ['c', [2, 1, 3]]]))
    topics.join('c', [9])
    topics.leave('a')
    assert.deepEqual([[...topics.concerned([2])], topics.count], [[['b', [2]]], 3])
  })
})

describe('the ticker of prices', () => {
  it('makes as many changes as are due, of the same products for the same seed', () => {
    const runs = [7, 7, 8].map((seed) => {
      const clock = new ManualClock()
      const updates = new PriceUpdates()
      const seen: PriceUpdate[] = []
      updates.listen((update) => seen.push(update))
      const stop = tickPrices(updates, { rate: 20, products: 10, seed, clock })
      clock.advance(ms(1000))
      stop()
      clock.advance(ms(1000))
      return seen
    })
    assert.deepEqual(runs.map(({ length }) => length), [20, 20, 20])
    assert.deepEqual(runs[0], runs[1])
    assert.notDeepEqual(runs[0], runs[2])
    assert.ok(runs[0]?.every(({ product, priceCents }) => product >= 1 && product <= 10 && priceCents >= 100 && priceCents < 1000))
  })
})
