import assert from 'node:assert/strict'
import { once } from 'node:events'
import { delay } from '../../../faults/websocket/delay.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.delay', () => {
  afterEach(closeAll)

  it('holds messages to the client back, each from when it came, in their order; what goes to the server is in time', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(delay, { delay: '120ms', jitter: '40ms' })
    const started = performance.now()
    for (let n = 0; n < 20; n++) socket.send(`message ${n}`)
    await until(() => stage.received.length === 20, 'the server has them')
    const served = performance.now() - started
    await until(() => socket.got.length === 20, 'the echoes')
    assert.ok(performance.now() - started >= 80, 'no echo is due sooner')
    assert.ok(served < performance.now() - started)
    assert.deepEqual(socket.got, Array.from({ length: 20 }, (_, n) => `message ${n}`))
    assert.equal(stage.did().length, 20)
  })

  it('compressed with context, in fragments and in many parts: all arrive whole, and the close behind them', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    await stage.strike(delay, { delay: '30ms' })
    const socket = await stage.socket('/live', { perMessageDeflate: true })
    const [server] = stage.sockets
    server?.send('compressed '.repeat(50))
    server?.send('one ', { fin: false })
    server?.send('message', { fin: true })
    server?.send('x'.repeat(300_000), { compress: false })
    server?.close(1001, 'done')
    assert.equal(await socket.over, '1001 done')
    assert.deepEqual([socket.got.map(({ length }) => length), socket.errors, stage.did()], [[550, 11, 300_000], [], ['delay', 'delay', 'delay']])
  })

  it('pings overtake nothing, and are not held on their own; once disarmed, what is held goes at once', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(delay, { delay: '1h' })
    const ponged = once(socket, 'pong')
    socket.ping('alone')
    await ponged
    socket.send('held')
    await until(() => stage.did().length === 1, 'the echo')
    assert.deepEqual(socket.got, [])
    await stage.heal()
    await until(() => socket.got.length === 1, 'what was held')
    socket.send('free')
    await until(() => socket.got.length === 2, 'what nothing holds any more')
    assert.deepEqual(socket.got, ['held', 'free'])
  })
})
