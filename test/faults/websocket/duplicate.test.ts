import assert from 'node:assert/strict'
import { once } from 'node:events'
import { duplicate } from '../../../faults/websocket/duplicate.ts'
import { noExtensions } from '../../../faults/websocket/no-extensions.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.duplicate', () => {
  afterEach(closeAll)

  it('doubles messages to the client, where it is told so with more copies; the close comes once', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(duplicate, { copies: 2 }, { sequence: { fail: 1, pass: 1 } })
    for (const text of ['a', 'b', 'c']) socket.send(text)
    await until(() => socket.got.length === 7, 'the echoes and their copies')
    assert.deepEqual([socket.got, stage.received], [['a', 'a', 'a', 'b', 'c', 'c', 'c'], ['a', 'b', 'c']])
    socket.close(1000)
    assert.equal(await socket.over, '1000')
  })

  it('doubles messages to the server, and none once it is disarmed', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(duplicate, {}, { direction: 'to-server', where: { text: 'pay *' } })
    for (const text of ['pay 1', 'hello']) socket.send(text)
    await until(() => stage.received.length === 3, 'the messages')
    await stage.heal()
    socket.send('pay 2')
    await until(() => stage.received.length === 4, 'the last')
    assert.deepEqual([stage.received, stage.refused], [['pay 1', 'pay 1', 'hello', 'pay 2'], []])
  })

  it('a message of fragments comes again behind its end, a ping between them does not; a large one comes again whole', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(duplicate)
    const [server] = stage.sockets
    let pings = 0
    socket.on('ping', () => pings++)
    server?.send('one ', { fin: false })
    server?.ping()
    server?.send('message', { fin: true })
    server?.send(`${'x'.repeat(300_000)}.`)
    server?.send('last')
    await until(() => socket.got.length === 6, 'all of them')
    assert.deepEqual([socket.got.map((text) => text.slice(-11).length), pings, socket.errors], [[11, 11, 11, 11, 4, 4], 1, []])
    assert.equal(socket.got[2], socket.got[3])
  })

  it('one past 1 MiB comes once, and that is told', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(duplicate)
    stage.sockets[0]?.send('x'.repeat(1_100_000))
    stage.sockets[0]?.send('small')
    await until(() => socket.got.length === 3, 'all of them')
    assert.deepEqual([socket.got.map(({ length }) => length), stage.events.map(({ kind }) => kind)], [[1_100_000, 5, 5], ['spared', 'altered']])
  })

  it('compressed with context it leaves alone; without extensions, or without context, it does not', async () => {
    const deflate = { threshold: 0 }
    for (const [options, bare, wanted] of [[deflate, false, 2], [deflate, true, 4], [{ ...deflate, serverNoContextTakeover: true }, false, 4]] as const) {
      const stage = await webStage({ websocket: { perMessageDeflate: options } })
      if (bare) await stage.plane.arm([{ id: 'bare', fault: noExtensions.name, on: 'cache', params: {}, standing: true }])
      const socket = await stage.socket('/live', { perMessageDeflate: true })
      await stage.strike(duplicate)
      for (const text of ['again '.repeat(100), 'again '.repeat(200)]) socket.send(text)
      await until(() => socket.got.length === wanted, `${wanted} messages`)
      const ponged = once(socket, 'pong')
      socket.ping()
      await ponged
      assert.deepEqual([socket.got.length, socket.errors, stage.events.some(({ kind }) => kind === 'spared')], [wanted, [], wanted === 2])
      await closeAll()
    }
  })
})
