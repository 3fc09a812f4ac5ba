import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { close } from '../../../faults/websocket/close.ts'
import { readParam } from '../../../src/core/params.ts'
import { ratio } from '../../../src/core/units.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { handshake } from '../web/bare.ts'

/** Bytes that a server's socket has read. */
const bytesOf = (socket: WebSocket | undefined): number => (socket as unknown as { readonly _socket: Socket } | undefined)?._socket.bytesRead ?? 0

describe('websocket.close', () => {
  afterEach(closeAll)

  for (const code of [1000, 1001, 1003, 1008, 1011, 1012, 1013, 3000, 4000, 4999]) {
    it(`${code}: both sides are told so at once, with the reason`, async () => {
      const stage = await webStage()
      const socket = await stage.socket()
      await stage.strike(close, { code, reason: 'as injected' })
      assert.equal(await socket.over, `${code} as injected`)
      await until(() => stage.ended.length === 1, 'the server is told')
      assert.deepEqual([stage.ended, stage.refused, socket.errors], [[`${code} as injected`], [], []])
      assert.deepEqual(stage.did(), [`close ${code}`])
    })
  }

  it('1005: a close without a code', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(close, { code: 1005, reason: 'nobody sees it' })
    assert.equal(await socket.over, '1005')
    await until(() => stage.ended.length === 1, 'the server is told')
    assert.deepEqual(stage.ended, ['1005'])
  })

  for (const how of ['end', 'reset']) {
    it(`1006 by ${how}: no close at all, to neither`, async () => {
      const stage = await webStage()
      const socket = await stage.socket()
      await stage.strike(close, { code: 1006, how })
      assert.equal(await socket.over, '1006')
      await until(() => stage.ended.length === 1, 'the server notices')
      assert.deepEqual(stage.ended, ['1006'])
      assert.deepEqual(socket.errors, [])
      const seen = await stage.raw()
      const frames = await handshake(seen)
      assert.equal(await seen.ended, how === 'reset' ? 'ECONNRESET' : 'end')
      assert.equal(frames().length, 0)
    })
  }

  it('behind so many messages of the connection, either way, and no sooner; what follows is lost', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(close, { code: 1011, messages: 3 }, { direction: 'to-client' })
    for (let n = 0; n < 6; n++) stage.sockets[0]?.send(`message ${n}`)
    assert.equal(await socket.over, '1011')
    assert.deepEqual(socket.got, ['message 0', 'message 1', 'message 2'])
    await until(() => stage.ended.length === 1, 'the server is told')
    assert.deepEqual(stage.ended, ['1011'])
  })

  it('behind a message of fragments, at its end, and behind one of many parts', async () => {
    for (const send of ['fragments', 'parts']) {
      const stage = await webStage()
      const socket = await stage.socket()
      await stage.strike(close, { code: 1013, messages: 1 }, { direction: 'to-server', where: { path: '/live' } })
      if (send === 'parts') socket.send('x'.repeat(300_000))
      else for (const [piece, fin] of [['x', false], ['yy', false], ['z', true]] as const) socket.send(piece, { fin })
      socket.send('one more')
      assert.equal(await socket.over, '1013')
      await until(() => stage.ended.length === 1, 'the server is told')
      assert.deepEqual([stage.received.map(({ length }) => length), stage.ended, stage.refused], [[send === 'parts' ? 300_000 : 4], ['1013'], []])
    }
  })

  it('behind a message that is named, and behind no other', async () => {
    const stage = await webStage()
    const [one, other] = [await stage.socket(), await stage.socket()]
    await stage.strike(close, { code: 4001, messages: 1 }, { direction: 'to-server', where: { text: 'subscribe *' } })
    one.send('subscribe orders')
    other.send('hello')
    assert.equal(await one.over, '4001')
    await until(() => other.got.length === 1, 'the echo')
    assert.deepEqual(stage.received, ['subscribe orders', 'hello'])
  })

  it('after a time, each at its own within the spread, new connections too', async () => {
    const stage = await webStage()
    const old = await Promise.all(Array.from({ length: 5 }, () => stage.socket()))
    const started = performance.now()
    await stage.strike(close, { code: 1012, time: '60ms', spread: '200ms' })
    const fresh = await stage.socket()
    const ends: number[] = []
    await Promise.all([...old, fresh].map(async (socket) => { assert.equal(await socket.over, '1012'); ends.push(performance.now() - started) }))
    assert.ok(Math.min(...ends) >= 59, String(ends))
    assert.ok(Math.max(...ends) - Math.min(...ends) > 15, String(ends))
  })

  it('chance and times count connections; HTTP beside them is none, and goes on', async () => {
    const stage = await webStage()
    assert.equal((await stage.fetch('/a')).status, 200)
    const sockets = await Promise.all(Array.from({ length: 4 }, () => stage.socket()))
    await stage.strike(close, { code: 1001 }, { times: 2 })
    await until(() => stage.ended.length === 2, 'two are closed')
    assert.equal((await stage.fetch('/b')).status, 200)
    for (const socket of sockets.filter(({ readyState }) => readyState === 1)) {
      socket.send('still here')
      await until(() => socket.got.length === 1, 'the echo')
    }
    assert.equal(stage.did().length, 2)
  })

  it('what goes to the server is masked; what comes after the close is read and thrown away', async () => {
    const stage = await webStage()
    const seen = await stage.raw()
    const frames = await handshake(seen)
    await stage.strike(close, { code: 1011, reason: 'x', messages: 1 }, { direction: 'to-client' })
    stage.sockets[0]?.send('hi')
    stage.sockets[0]?.send('lost')
    await seen.ended
    assert.equal(frames().toString('hex'), '81026869' + '880303f378')
    await until(() => stage.ended.length === 1, 'ws would refuse what is not masked')
    assert.deepEqual([stage.ended, stage.refused], [['1011 x'], []])
  })

  it('waits for the end of a large frame that is on its way', async () => {
    const stage = await webStage()
    const seen = await stage.raw()
    await handshake(seen)
    seen.socket.write(Buffer.concat([Buffer.from('82ff0000000000030d4000000000', 'hex'), Buffer.alloc(100_000)]))
    await until(() => bytesOf(stage.sockets[0]) > 50_000, 'its beginning')
    await stage.strike(close, { code: 1001 })
    await new Promise((resolve) => { setTimeout(resolve, 60) })
    assert.deepEqual(stage.did(), [])
    seen.socket.write(Buffer.alloc(100_000))
    await until(() => stage.ended.length === 1, 'the close')
    assert.deepEqual([stage.ended, stage.refused, stage.received[0]?.length], [['1001'], [], 200_000])
  })

  it('where that does not come within a second, that side is closed without a word, and only that', async () => {
    const stage = await webStage()
    const seen = await stage.raw()
    const frames = await handshake(seen)
    seen.socket.write(Buffer.concat([Buffer.from('82ff0000000000030d4000000000', 'hex'), Buffer.alloc(100_000)]))
    await until(() => bytesOf(stage.sockets[0]) > 50_000, 'its beginning')
    await stage.strike(close, { code: 1001 })
    await until(() => stage.ended.length === 1, 'the end')
    assert.deepEqual([stage.ended, frames().toString('hex')], [['1006'], '880203e9'])
  })

  it('leaves alone what somebody closes already, and everything once it is disarmed', async () => {
    const stage = await webStage()
    await stage.strike(close, { code: 1011, time: '1h' }, { chance: ratio(1) })
    const socket = await stage.socket()
    socket.close(4000, 'mine')
    assert.equal(await socket.over, '4000 mine')
    const other = await stage.socket()
    await stage.strike(close, { code: 1011, messages: 1 })
    await stage.heal()
    other.send('hello')
    await until(() => other.got.length === 1, 'the echo')
    assert.deepEqual(stage.did(), [])
  })

  it('takes codes that a peer can report of a close, and no other', () => {
    for (const code of [1000, 1005, 1006, 1014, 3000, 4999]) assert.deepEqual(readParam(close.params.code, code), { value: code })
    for (const code of [999, 1004, 1015, 1016, 2999, 5000, 1000.5]) assert.ok('problem' in readParam(close.params.code, code), String(code))
    assert.ok('problem' in readParam(close.params.code, { from: 1001, to: 1013, over: '1s' }))
    for (const reason of ['x'.repeat(123), 'ü'.repeat(41)]) assert.ok('value' in readParam(close.params.reason, reason))
    for (const reason of ['x'.repeat(124), 'ü'.repeat(42)]) assert.ok('problem' in readParam(close.params.reason, reason))
  })
})
