import assert from 'node:assert/strict'
import { corrupt } from '../../../faults/websocket/corrupt.ts'
import { closeAll, codeOf, until, webStage } from '../web/stage.ts'

/** What ws says of it, and the code with which it tells the other side. */
const SAID = [
  ['opcode', 'WS_ERR_INVALID_OPCODE', '1002'], ['reserved_bits', 'WS_ERR_UNEXPECTED_RSV_2_3', '1002'], ['utf8', 'WS_ERR_INVALID_UTF8', '1007'], ['mask', 'MASK', '1002'],
  ['fragments', 'WS_ERR_INVALID_OPCODE', '1002'], ['control', 'WS_ERR_EXPECTED_FIN', '1002'], ['close_code', 'WS_ERR_INVALID_CLOSE_CODE', '1002'],
] as const

describe('websocket.corrupt', () => {
  afterEach(closeAll)

  for (const [what, code, told] of SAID) {
    for (const compressed of [false, true]) {
      it(`${what}, ${compressed ? 'on a connection that compresses' : 'plain'}: who gets it fails the connection, the other is told`, async () => {
        const stage = await webStage({ websocket: { perMessageDeflate: compressed ? { threshold: 0 } : false } })
        const socket = await stage.socket('/live', { perMessageDeflate: compressed })
        await stage.strike(corrupt, { what }, { skip: 1 })
        for (const text of ['good', 'broken']) stage.sockets[0]?.send(text)
        assert.equal(await socket.over, '1006')
        assert.deepEqual([socket.got, socket.errors.map(codeOf)], [['good'], [code === 'MASK' ? 'WS_ERR_UNEXPECTED_MASK' : code]])
        await until(() => stage.ended.length === 1, 'the server is told')
        assert.deepEqual([stage.ended, stage.refused], [[told], []])
      })
    }

    it(`${what}, to the server`, async () => {
      const stage = await webStage()
      const socket = await stage.socket()
      await stage.strike(corrupt, { what }, { direction: 'to-server' })
      socket.send('broken')
      assert.equal(await socket.over, told)
      await until(() => stage.ended.length === 1, 'the server gives up')
      assert.deepEqual([stage.received, stage.refused, stage.ended], [[], [code === 'MASK' ? 'WS_ERR_EXPECTED_MASK' : code], ['1006']])
    })
  }

  it('in the place of a large message, and of one in fragments: nothing of it is left', async () => {
    for (const send of ['large', 'fragments']) {
      const stage = await webStage()
      const socket = await stage.socket()
      await stage.strike(corrupt, { what: 'utf8' })
      if (send === 'large') stage.sockets[0]?.send('x'.repeat(300_000))
      else for (const fin of [false, true]) stage.sockets[0]?.send('piece', { fin })
      assert.equal(await socket.over, '1006')
      assert.deepEqual([socket.got, socket.errors.map(codeOf)], [[], ['WS_ERR_INVALID_UTF8']])
      await closeAll()
    }
  })

  it('a new connection works once it is disarmed', async () => {
    const stage = await webStage()
    await stage.strike(corrupt)
    const [broken] = [await stage.socket()]
    broken.send('x')
    await broken.over
    await stage.heal()
    const socket = await stage.socket()
    socket.send('hello')
    await until(() => socket.got.length === 1, 'the echo')
    assert.deepEqual(stage.did(), ['replace'])
  })
})
