import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fragment } from '../../../faults/websocket/fragment.ts'
import { handshake } from '../web/bare.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.fragment', () => {
  afterEach(closeAll)

  for (const [name, perMessageDeflate] of [['plain', false], ['compressed with context', { threshold: 0 }]] as const) {
    it(`${name}: every message arrives as it was said, either way, the empty and the large ones too`, async () => {
      const stage = await webStage({ websocket: { perMessageDeflate } })
      await stage.strike(fragment, { frames: 7 })
      const socket = await stage.socket('/live', { perMessageDeflate: perMessageDeflate !== false })
      const said = ['', 'a', 'hello '.repeat(20), 'x'.repeat(100_000), randomBytes(150_000).toString('base64'), 'ü'.repeat(40_000)]
      for (const text of said) socket.send(text)
      const ponged = once(socket, 'pong')
      socket.ping('whole')
      await ponged
      await until(() => socket.got.length === said.length, 'the echoes')
      socket.close(4000, 'done')
      assert.equal(await socket.over, '4000 done')
      assert.deepEqual([stage.received, socket.got], [said, said])
      assert.deepEqual([socket.errors, stage.refused], [[], []])
    })
  }

  it('to the byte: the type stands on the first frame, the end on the last', async () => {
    const stage = await webStage()
    const seen = await stage.raw()
    const frames = await handshake(seen)
    await stage.strike(fragment, { frames: 3 }, { direction: 'to-client' })
    stage.sockets[0]?.send('abcde')
    await until(() => frames().length === 11, 'the frames')
    assert.equal(frames().toString('hex'), '010161' + '00026263' + '80026465')
  })

  it('a compressed message bears its bit on the first frame only', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    const seen = await stage.raw()
    const frames = await handshake(seen, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')
    await stage.strike(fragment, { frames: 2 }, { direction: 'to-client' })
    stage.sockets[0]?.send('aaaaaaaaaaaaaaaaaaaa')
    await until(() => frames().length > 0 && stage.did().length === 1, 'the frames')
    const [first = 0, length = 0] = frames()
    assert.deepEqual([first, frames()[2 + length]], [0x41, 0x80])
  })

  it('with pauses it takes as long as they do; a message of fragments is cut further; nothing once it is disarmed', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(fragment, { frames: 4, pause: '20ms' }, { direction: 'to-server' })
    const started = performance.now()
    socket.send('one ', { fin: false })
    socket.send('message', { fin: true })
    await until(() => stage.received.length === 1, 'the message')
    assert.ok(performance.now() - started >= 59, 'three pauses of 20 ms')
    assert.deepEqual([stage.received, stage.did()], [['one message'], ['replace', 'replace']])
    await stage.heal()
    socket.send('whole')
    await until(() => socket.got.length === 2, 'the echo')
    assert.equal(stage.did().length, 2)
  })
})
