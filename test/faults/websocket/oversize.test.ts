import assert from 'node:assert/strict'
import { oversize } from '../../../faults/websocket/oversize.ts'
import { handshake } from '../web/bare.ts'
import { closeAll, codeOf, until, webStage } from '../web/stage.ts'

describe('websocket.oversize', () => {
  afterEach(closeAll)

  it('announces 1 TiB: a client with a limit fails the connection before any of it has come, and says so', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(oversize, { how: 'announced' })
    stage.sockets[0]?.send('small')
    assert.equal(await socket.over, '1006')
    assert.deepEqual([socket.got, socket.errors.map(codeOf)], [[], ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']])
    await until(() => stage.ended.length === 1, 'the server is told')
    assert.deepEqual(stage.ended, ['1009'])
  })

  it('to the byte: the length, then what would have come', async () => {
    const stage = await webStage()
    const seen = await stage.raw()
    const frames = await handshake(seen)
    await stage.strike(oversize, { how: 'announced' })
    stage.sockets[0]?.send('small')
    await until(() => frames().length === 15, 'the frame')
    assert.equal(frames().toString('hex'), `817f0000010000000000${Buffer.from('small').toString('hex')}`)
  })

  it('to the server, announced and sent: a server with a limit refuses either', async () => {
    for (const how of ['announced', 'sent']) {
      const stage = await webStage({ websocket: { maxPayload: 1_000_000 } })
      const socket = await stage.socket()
      await stage.strike(oversize, { how }, { direction: 'to-server' })
      socket.send('{}')
      assert.equal(await socket.over, '1009')
      await until(() => stage.ended.length === 1, 'the server gives up')
      assert.deepEqual([stage.received, stage.refused], [[], ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']])
      await closeAll()
    }
  })

  it('sent to who has no limit, it comes whole, filled up with spaces; compressed ones are spaces; then all is as before', async () => {
    for (const compressed of [false, true]) {
      const stage = await webStage({ websocket: { perMessageDeflate: compressed ? { threshold: 0 } : false } })
      const socket = await stage.socket('/live', { perMessageDeflate: compressed })
      await stage.strike(oversize, { how: 'sent', sent: '300KiB' }, { times: 1 })
      for (const text of ['{"a":1}', '{"b":2}']) stage.sockets[0]?.send(text, { compress: compressed && text.includes('a') })
      await until(() => socket.got.length === 2, 'both')
      assert.deepEqual([socket.got[0]?.length, socket.got[0]?.trim(), socket.got[1]], [300 * 1024, compressed ? '' : '{"a":1}', '{"b":2}'])
      await stage.heal()
      socket.close(1000)
      assert.equal(await socket.over, '1000')
      await closeAll()
    }
  })
})
