import assert from 'node:assert/strict'
import { noExtensions } from '../../../faults/websocket/no-extensions.ts'
import { reorder } from '../../../faults/websocket/reorder.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.reorder', () => {
  afterEach(closeAll)

  it('lets each two messages change places, either way; pings and the close come through', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(reorder, { within: '1m' }, { direction: 'both' })
    for (const text of ['1', '2', '3', '4']) socket.send(text)
    await until(() => socket.got.length === 4, 'the echoes')
    assert.deepEqual([stage.received, socket.got], [['2', '1', '4', '3'], ['1', '2', '3', '4']])
    const ponged = new Promise((resolve) => socket.once('pong', resolve))
    socket.ping()
    await ponged
    socket.close(1000)
    assert.equal(await socket.over, '1000')
    assert.deepEqual([socket.errors, stage.refused], [[], []])
  })

  it('one that none overtakes goes when its time is over, or before a close', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(reorder, { within: '60ms' })
    const started = performance.now()
    stage.sockets[0]?.send('alone')
    await until(() => socket.got.length === 1, 'it comes by itself')
    assert.ok(performance.now() - started >= 59)
    stage.sockets[0]?.send('the last')
    stage.sockets[0]?.close(1001, 'bye')
    assert.equal(await socket.over, '1001 bye')
    assert.deepEqual([socket.got, socket.errors], [['alone', 'the last'], []])
  })

  it('one that still waits goes when the rule is disarmed, to either side, and nothing changes places then', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(reorder, { within: '1m' }, { direction: 'both' })
    socket.send('to the server')
    stage.sockets[0]?.send('to the client')
    await until(() => stage.did().length === 2, 'both wait')
    assert.deepEqual([stage.received, socket.got], [[], []])
    await stage.heal()
    for (const text of ['a', 'b']) socket.send(text)
    await until(() => socket.got.length === 4, 'all of them')
    assert.deepEqual([stage.received, socket.got], [['to the server', 'a', 'b'], ['to the client', 'to the server', 'a', 'b']])
  })

  it('a message of fragments is overtaken by none, and overtakes only when it is whole; a large one too', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(reorder, { within: '20ms' })
    const [server] = stage.sockets
    server?.send('1')
    server?.send('two ', { fin: false })
    await new Promise((resolve) => { setTimeout(resolve, 60) })
    server?.send('fragments', { fin: true })
    server?.send('3')
    server?.send('x'.repeat(200_000))
    await until(() => socket.got.length === 4, 'all of them')
    assert.deepEqual([socket.got.map((text) => text.slice(0, 5)), socket.errors], [['two f', '1', 'xxxxx', '3'], []])
  })

  it('where a rule ends amid the message that overtakes, the connection is reset: it lacks one', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(reorder, { within: '1m' })
    stage.sockets[0]?.send('held')
    stage.sockets[0]?.send('not ', { fin: false })
    stage.sockets[0]?.ping('here')
    await new Promise((resolve) => socket.once('ping', resolve))
    await stage.heal()
    assert.equal(await socket.over, '1006')
  })

  it('those that are not hit overtake: a share of them, and `times`', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(reorder, { within: '50ms' }, { where: { text: 'late *' } })
    for (const text of ['late 1', 'a', 'b']) stage.sockets[0]?.send(text)
    await until(() => socket.got.length === 3, 'all of them')
    await stage.heal()
    await stage.strike(reorder, { within: '50ms' }, { times: 1 })
    for (const text of ['late 2', 'c', 'd']) stage.sockets[0]?.send(text)
    await until(() => socket.got.length === 6, 'all of them')
    assert.deepEqual(socket.got, ['a', 'b', 'late 1', 'c', 'd', 'late 2'])
  })

  it('compressed with context it leaves alone; without extensions it does not', async () => {
    for (const bare of [false, true]) {
      const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
      if (bare) await stage.plane.arm([{ id: 'bare', fault: noExtensions.name, on: 'cache', params: {}, standing: true }])
      const socket = await stage.socket('/live', { perMessageDeflate: true })
      await stage.strike(reorder)
      for (const text of ['again 1', 'again 2']) stage.sockets[0]?.send(text)
      await until(() => socket.got.length === 2, 'both')
      assert.deepEqual(socket.got, bare ? ['again 2', 'again 1'] : ['again 1', 'again 2'])
      assert.equal(stage.events.filter(({ kind }) => kind === 'spared').length, bare ? 0 : 1)
      await closeAll()
    }
  })
})
