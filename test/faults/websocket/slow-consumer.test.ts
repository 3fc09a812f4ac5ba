import assert from 'node:assert/strict'
import { slowConsumer } from '../../../faults/websocket/slow-consumer.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.slow_consumer', () => {
  afterEach(closeAll)

  it('nothing is read: what is sent piles up at the sender, and all of it arrives when the fault ends', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(slowConsumer)
    const server = stage.sockets[0] ?? assert.fail()
    const piece = 'x'.repeat(1_000_000)
    for (let n = 0; n < 40; n++) server.send(piece)
    // 8 MiB are held, and some megabytes are in the hands of the kernel.
    await until(() => server.bufferedAmount > 5_000_000 && stage.did().length > 50, 'what waits')
    const before = server.bufferedAmount
    socket.send('the other way')
    await until(() => stage.received.length === 1, 'is read as ever')
    assert.ok(server.bufferedAmount >= Math.min(before, 5_000_000))
    assert.equal(socket.got.length, 0)
    await stage.heal()
    await until(() => socket.got.length === 41, 'all of it', 20_000)
    assert.deepEqual([socket.got.at(-1), socket.errors], ['the other way', []])
  })

  it('at a rate: so many bytes a second', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(slowConsumer, { rate: '100kB/s' })
    const started = performance.now()
    for (let n = 0; n < 20; n++) stage.sockets[0]?.send('y'.repeat(996))
    await until(() => socket.got.length === 20, 'all of it')
    assert.ok(performance.now() - started >= 150, '20 kB at 100 kB/s')
    await stage.heal()
    stage.sockets[0]?.send('fast')
    await until(() => socket.got.length === 21, 'what nothing slows any more')
  })
})
