import assert from 'node:assert/strict'
import { timeout } from '../../faults/tcp/timeout.ts'
import { Stage } from './scene.ts'
import { closeAll, endOf, exchange, fateOf, healthy, nothingHappens, tookAbout, until, wire } from './wire.ts'

describe('timeout', () => {
  it('swallows bytes and closes the timeout after it took hold', () => {
    const stage = new Stage(timeout, { timeout: '2s' })
    assert.deepEqual([stage.tick('armed'), stage.bytes('x')], [{ kind: 'close', how: 'end', after: 2000 }, { kind: 'drop' }])
  })

  it('never closes at 0ms', () => {
    const stage = new Stage(timeout)
    assert.deepEqual([stage.tick('armed'), stage.bytes('x')], [{ kind: 'pass' }, { kind: 'drop' }])
  })

  it('closes a connection that lost bytes when it lets go, and no other', () => {
    const stage = new Stage(timeout)
    stage.bytes('x')
    assert.deepEqual(stage.tick('disarm'), { kind: 'close', how: 'end' })
    stage.nextSession()
    assert.deepEqual(stage.tick('disarm'), { kind: 'pass' })
  })

  it('closes every connection that it took hold of, told to', () => {
    const stage = new Stage(timeout, { ending: 'all' })
    stage.tick('armed')
    assert.deepEqual(stage.tick('disarm'), { kind: 'close', how: 'end' })
  })
})

describe('timeout on the wire', () => {
  afterEach(closeAll)

  it('swallows the answer and closes both sides after the timeout, traffic or not', async () => {
    const stage = await wire(timeout)
    const [busy, idle] = [await stage.live(), await stage.live()]
    await stage.strike({ timeout: '200ms' })
    const talk = setInterval(() => busy.socket.write('x'), 50)
    const ends = await Promise.all([endOf(busy), endOf(idle)])
    clearInterval(talk)
    for (const { how, took } of ends) {
      assert.equal(how, 'end')
      tookAbout(took, 190)
    }
    assert.equal(busy.text(), 'hello')
    assert.equal(await stage.served[1]?.ended, 'end')
    assert.equal(await fateOf(stage), 'end')
    await stage.heal()
    await healthy(stage)
  })

  it('lets the request through: only answers are swallowed', async () => {
    const stage = await wire(timeout)
    const live = await stage.live()
    await stage.strike()
    live.socket.write(' there')
    await until(() => stage.served[0]?.text() === 'hello there', 'the request')
    await nothingHappens(live)
  })

  it('closes at heal the connections that lost bytes, and only those', async () => {
    const stage = await wire(timeout)
    const [hurt, spared] = [await stage.live(), await stage.live()]
    await stage.strike()
    hurt.socket.write(' lost')
    await until(() => stage.did().includes('drop'), 'the loss')
    await stage.heal()
    assert.equal(await hurt.ended, 'end')
    await exchange(spared, ' there')
  })
})
