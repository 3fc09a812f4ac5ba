import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { WebSocket } from 'ws'
import { deadPong } from '../../../faults/websocket/dead-pong.ts'
import { closeAll, until, webStage, type WebStage } from '../web/stage.ts'

/** How many pings and pongs each side has got. */
interface Counts { readonly client: { pings: number; pongs: number }; readonly server: { pings: number; pongs: number } }

function count(socket: WebSocket): { pings: number; pongs: number } {
  const counts = { pings: 0, pongs: 0 }
  socket.on('ping', () => counts.pings++)
  socket.on('pong', () => counts.pongs++)
  return counts
}

async function pinged(stage: WebStage, pings: number): Promise<Counts> {
  const socket = await stage.socket()
  const server = stage.sockets.at(-1) ?? assert.fail()
  const counts = { client: count(socket), server: count(server) }
  for (let n = 0; n < pings; n++) {
    socket.ping(String(n))
    server.ping(String(n))
  }
  // Behind all of them, and behind what they were answered, either way.
  for (let n = 1; n <= 2; n++) {
    socket.send(`message ${n}`)
    await until(() => socket.got.length === n, 'the echo')
  }
  socket.close(1000)
  assert.equal(await socket.over, '1000')
  return counts
}

describe('websocket.dead_pong', () => {
  afterEach(closeAll)

  const CASES = [
    ['both', 'pongs', { client: { pings: 3, pongs: 0 }, server: { pings: 3, pongs: 0 } }],
    ['to-client', 'pongs', { client: { pings: 3, pongs: 0 }, server: { pings: 3, pongs: 3 } }],
    ['to-server', 'pongs', { client: { pings: 3, pongs: 3 }, server: { pings: 3, pongs: 0 } }],
    ['both', 'pings_and_pongs', { client: { pings: 0, pongs: 0 }, server: { pings: 0, pongs: 0 } }],
    ['to-server', 'pings_and_pongs', { client: { pings: 3, pongs: 0 }, server: { pings: 0, pongs: 0 } }],
  ] as const
  for (const [direction, what, wanted] of CASES) {
    it(`loses ${what} that go ${direction}, and nothing else: messages and the close come through`, async () => {
      const stage = await webStage()
      await stage.strike(deadPong, { what }, { direction })
      assert.deepEqual(await pinged(stage, 3), wanted)
      await until(() => stage.ended.length === 1, 'the server\'s side of the close')
      assert.deepEqual(stage.ended, ['1000'])
    })
  }

  it('a client that waits for its pong ends the connection', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(deadPong, {}, { direction: 'to-client' })
    let alive = true
    socket.on('pong', () => { alive = true })
    const timer = setInterval(() => {
      if (!alive) return socket.terminate()
      alive = false
      socket.ping()
    }, 30)
    assert.equal(await socket.over, '1006')
    clearInterval(timer)
    await until(() => stage.ended.length === 1, 'the server notices')
  })

  it('some of them only, where it is told so; and none once it is disarmed', async () => {
    const stage = await webStage()
    await stage.strike(deadPong, {}, { direction: 'to-client', sequence: { fail: 1, pass: 2 } })
    assert.equal((await pinged(stage, 6)).client.pongs, 4)
    await stage.heal()
    const socket = await stage.socket()
    const ponged = once(socket, 'pong')
    socket.ping('alive?')
    assert.equal(String((await ponged)[0]), 'alive?')
  })

  it('pongs go between the fragments of a message: that stays whole', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    await stage.strike(deadPong)
    const socket = await stage.socket('/live', { perMessageDeflate: true })
    socket.send('one ', { fin: false })
    stage.sockets[0]?.ping('between')
    await once(socket, 'ping')
    socket.send('message', { fin: true })
    await until(() => socket.got.length === 1, 'the echo')
    assert.deepEqual([socket.got, stage.did()], [['one message'], ['drop']])
  })
})
