/** Figures by name of what undici and ws do through the proxy; as they are taken, and as Prometheus is shown them. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { status } from '../../../faults/http/status.ts'
import { latency } from '../../../faults/tcp/latency.ts'
import { resetPeer } from '../../../faults/tcp/reset-peer.ts'
import { drop } from '../../../faults/websocket/drop.ts'
import { Metrics } from '../../../src/admin/metrics.ts'
import type { NamedFigures } from '../../../src/proxy/plane.ts'
import { closeAll, until, webStage, type WebStage } from '../../faults/web/stage.ts'

const figuresOf = async ({ plane }: WebStage) => (await plane.figures()).operations['cache'] ?? assert.fail('no figures')
const seen = async (stage: WebStage, name: string): Promise<NamedFigures | undefined> => (await figuresOf(stage)).named.find(({ of }) => Object.values(of).join(' ') === name)
const named = async (stage: WebStage, name: string): Promise<NamedFigures> => await seen(stage, name) ?? assert.fail(`no ${name}`)
const linesOf = async (stage: WebStage): Promise<string[]> => (await figuresOf(stage)).named.map(({ of, ok, errors, statuses }) =>
  [`${Object.values(of).join(' ')}: ${ok}`, ...Object.entries(errors).map(([code, count]) => `${count} ${code}`), ...Object.entries(statuses).map(([name, count]) => `${name} ${count}`)].join(', '))

describe('accounts through the proxy, of HTTP and WebSocket', () => {
  afterEach(closeAll)

  it('of undici: routes of the target and of its paths, statuses of the server and of a fault, sizes and times', async () => {
    const stage = await webStage({ spec: { routes: ['/shops/:shop/orders'] } })
    for (let n = 0; n < 4; n++) await stage.fetch(`/shops/shop${n}/orders?page=${n}`)
    for (let n = 0; n < 3; n++) await stage.fetch(`/orders/${n}`, { method: 'POST', body: 'x'.repeat(100_000) })
    await stage.fetch('/big?250000')
    await stage.fetch('/close')
    await stage.strike(status, { code: 503 }, { where: { route: '/shops/:shop/orders' }, times: 2 })
    for (let n = 0; n < 3; n++) await stage.fetch('/shops/a/orders')
    assert.deepEqual(await linesOf(stage), ['GET /shops/:shop/orders: 5, 2 503, 2xx 5, 5xx 2', 'POST /orders/:id: 3, 2xx 3', 'GET /big: 1, 2xx 1', 'GET /close: 1, 2xx 1'])
    const [orders, big] = [await named(stage, 'POST /orders/:id'), await named(stage, 'GET /big')]
    assert.ok(orders.bytesToServer > 300_000 && orders.bytesToServer < 310_000 && orders.bytesToClient > 300_000, `${orders.bytesToServer} ${orders.bytesToClient}`)
    assert.ok(big.bytesToClient > 250_000 && big.bytesToServer < 1000, `${big.bytesToClient}`)
    const counted = orders.firstBytes?.counts.reduce((sum, count) => sum + count, 0)
    assert.deepEqual([counted, orders.durations.counts.reduce((sum, count) => sum + count, 0), orders.inFlight], [3, 3, 0])
    assert.ok((orders.firstBytes?.sum ?? 0) <= orders.durations.sum)
  })

  it('of undici: what a fault for bytes held is told apart from the server\'s time', async () => {
    const stage = await webStage()
    await stage.fetch('/warm')
    await stage.strike(latency, { delay: '60ms' }, { direction: 'both' })
    await stage.fetch('/late')
    const { held, durations, firstBytes } = await named(stage, 'GET /late')
    assert.ok(held >= 119 && held <= durations.sum, `${durations.sum} ms in all, ${held} ms held`)
    assert.ok((firstBytes?.sum ?? 0) >= 119)
  })

  it('of ws: set-up, messages, pings both ways, what was dropped, closes by code, and being back after a cut', async () => {
    const stage = await webStage()
    const [socket, other] = [await stage.socket('/live?token=1'), await stage.socket('/live?token=2')]
    for (let n = 0; n < 10; n++) socket.send(`message ${n}`)
    socket.send(Buffer.alloc(100_000), { binary: true })
    await until(() => socket.got.length === 11, 'the echoes')
    socket.ping('a')
    await once(socket, 'pong')
    const [serverSide] = stage.sockets
    serverSide?.ping('b')
    await until(async () => (await seen(stage, 'to-client ping'))?.ok === 1, 'the pong of the client')
    await stage.strike(drop, {}, { where: { text: 'lost' }, direction: 'to-client' })
    socket.send('lost')
    socket.send('kept')
    await until(() => socket.got.at(-1) === 'kept', 'what was not dropped')
    await stage.heal()
    await stage.strike(drop, {}, { where: { text: 'lost' }, direction: 'to-server' })
    socket.send('lost')
    socket.send('last')
    await until(() => socket.got.at(-1) === 'last', 'what was not dropped')
    await stage.heal()
    assert.deepEqual((await linesOf(stage)).sort(), [
      'GET /live: 2, 1xx 2', 'to-client binary: 1', 'to-client ping: 1', 'to-client pong: 1', 'to-client text: 12, 1 lost',
      'to-server binary: 1', 'to-server ping: 1', 'to-server pong: 1', 'to-server text: 13, 1 lost',
    ])
    assert.ok((await named(stage, 'to-server binary')).bytesToServer > 100_000)
    assert.equal((await named(stage, 'to-client ping')).durations.counts.reduce((sum, count) => sum + count, 0), 1)

    await stage.strike(resetPeer, {}, { times: 1 })
    await socket.over
    await stage.heal()
    const again = await stage.socket()
    again.close(1000)
    other.close(4001, 'enough')
    await Promise.all([again.over, other.over])
    await until(async () => { const close = await seen(stage, 'close'); return close?.ok === 1 && close.errors['4001'] === 1 }, 'the closes')
    assert.deepEqual((await named(stage, 'close')).errors, { cut: 1, 4001: 1 })
    const { setup, resume, cut } = (await figuresOf(stage)).sockets ?? assert.fail('no WebSockets')
    const count = (counts: readonly number[]): number => counts.reduce((sum, one) => sum + one, 0)
    assert.deepEqual([count(setup.counts), count(resume.counts), cut], [3, 1, 1])
  })

  it('counts an upgrade that was refused, and one that the server refuses', async () => {
    const stage = await webStage({ websocket: { verifyClient: () => false } })
    await assert.rejects(stage.socket('/live'))
    assert.deepEqual(await linesOf(stage), ['GET /live: 0, 1 401, 4xx 1'])
  })

  it('as Prometheus is shown them', async () => {
    const stage = await webStage()
    const metrics = new Metrics(stage.plane, () => [], { own: true, process: false })
    await stage.fetch('/orders/7')
    const socket = await stage.socket()
    socket.send('hello')
    await until(() => socket.got.length === 1, 'the echo')
    const { text } = await metrics.page()
    const sample = (start: string): string[] => text.split('\n').filter((line) => line.startsWith(start))
    assert.deepEqual(sample('brownout_operations_total'), ['GET /orders/:id', 'GET /live', 'to-server text', 'to-client text'].map((operation) => `brownout_operations_total{proxy="cache",operation="${operation}",key="",outcome="ok"} 1`))
    assert.deepEqual(sample('brownout_http_answers_total'), [['GET /orders/:id', '2xx'], ['GET /live', '1xx']].map(([operation, name]) => `brownout_http_answers_total{proxy="cache",operation="${operation}",key="",status="${name}"} 1`))
    assert.deepEqual(sample('brownout_operation_bytes_total{proxy="cache",operation="to-server text"'), ['brownout_operation_bytes_total{proxy="cache",operation="to-server text",key="",direction="to-server"} 11'])
    assert.deepEqual(sample('brownout_first_byte_seconds_count'), ['GET /orders/:id', 'GET /live'].map((operation) => `brownout_first_byte_seconds_count{proxy="cache",operation="${operation}",key=""} 1`))
    assert.deepEqual(sample('brownout_websocket_setup_seconds_count'), ['brownout_websocket_setup_seconds_count{proxy="cache"} 1'])
    assert.deepEqual(sample('brownout_websocket_cuts_total'), ['brownout_websocket_cuts_total{proxy="cache"} 0'])
  })
})
