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
})
