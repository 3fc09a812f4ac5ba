import assert from 'node:assert/strict'
import { closeAll, exchange, until, type Seen } from '../proxy/stage.ts'
import { push, serve, type Served } from './stage.ts'

/** With real time the lower bound is hard; the upper one leaves room for a busy machine. */
const LATE = 150

/** The same on a connection that was there before the toxic, and on one that came after it. */
function onBoth(what: string, arrange: (stage: Served) => Promise<unknown>, check: (client: Seen, stage: Served) => Promise<void>, serverDoes?: Parameters<typeof serve>[0]): void {
  it(`${what}: on a live connection`, async () => {
    const stage = await serve(serverDoes)
    const client = await stage.connect()
    await until(() => stage.served.length === 1, 'the server has it')
    await arrange(stage)
    await check(client, stage)
  })
  it(`${what}: on a new connection`, async () => {
    const stage = await serve(serverDoes)
    await arrange(stage)
    await check(await stage.connect(), stage)
  })
}

const within = (took: number, from: number, to = from + LATE): void => assert.ok(took >= from && took <= to, `${took.toFixed(1)} ms is not from ${from} to ${to}`)
async function timed(work: Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work
  return performance.now() - start
}
/** Something that must not happen within `ms`. */
async function never(happens: () => boolean, what: string, time = 120): Promise<void> {
  await assert.rejects(until(happens, what, time))
}

describe('toxics, as Toxiproxy\'s clients see them', () => {
  afterEach(closeAll)

  onBoth('latency: 100 ms', ({ toxic }) => toxic('latency', { latency: 100 }), async (client) => {
    for (let i = 0; i < 3; i++) within(await exchange(client, 'ping'), 100)
  })
  onBoth('latency of several toxics adds up exactly', async ({ toxic }) => {
    await toxic('latency', { latency: 60 })
    await toxic('latency', { latency: 30 }, { name: 'up', stream: 'upstream' })
    await toxic('latency', { latency: 40 }, { name: 'more' })
  }, async (client) => { within(await exchange(client, 'ping'), 130) })
  onBoth('a long chain of latencies is not late and not early', async ({ toxic }) => {
    for (let i = 0; i < 12; i++) await toxic('latency', { latency: 10 }, { name: `l${i}` })
  }, async (client) => { within(await exchange(client, 'ping'), 120) })
  onBoth('latency does not limit throughput', ({ toxic }) => toxic('latency', { latency: 80 }), async (client) => {
    within(await exchange(client, 'x'.repeat(200_000)), 80)
  })

  onBoth('bandwidth: 1000 KB/s', ({ toxic }) => toxic('bandwidth', { rate: 1000 }), async (client, { served }) => {
    await until(() => served.length > 0, 'accepted')
    const { socket } = served.at(-1) ?? client
    const took = await timed(Promise.all([until(() => client.bytes() >= 480_000, '480 kB'), push(socket, 480_000)]))
    within(took, 470, 480 + LATE)
  })
  onBoth('bandwidth: 0 holds all, and removing it delivers at once', ({ toxic }) => toxic('bandwidth', { rate: 0 }), async (client, { proxy }) => {
    client.socket.write('held')
    await never(() => client.bytes() > 0, 'bytes')
    await (await proxy.getToxic('bandwidth')).remove()
    await until(() => client.text() === 'held', 'what was held', 1000)
  })

  onBoth('slow_close: 120 ms after the server has closed, its data at once', ({ toxic }) => toxic('slow_close', { delay: 120 }), async (client, { served }) => {
    await until(() => served.length > 0, 'accepted')
    const start = performance.now()
    served.at(-1)?.socket.end('bye')
    await until(() => client.text() === 'bye', 'the data')
    assert.ok(performance.now() - start < 110)
    await client.ended
    within(performance.now() - start, 119)
  }, () => undefined)

  onBoth('timeout: 150 ms, and data does not put it off', ({ toxic }) => toxic('timeout', { timeout: 150 }), async (client) => {
    const start = performance.now()
    const feed = setInterval(() => client.socket.write('x'), 20)
    const how = await client.ended.finally(() => clearInterval(feed))
    within(performance.now() - start, 100)
    assert.notEqual(how, 'ECONNREFUSED')
    assert.equal(client.bytes(), 0)
  })
  onBoth('timeout: 0 swallows until it is removed, then the connection ends within a second', ({ toxic }) => toxic('timeout', { timeout: 0 }), async (client, { proxy, served }) => {
    client.socket.write('lost')
    await until(() => served.at(-1)?.text() === 'lost', 'the other direction flows')
    await never(() => client.bytes() > 0, 'bytes')
    await (await proxy.getToxic('timeout')).remove()
    assert.ok(await timed(client.ended) < 1000)
    assert.equal(client.bytes(), 0)
  })

  onBoth('reset_peer: a RST to both sides, though nothing is sent', ({ toxic }) => toxic('reset_peer', { timeout: 50 }), async (client, { served }) => {
    assert.equal(await client.ended, 'ECONNRESET')
    assert.equal(await served.at(-1)?.ended, 'ECONNRESET')
  })

  onBoth('slicer: small pieces with a pause, not a byte lost', ({ toxic }) => toxic('slicer', { average_size: 100, size_variation: 50, delay: 2000 }), async (client) => {
    const pieces: number[] = []
    client.socket.on('data', (chunk) => pieces.push(chunk.length))
    const text = Array.from({ length: 400 }, (_, i) => String(i).padStart(5, '0')).join('')
    // 2,000 bytes in pieces of 150 at most: 13 pauses at least.
    assert.ok(await exchange(client, text) >= 13 * 2 - 1)
    assert.equal(client.text(), text)
    assert.ok(pieces.length >= 10, `${pieces.length} pieces`)
  })

  onBoth('limit_data: exactly so many bytes, then the end', ({ toxic }) => toxic('limit_data', { bytes: 10 }), async (client) => {
    client.socket.write('0123456789abcdef')
    assert.equal(await client.ended, 'end')
    assert.equal(client.text(), '0123456789')
  })

  onBoth('noop changes nothing', ({ toxic }) => toxic('noop', {}), async (client) => {
    await exchange(client, 'ping')
    assert.equal(client.text(), 'ping')
  })

  onBoth('packet_loss of 1 loses all, and the connection stays', ({ toxic }) => toxic('packet_loss', { loss_rate: 1, correlation: 0 }), async (client) => {
    client.socket.write('gone')
    await never(() => client.bytes() > 0, 'bytes')
  })

  for (const [type, attributes] of Object.entries({
    latency: { latency: 5000 }, bandwidth: { rate: 0 }, timeout: { timeout: 1 }, reset_peer: { timeout: 0 }, limit_data: { bytes: 0 }, packet_loss: { loss_rate: 1 }, slow_close: { delay: 60_000 },
  })) {
    onBoth(`toxicity 0: ${type} cannot be told from none`, ({ toxic }) => toxic(type, attributes, { toxicity: 0 }), async (client, { served }) => {
      assert.ok(await exchange(client, 'ping') < 1000)
      client.socket.end()
      assert.equal(await client.ended, 'end')
      assert.equal(await served.at(-1)?.ended, 'end')
    })
  }

  it('toxicity 0.5: a connection is hit for good or not at all, whatever else is changed', async () => {
    const { connect, toxic } = await serve()
    const half = await toxic('latency', { latency: 40 }, { toxicity: 0.5 })
    const clients = await Promise.all(Array.from({ length: 24 }, connect))
    const hit = async (): Promise<readonly boolean[]> => {
      const times: number[] = []
      // One at a time: together they would wait for one another.
      for (const client of clients) times.push(await exchange(client, 'ping'))
      return times.map((took) => took >= 39)
    }
    const first = await hit()
    assert.ok(first.includes(true) && first.includes(false), first.join())
    await half.update({ name: 'latency', type: 'latency', stream: 'downstream', toxicity: 0.5, attributes: { latency: 40, jitter: 0 } })
    await toxic('noop', {})
    assert.deepEqual(await hit(), first)
  })

  it('removing a timeout spares the connections that it never hit', async () => {
    const { connect, toxic, served } = await serve()
    const clients = await Promise.all(Array.from({ length: 16 }, connect))
    const half = await toxic('timeout', { timeout: 0 }, { toxicity: 0.5 })
    for (const { socket } of clients) socket.write('ping')
    await until(() => served.length === 16 && served.every((one) => one.text() === 'ping'), 'all has arrived')
    await half.remove()
    const over = new Set<Seen>()
    for (const client of clients) void client.ended.then(() => over.add(client))
    for (const { socket } of clients) if (socket.writable) socket.write('pong')
    await until(() => clients.every((client) => over.has(client) || client.text() === 'pingpong'), 'each is over or whole')
    for (const client of over) assert.equal(client.text(), '')
    assert.ok(over.size > 0 && over.size < 16, `${over.size} of 16 were hit`)
  })

  it('a toxic that is changed holds its new values at once, on live connections too', async () => {
    const { connect, toxic } = await serve()
    const slow = await toxic('latency', { latency: 5000 })
    const client = await connect()
    client.socket.write('waits')
    await never(() => client.bytes() > 0, 'bytes', 60)
    await slow.update({ name: 'latency', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 30, jitter: 0 } })
    await until(() => client.text() === 'waits', 'what waited goes out', 1000)
    within(await exchange(client, 'ping'), 30)
  })

  it('upstream toxics hit what the client sends, and only that', async () => {
    const { connect, toxic, served } = await serve(() => undefined)
    await toxic('timeout', { timeout: 0 }, { stream: 'upstream' })
    const client = await connect()
    client.socket.write('lost')
    await until(() => served.length === 1, 'accepted')
    served[0]?.socket.write('arrives')
    await until(() => client.text() === 'arrives', 'the other direction')
    assert.equal(served[0]?.bytes(), 0)
  })
})
