import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { Updates } from '../../../src/demo/shop/updates.ts'
import { until } from '../../support/processes.ts'
import { Gate } from '../../support/gate.ts'
import { postgres } from '../../support/servers.ts'
import { ServiceProcess } from '../service-process.ts'

interface Said { readonly id?: number; readonly order?: number; readonly subscribed?: string; readonly last?: number; readonly gap?: { readonly after: number; readonly from: number | null } }

/** A subscriber, and all that it was told. */
class Subscriber {
  readonly socket: WebSocket
  readonly said: Said[] = []
  code: number | undefined

  constructor(url: string, first?: unknown) {
    this.socket = new WebSocket(url)
    this.socket.on('open', () => { if (first !== undefined) this.socket.send(JSON.stringify(first)) })
    this.socket.on('message', (data) => this.said.push(JSON.parse(String(data)) as Said))
    this.socket.on('close', (code) => { this.code = code })
    this.socket.on('error', () => undefined)
  }

  get ids(): number[] { return this.said.flatMap(({ id }) => (id === undefined ? [] : [id])) }

  async hears(holds: (subscriber: Subscriber) => boolean): Promise<this> {
    assert.notEqual(await until(() => holds(this), 5000), undefined, JSON.stringify(this.said))
    return this
  }
}
const subscribed = ({ said }: Subscriber): boolean => said.some((one) => one.subscribed === 'orders')

describe('the updates that the shop keeps', () => {
  const published = (count: number): Updates => {
    const updates = new Updates()
    for (let id = 1; id <= count; id++) updates.publish({ id: 100 + id, totalCents: 149 })
    return updates
  }

  it('are numbered without a gap, and given again from any number that is still kept', () => {
    const updates = published(5)
    assert.deepEqual(updates.after(3), { whole: true, updates: [{ id: 4, order: 104, totalCents: 149 }, { id: 5, order: 105, totalCents: 149 }] })
    assert.deepEqual([updates.after(0).updates.length, updates.after(5)], [5, { whole: true, updates: [] }])
    assert.deepEqual(new Updates().after(0), { whole: true, updates: [] })
  })

  it('are a thousand at the most, and who asks for older ones, or for what is to come, is told that some are missing', () => {
    const updates = published(1500)
    assert.deepEqual([updates.after(500).whole, updates.after(500).updates.length], [true, 1000])
    assert.deepEqual([updates.after(499).whole, updates.after(499).updates[0]?.id], [false, 501])
    assert.equal(updates.after(1501).whole, false)
  })
})

describe('order updates over WebSocket', () => {
  let shop: ServiceProcess
  let gate: Gate
  const open: Subscriber[] = []
  const start = async (resilient: '0' | '1'): Promise<void> => {
    shop = await ServiceProcess.start('shop', { REDIS_URL: '', DATABASE_URL: (await postgres()).url, RESILIENT: resilient })
    gate = await new Gate(shop.port).open()
  }
  afterEach(async () => {
    for (const { socket } of open.splice(0)) socket.terminate()
    await gate.shut()
    await shop.stop()
  })
  const subscriber = (first?: unknown, query = ''): Subscriber => {
    const made = new Subscriber(`ws://127.0.0.1:${gate.port}/orders/live${query}`, first)
    open.push(made)
    return made
  }
  const sell = async (): Promise<number> => ((await shop.post('/checkout', { product: 7, quantity: 1 })).body as { id: number }).id
  const figures = async (): Promise<{ last: number; peers: number; lost: number }> => (await shop.ask('/orders/live')).body as { last: number; peers: number; lost: number }

  for (const resilient of ['1', '0'] as const) {
    it(`RESILIENT=${resilient} tells every subscriber of each order, from when it subscribed on`, async () => {
      await start(resilient)
      await sell()
      const both = [subscriber({ subscribe: 'orders' }), subscriber({ subscribe: 'orders' })]
      for (const one of both) await one.hears(subscribed)
      const orders = [await sell(), await sell()]
      for (const one of both) {
        await one.hears(({ ids }) => ids.length === 2)
        assert.deepEqual(one.said, [{ subscribed: 'orders', last: 1 }, { id: 2, order: orders[0], totalCents: 149 }, { id: 3, order: orders[1], totalCents: 149 }])
      }
      assert.deepEqual(await figures(), { last: 3, peers: 2, lost: 0 })
    })
  }

  it('RESILIENT=1 loses and doubles nothing over a cut: who comes back with the last number is told the rest', async () => {
    await start('1')
    const first = await subscriber({ subscribe: 'orders' }).hears(subscribed)
    for (let sold = 0; sold < 5; sold++) await sell()
    await first.hears(({ ids }) => ids.length === 5)
    await gate.shut()
    await first.hears(({ code }) => code === 1006)
    for (let sold = 0; sold < 4; sold++) await sell()
    await gate.open()
    const [byMessage, byUrl] = [subscriber({ resume: first.ids.at(-1) }), subscriber(undefined, `?resume=${first.ids.at(-1)}`)]
    await Promise.all([byMessage, byUrl].map((one) => one.hears(subscribed)))
    await sell()
    for (const second of [byMessage, byUrl]) {
      await second.hears(({ ids }) => ids.length >= 5)
      assert.deepEqual([...first.ids, ...second.ids], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      assert.ok(second.said.every(({ gap }) => gap === undefined))
    }
    // Who finds a number missing asks again on the same connection.
    byMessage.socket.send('{"resume":8}')
    await byMessage.hears(({ ids }) => ids.length === 7)
    assert.deepEqual(byMessage.ids.slice(-2), [9, 10])
  })

  it('RESILIENT=1 says so when it cannot tell all that was missed', async () => {
    await start('1')
    await sell()
    const late = await subscriber({ resume: 4711 }).hears(subscribed)
    assert.deepEqual(late.said[0], { gap: { after: 4711, from: 1 } })
  })

  it('RESILIENT=0 tells nobody what was said while he was away', async () => {
    await start('0')
    await sell()
    await sell()
    const late = await subscriber({ resume: 1 }).hears(subscribed)
    await sell()
    await late.hears(({ ids }) => ids.length > 0)
    assert.deepEqual(late.ids, [3])
  })

  it('RESILIENT=1 finds out that a subscriber is gone who says nothing any more; one who answers stays', async () => {
    await start('1')
    const dead = await subscriber({ subscribe: 'orders' }).hears(subscribed)
    dead.socket.pause()
    const alive = new Subscriber(`${shop.url.replace('http', 'ws')}/orders/live`, { subscribe: 'orders' })
    open.push(alive)
    await alive.hears(subscribed)
    gate.hold()
    const deadline = performance.now() + 10_000
    while ((await figures()).lost === 0) assert.ok(performance.now() < deadline, shop.said)
    assert.deepEqual([(await figures()).peers, (await figures()).lost], [1, 1])
    assert.match(shop.said, /live: a subscriber does not answer/)
    await sell()
    await alive.hears(({ ids }) => ids.length === 1)
  })

  it('RESILIENT=0 keeps one that is gone', async () => {
    await start('0')
    await subscriber({ subscribe: 'orders' }).hears(subscribed)
    gate.hold()
    assert.equal(await until(() => shop.said.includes('does not answer'), 2500), undefined)
    assert.deepEqual(await figures(), { last: 0, peers: 1, lost: 0 })
  })

  it('closes on what it does not understand, with 1008, and refuses what is no such path', async () => {
    await start('1')
    for (const nonsense of [{ subscribe: 'all' }, { resume: -1 }, { resume: '1' }, 'hello', null]) await subscriber(nonsense).hears(({ code }) => code === 1008)
    const elsewhere = new WebSocket(`${shop.url.replace('http', 'ws')}/orders/other`)
    const [error] = await once(elsewhere, 'error') as [Error]
    assert.match(error.message, /400/)
    const garbage = connect(shop.port, '127.0.0.1').end('GET /orders/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    assert.match(String((await once(garbage, 'data'))[0]), /^HTTP\/1\.1 4\d\d /)
    assert.equal((await figures()).peers, 0)
    assert.equal(shop.running, true)
  })

  it('says 1001 when the shop closes, which takes less than a second', async () => {
    await start('1')
    const one = await subscriber({ subscribe: 'orders' }).hears(subscribed)
    const { took, code } = await shop.terminate()
    await one.hears(({ code }) => code === 1001)
    assert.equal(code, 0, shop.said)
    assert.ok(took < 1000, `${took} ms`)
  })
})
