import assert from 'node:assert/strict'
import { WebSocket } from 'ws'
import { mismatch } from '../../../faults/websocket/mismatch.ts'
import { closeAll, until, webStage, type WebStage } from '../web/stage.ts'

/** Why a client that asks for `protocols` did not get in; undefined where it did. */
function attempt({ port }: WebStage, protocols: string[], perMessageDeflate = false): Promise<string | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, protocols, { perMessageDeflate })
  return new Promise((resolve) => {
    socket.on('open', () => { socket.terminate(); resolve(undefined) })
    socket.on('error', (error) => resolve(error.message))
  })
}

describe('websocket.mismatch', () => {
  afterEach(closeAll)

  const CASES = [
    ['other_subprotocol', ['v1'], false, 'Server sent an invalid subprotocol'],
    ['other_subprotocol', [], false, 'Server sent a subprotocol but none was requested'],
    ['no_subprotocol', ['v1'], false, 'Server sent no subprotocol'],
    ['other_extension', [], false, 'Server sent a Sec-WebSocket-Extensions header but no extension was requested'],
    ['other_extension', [], true, 'Server indicated an extension that was not requested'],
  ] as const
  for (const [what, protocols, deflate, why] of CASES) {
    it(`${what}, asked for ${protocols.join() || 'no subprotocol'}${deflate ? ' and compression' : ''}: "${why}"`, async () => {
      const stage = await webStage({ websocket: { perMessageDeflate: true } })
      await stage.strike(mismatch, { what })
      assert.equal(await attempt(stage, [...protocols], deflate), why)
      await until(() => stage.ended.length === 1, 'the server loses it')
      assert.deepEqual([stage.ended, stage.did()], [['1006'], ['replace']])
      await stage.heal()
      assert.equal(await attempt(stage, [...protocols], deflate), undefined)
    })
  }

  it('no_extension: a server that compresses all the same is not understood', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    await stage.strike(mismatch, { what: 'no_extension' })
    const socket = await stage.socket('/live', { perMessageDeflate: true })
    assert.equal(socket.extensions, '')
    stage.sockets[0]?.send('compressed')
    assert.equal(await socket.over, '1006')
    assert.deepEqual(socket.errors.map((error) => (error as NodeJS.ErrnoException).code), ['WS_ERR_UNEXPECTED_RSV_1'])
  })

  it('answers to other requests are left alone', async () => {
    const stage = await webStage()
    await stage.strike(mismatch)
    assert.equal((await stage.fetch('/a')).headers['sec-websocket-protocol'], undefined)
    assert.deepEqual(stage.did(), [])
  })
})
