import assert from 'node:assert/strict'
import { drop } from '../../../faults/websocket/drop.ts'
import { noExtensions } from '../../../faults/websocket/no-extensions.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('websocket.no_extensions', () => {
  afterEach(closeAll)

  it('takes the offer out: both sides talk without compression, and messages can be lost', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    await stage.strike(noExtensions)
    const socket = await stage.socket('/live', { perMessageDeflate: true })
    assert.deepEqual([socket.extensions, stage.sockets[0]?.extensions], ['', ''])
    await stage.plane.arm([{ id: 'loss', fault: drop.name, on: 'cache', params: {}, where: { text: 'lost*' }, standing: true }])
    for (const text of ['lost '.repeat(50), 'kept '.repeat(50), 'lost', 'kept']) socket.send(text)
    await until(() => socket.got.length === 2, 'the echoes')
    assert.deepEqual([socket.got.map(({ length }) => length), stage.events.filter(({ kind }) => kind === 'spared'), socket.errors], [[250, 4], [], []])
  })

  it('leaves requests without an offer, and those for no WebSocket, as they are; and all once it is disarmed', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: true } })
    await stage.strike(noExtensions)
    assert.equal((await stage.fetch('/a', { headers: { 'sec-websocket-extensions': 'permessage-deflate' } })).status, 200)
    assert.ok(stage.asked[0]?.rawHeaders.includes('sec-websocket-extensions'))
    await stage.socket()
    assert.deepEqual(stage.did(), [])
    await stage.heal()
    const socket = await stage.socket('/live', { perMessageDeflate: true })
    assert.equal(socket.extensions, 'permessage-deflate')
  })
})
