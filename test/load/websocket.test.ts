import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createTcp } from 'node:net'
import { type WebSocket, WebSocketServer, type ServerOptions } from 'ws'
import { ManualClock } from '../../src/core/clock.ts'
import { ms, perSecond, type Ms } from '../../src/core/units.ts'
import type { LoadSpec, WebSocketTraffic } from '../../src/load/spec.ts'
import { Line } from '../../src/load/websocket-line.ts'
import { until } from '../support/processes.ts'
import { bucketFigure } from '../../src/report/figures.ts'
import { begun, counted, ended, generated, standing } from './generated.ts'
import { latency, sum } from './totals.ts'

const PATIENCE = 10_000

describe('load: WebSockets', () => {
  let server: WebSocketServer
  let port = 0
  afterEach(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  /** `joined` hears each connection, with its number. */
  const listen = async (joined: (socket: WebSocket, number: number) => void, options: ServerOptions = {}): Promise<void> => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address ? address.port : 0
    let number = 0
    server.on('connection', (socket) => joined(socket, number++))
  }
  const spec = (more: Partial<WebSocketTraffic>, load: Partial<LoadSpec> = {}): LoadSpec => {
    const send: WebSocketTraffic = { kind: 'websocket', url: `ws://127.0.0.1:${port}/`, headers: {}, over: ms(100), expect: 'echo', send: '{id}', compression: false, reconnect: { backoff: ms(100), max: ms(400) }, ...more }
    return { name: 'viewers', send, rate: perSecond(send.expect === 'echo' ? 100 : 0), timeout: ms(5000), ok: '2xx', inFlightMax: 10_000, connections: 20, ...load }
  }
  const cutAll = (): void => { for (const socket of server.clients) socket.terminate() }

  it('sends on each connection in turn and counts what comes back on it', async () => {
    const texts: string[] = []
    const urls: string[] = []
    await listen((socket) => socket.on('message', (data) => { texts.push(String(data)); socket.send(`you said ${String(data)}`) }))
    server.on('headers', (_, { url, headers: { cookie } }) => { urls.push(`${url} ${cookie}`) })
    const { buckets, verdict } = await generated(spec({ url: `ws://127.0.0.1:${port}/?user={n}`, headers: { cookie: 'user={n}' }, send: '{"n":{n},"id":"{id}","x":1}' }), ended({ ok: 60 }))
    const { offered, ok } = sum(buckets)
    assert.deepEqual([ok, verdict.errors, verdict.closes, verdict.sent], [offered, {}, {}, offered])
    assert.deepEqual(urls.toSorted(), Array.from({ length: 20 }, (_, n) => `/?user=${n} user=${n}`).toSorted())
    assert.match(texts[0] ?? '', /^\{"n":(\d+),"id":"brownout-\1","x":1\}$/)
    assert.equal(bucketFigure(buckets, 'connections'), 20)
    assert.equal(bucketFigure(buckets, 'delivered'), 1)
    assert.equal(bucketFigure(buckets, 'reconnects'), 0)
    const setup = bucketFigure(buckets, 'setup_p95') ?? Number.NaN
    assert.ok(setup > 0 && setup < 5000, `${setup}`)
    assert.ok(latency(buckets, 0.5) < 5000)
  })

  it('counts the round trip from the intended send: a stall of half a second is felt by all that were due in it', async () => {
    let held: (() => void)[] | undefined
    await listen((socket) => socket.on('message', (data) => {
      const answer = (): void => { socket.send(String(data)) }
      if (held) held.push(answer)
      else answer()
    }))
    const running = await begun(spec({}))
    assert.ok(await until(() => counted(running.buckets, 'messages') > 20, PATIENCE) !== undefined)
    const waiting: (() => void)[] = []
    held = waiting
    assert.ok(await until(() => waiting.length >= 50, PATIENCE) !== undefined)
    held = undefined
    for (const answer of waiting) answer()
    await running.stop()
    const p99 = latency(running.buckets, 0.99)
    // 50 messages at 100/s: the first waited for about 500 ms.
    assert.ok(p99 > 400 && p99 < 10_000, `p99 ${p99}`)
    assert.equal(sum(running.buckets).error, 0)
  })

  it('counts what does not come back within the timeout, and what was under way on a connection that broke', async () => {
    await listen((socket, number) => socket.on('message', (data) => { if (number % 2 === 0) socket.send(String(data)) }))
    const silent = await generated(spec({}, { timeout: ms(300) }), ended({ ok: 10, timeout: 20 }))
    const { offered, ok, timeout, error } = sum(silent.buckets)
    assert.deepEqual([ok + timeout, error], [offered, 0])
    assert.equal(counted(silent.buckets, 'messages_lost'), timeout)
    assert.ok((bucketFigure(silent.buckets, 'delivered') ?? 1) < 0.8)
    const running = await begun(spec({ reconnect: undefined }))
    assert.ok(await until(() => counted(running.buckets, 'messages') > 5, PATIENCE) !== undefined)
    cutAll()
    assert.ok(await until(() => (running.buckets.at(-1)?.extra?.['connections'] ?? 1) === 0, PATIENCE) !== undefined)
    const verdict = await running.stop()
    assert.deepEqual([Object.keys(verdict.errors), verdict.closes], [['closed 1006'], { 1006: 20 }])
    assert.ok(counted(running.buckets, 'messages_lost') > 0)
    assert.equal(counted(running.buckets, 'reconnects'), 0)
  })

  it('waits for the message of its own connection where a server tells everybody', async () => {
    await listen((socket, number) => socket.on('message', (data) => { for (const one of server.clients) if (one !== socket || number > 0) one.send(String(data)) }))
    const { buckets } = await generated(spec({}, { connections: 4, timeout: ms(500) }), ended({ ok: 20, timeout: 10 }))
    const { ok, timeout, offered } = sum(buckets)
    assert.ok(timeout >= Math.floor(offered / 4) - 2, `${timeout} of ${offered}`)
    assert.equal(ok + timeout, offered)
  })

  /** A stream of numbered messages, which goes on from an id that it is told. */
  const stream = async (goOn: (last: number) => number): Promise<{ readonly subscribed: string[]; stop(): void }> => {
    const subscribed: string[] = []
    let last = 1000
    const tell = (socket: WebSocket, seq: number): void => { socket.send(JSON.stringify({ order: 'x', seq })) }
    const listeners = new Set<WebSocket>()
    await listen((socket) => {
      socket.send('{"hello":true}')
      socket.on('close', () => listeners.delete(socket))
      socket.on('message', (data) => {
        subscribed.push(String(data))
        const after = Number(/\d+/.exec(String(data))?.[0] ?? Number.NaN)
        for (let seq = goOn(after); seq <= last; seq++) tell(socket, seq)
        listeners.add(socket)
      })
    })
    const timer = setInterval(() => { last++; for (const socket of listeners) tell(socket, last) }, 10)
    return { subscribed, stop: () => clearInterval(timer) }
  }
  const viewers = (more: Partial<WebSocketTraffic> = {}): LoadSpec => spec({ expect: 'messages', open: '{"subscribe":"orders"}', resume: '{"subscribe":"orders","after":{last_id}}', id: 'json:seq', ...more })

  /** Cuts all connections once the stream flows, and stops when it flows again. */
  const cutOnce = async (load: LoadSpec): Promise<Awaited<ReturnType<typeof generated>>> => {
    const running = await begun(load)
    const flows = (more: number): Promise<number | undefined> => {
      const from = counted(running.buckets, 'messages')
      return until(() => running.buckets.at(-1)?.extra?.['connections'] === 20 && counted(running.buckets, 'messages') > from + more, PATIENCE)
    }
    assert.ok(await flows(200) !== undefined, 'it flows')
    cutAll()
    assert.ok(await until(() => counted(running.buckets, 'reconnects') === 20, PATIENCE) !== undefined, 'all are back')
    assert.ok(await flows(200) !== undefined, 'it flows again')
    return { buckets: running.buckets, verdict: await running.stop() }
  }

  it('makes a cut connection anew and goes on from its last id: nothing is lost and nothing doubled', async () => {
    const { subscribed, stop } = await stream((after) => after + 1)
    const { buckets, verdict } = await cutOnce(viewers())
    stop()
    assert.deepEqual([verdict.closes, verdict.errors], [{ 1006: 20 }, { 'closed 1006': 20 }])
    assert.equal(subscribed.filter((text) => text === '{"subscribe":"orders"}').length, 20)
    const resumed = subscribed.filter((text) => text !== '{"subscribe":"orders"}')
    assert.equal(resumed.length, 20)
    assert.match(resumed[0] ?? '', /^\{"subscribe":"orders","after":1\d\d\d\}$/)
    assert.deepEqual([counted(buckets, 'messages_lost'), counted(buckets, 'messages_doubled'), bucketFigure(buckets, 'delivered')], [0, 0, 1])
    const { ok, error, offered } = sum(buckets)
    assert.deepEqual([error, ok], [20, offered - 20])
    assert.equal(ok, counted(buckets, 'messages'), 'what bears no id does not count')
  })

  it('counts what a server that starts over leaves out, and what one that repeats itself sends twice', async () => {
    const forgetful = await stream(() => Number.NaN)
    const { buckets, verdict } = await cutOnce(viewers({ resume: undefined }))
    forgetful.stop()
    const lost = counted(buckets, 'messages_lost')
    assert.ok(lost > 0, 'there was a gap for some')
    assert.deepEqual(verdict.errors, { 'closed 1006': 20, lost })
    assert.ok((bucketFigure(buckets, 'delivered') ?? 1) < 1)
    cutAll()
    server.close()
    const eager = await stream((after) => after - 2)
    const again = await cutOnce(viewers())
    eager.stop()
    assert.deepEqual([counted(again.buckets, 'messages_lost'), counted(again.buckets, 'messages_doubled')], [0, 60])
  })

  it('names why a connection could not be made, and gives up one that takes too long', async () => {
    await listen(() => undefined, { verifyClient: (_info, done) => done(false, 503) })
    const refused = await generated(spec({ expect: 'messages', reconnect: undefined }), ended({ error: 20 }))
    assert.deepEqual([refused.verdict.errors, sum(refused.buckets).error], [{ 'status 503': 20 }, 20])
    // Messages for which there is no connection fail at once, for the same reason.
    const echo = await generated(spec({ reconnect: undefined }), ended({ error: 10 }))
    assert.deepEqual(Object.keys(echo.verdict.errors), ['status 503'])
    assert.equal(bucketFigure(echo.buckets, 'delivered'), undefined)
    const mute = createTcp((socket) => { socket.on('error', () => socket.destroy()) }).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const address = mute.address()
    const url = `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
    const late = await generated(spec({ url, expect: 'messages', reconnect: undefined }, { timeout: ms(200) }), ended({ error: 20 }))
    mute.close()
    assert.deepEqual(late.verdict.errors, { timeout: 20 })
    assert.equal(Math.round(bucketFigure(late.buckets, 'setup_p95') ?? 0), 200)
    const gone = await generated(spec({ url, expect: 'messages', reconnect: undefined }), ended({ error: 20 }))
    assert.deepEqual(gone.verdict.errors, { ECONNREFUSED: 20 })
  })

  it('cuts a connection that answers no ping, and leaves alone one that does', async () => {
    await listen(() => undefined, { autoPong: false })
    const deaf = await begun(spec({ expect: 'messages', heartbeat: ms(200) }))
    assert.ok(await until(() => counted(deaf.buckets, 'reconnects') >= 20, PATIENCE) !== undefined)
    const { closes, errors } = await deaf.stop()
    assert.deepEqual([Object.keys(closes), Object.keys(errors)], [['no pong'], ['no pong']])
    server.close()
    let pings = 0
    await listen((socket) => { socket.on('ping', () => { pings++ }) })
    const alive = await begun(spec({ expect: 'messages', heartbeat: ms(500) }))
    assert.ok(await until(() => pings >= 40, PATIENCE) !== undefined)
    assert.deepEqual((await alive.stop()).closes, {})
  })

  it('takes its leave at the end, and offers compression and subprotocols only where it is told to', async () => {
    const closed: number[] = []
    const offers: (string | undefined)[] = []
    await listen((socket) => { socket.on('close', (code) => closed.push(code)) }, { perMessageDeflate: true })
    server.on('headers', (_, { headers }) => { offers.push(`${headers['sec-websocket-extensions']} ${headers['sec-websocket-protocol']}`) })
    await generated(spec({ expect: 'messages' }), standing(20))
    assert.ok(await until(() => closed.length === 20, PATIENCE) !== undefined)
    assert.deepEqual([...new Set(closed)], [1000])
    assert.deepEqual([...new Set(offers)], ['undefined undefined'])
    offers.length = 0
    await generated(spec({ expect: 'messages', compression: true, headers: { 'sec-websocket-protocol': 'chat, v2' } }), standing(20))
    assert.match(offers[0] ?? '', /^permessage-deflate.* chat,v2$/)
  })

  it('waits anywhere within a time that doubles up to a bound before it tries again', async () => {
    await listen(() => undefined)
    const free = createTcp().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const address = free.address()
    const url = `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
    await new Promise((resolve) => { free.close(resolve) })
    const clock = new ManualClock()
    const [begins, failures]: [Ms[], string[]] = [[], []]
    const never = (): void => assert.fail('it is refused')
    const line = new Line({
      url, protocols: [], options: {}, timeout: ms(60_000), reconnect: { backoff: ms(100), max: ms(500) }, clock, random: () => 0.5,
      begins: (now, meant) => { assert.equal(now, meant); begins.push(now) }, failed: (_now, reason) => { failures.push(reason) }, opened: never, closed: never, message: never,
    })
    line.connect(ms(0))
    for (let attempt = 1; attempt <= 6; attempt++) {
      assert.ok(await until(() => failures.length === attempt, PATIENCE) !== undefined)
      clock.advance(ms(250))
    }
    await line.leave()
    assert.deepEqual(failures.slice(0, 6), Array.from({ length: 6 }, () => 'ECONNREFUSED'))
    assert.deepEqual(begins.slice(0, 6), [0, 50, 350, 700, 1000, 1250])
  })
})
