import assert from 'node:assert/strict'
import { freeze } from '../../../faults/websocket/freeze.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.freeze', () => {
  afterEach(closeAll)

  it('swallows all of it both ways, pings and the close too, while the connection stays open; then what lost something is reset', async () => {
    const stage = await webStage()
    const [socket, idle] = [await stage.socket(), await stage.socket()]
    await stage.strike(freeze)
    let pongs = 0
    socket.on('pong', () => pongs++)
    socket.send('lost')
    socket.ping()
    stage.sockets[0]?.send('lost as well')
    socket.close(4000, 'nobody hears it')
    await until(() => stage.did().length === 4, 'all of it')
    assert.deepEqual([stage.received, socket.got, pongs, stage.ended], [[], [], 0, []])
    assert.deepEqual([socket.readyState, stage.sockets[0]?.readyState], [2, 1])
    assert.equal((await stage.fetch('/a')).status, 200)
    await stage.heal()
    assert.equal(await socket.over, '1006')
    await until(() => stage.ended.length === 1, 'the server is cut off as well')
    assert.deepEqual(stage.ended, ['1006'])
    idle.send('lost nothing')
    await until(() => idle.got.length === 1, 'the echo on what was idle')
    assert.equal((await stage.fetch('/b')).status, 200)
  })

  it('swallows the end of a client too: the server is not told', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(freeze, {}, { where: { path: '/live' } })
    socket.terminate()
    await until(() => stage.did().includes('drop'), 'the end')
    assert.deepEqual([stage.sockets[0]?.readyState, stage.ended], [1, []])
    await stage.heal()
    await until(() => stage.ended.length === 1, 'the reset')
    assert.deepEqual(stage.ended, ['1006'])
  })

  it('some connections only, by `times`; one way only, by `direction`', async () => {
    const stage = await webStage()
    assert.equal((await stage.fetch('/a')).status, 200)
    const sockets = [await stage.socket(), await stage.socket()]
    await stage.strike(freeze, {}, { times: 1, direction: 'to-client' })
    for (const socket of sockets) socket.send('hello')
    await until(() => stage.received.length === 2 && stage.did().length === 1, 'the messages')
    await until(() => sockets.some(({ got }) => got.length === 1), 'one echo')
    assert.deepEqual(sockets.map(({ got }) => got.length).sort(), [0, 1])
  })
})
