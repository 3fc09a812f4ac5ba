import assert from 'node:assert/strict'
import { throttle } from '../../../faults/websocket/throttle.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

const texts = (count: number): string[] => Array.from({ length: count }, (_, n) => `message ${n}`)

describe('websocket.throttle', () => {
  afterEach(closeAll)

  it('lets so many messages through a second, in their order, the first at once', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(throttle, { rate: '50/s' })
    const started = performance.now()
    for (const text of texts(11)) socket.send(text)
    await until(() => socket.got.length >= 1, 'the first')
    assert.ok(performance.now() - started < 150)
    await until(() => socket.got.length === 11, 'all of them')
    assert.ok(performance.now() - started >= 150, 'ten times 20 ms')
    assert.deepEqual(socket.got, texts(11))
  })

  it('for each connection, or for all of them together', async () => {
    for (const [per, least, most] of [['connection', 70, 190], ['target', 170, 5000]] as const) {
      const stage = await webStage()
      const sockets = await Promise.all([stage.socket(), stage.socket()])
      await stage.strike(throttle, { rate: '50/s', per })
      const started = performance.now()
      for (const socket of sockets) for (const text of texts(6)) socket.send(text)
      await until(() => sockets.every(({ got }) => got.length === 6), 'all of them')
      const took = performance.now() - started
      assert.ok(took >= least, `${per}: ${took}`)
      // Two connections of their own take half of what they take together; a busy machine may take longer.
      if (took > most) assert.ok(stage.did().length >= 10, per)
      await closeAll()
    }
  })

  it('compressed, in fragments: all is whole; pings pass while nothing waits; what is held goes at once when it is disarmed', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    await stage.strike(throttle, { rate: '0.01/s' })
    const socket = await stage.socket('/live', { perMessageDeflate: true })
    const [server] = stage.sockets
    server?.send('first')
    server?.send('one ', { fin: false })
    server?.send('message', { fin: true })
    await until(() => socket.got.length === 1 && stage.did().length === 1, 'the first; the second waits')
    assert.deepEqual(socket.got, ['first'])
    await stage.heal()
    server?.send('last')
    await until(() => socket.got.length === 3, 'all of them')
    assert.deepEqual([socket.got, socket.errors], [['first', 'one message', 'last'], []])
    socket.close(1000)
    assert.equal(await socket.over, '1000')
  })
})
