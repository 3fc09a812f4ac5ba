import assert from 'node:assert/strict'
import { drop } from '../../../faults/websocket/drop.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.drop', () => {
  afterEach(closeAll)

  it('loses messages to the client, every second one where it is told so; pings and the close come through', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(drop, {}, { sequence: { fail: 1, pass: 1 } })
    for (let n = 0; n < 6; n++) socket.send(`message ${n}`)
    const ponged = new Promise((resolve) => socket.once('pong', resolve))
    socket.ping('alive?')
    await ponged
    assert.deepEqual(socket.got, ['message 1', 'message 3', 'message 5'])
    socket.close(1000)
    assert.equal(await socket.over, '1000')
  })

  it('loses messages to the server where it is told so, and nothing once it is disarmed', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(drop, {}, { direction: 'to-server', where: { text: 'lost' } })
    socket.send('lost')
    socket.send('kept')
    await until(() => socket.got.length > 0, 'the echo')
    await stage.heal()
    socket.send('lost')
    await until(() => socket.got.length > 1, 'the echo of what nothing loses any more')
    assert.deepEqual(socket.got, ['kept', 'lost'])
  })

  it('a large message, a binary one and one in fragments are lost as a whole; the server\'s close comes through', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(drop, {}, { times: 3 })
    const [server] = stage.sockets
    server?.send('x'.repeat(300_000))
    server?.send(Buffer.from([0, 1, 2]))
    for (const fin of [false, false, true]) server?.send('piece', { fin })
    server?.send('kept')
    server?.close(1001)
    assert.equal(await socket.over, '1001')
    assert.deepEqual([socket.got, socket.errors], [['kept'], []])
  })

  it('compressed with context they are left alone, and that is told once; what is not compressed on the same connection is lost', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    const socket = await stage.socket('/live', { perMessageDeflate: true })
    await stage.strike(drop)
    for (const text of ['long '.repeat(50), 'short', 'long '.repeat(60)]) stage.sockets[0]?.send(text, { compress: text !== 'short' })
    await until(() => socket.got.length === 2, 'the long ones')
    assert.deepEqual([socket.got.map(({ length }) => length), socket.errors], [[250, 300], []])
    assert.deepEqual(stage.events.map(({ kind }) => kind), ['spared', 'altered'])
  })
})
