import assert from 'node:assert/strict'
import { closeAll, exchange, until } from '../proxy/stage.ts'
import { added } from './overhead.ts'
import { dial, portOf, serve } from './stage.ts'

describe('a busy proxy', () => {
  afterEach(closeAll)

  it('1,000 rounds of connect, add, remove, with traffic on it all the time', async () => {
    const { connect, toxic, proxy, served } = await serve()
    const busy = await Promise.all(Array.from({ length: 2 }, connect))
    let exchanges = 0
    // What comes back is sent again, for ever: 100 bytes are under way on each.
    for (const { socket } of busy) socket.on('data', (chunk) => { exchanges++; socket.write(chunk) }).write('x'.repeat(100))
    for (let round = 0; round < 1000; round++) {
      const client = await connect()
      const added = await toxic(round % 2 ? 'latency' : 'slicer', round % 2 ? { latency: 1, jitter: 1 } : { average_size: 50 }, { stream: round % 3 ? 'downstream' : 'upstream' })
      await exchange(client, `round ${round}`)
      await added.remove()
      client.socket.destroy()
    }
    assert.ok(exchanges > 1000, `${exchanges} exchanges`)
    for (const client of busy) {
      const before = client.bytes()
      await until(() => client.bytes() > before + 1000, 'its traffic goes on')
      assert.match(client.text(), /^x+$/)
    }
    assert.equal(served.length, 1002)
    const { toxics } = (await proxy.api.get<{ toxics: unknown[] }>(`${proxy.getPath()}`)).data
    assert.deepEqual(toxics, [])
  }).timeout(60_000)

  it('costs little: a message is later by less than a millisecond or two each way', async () => {
    const { connect, upstream, toxic } = await serve()
    const [direct, proxied] = [await dial(portOf(upstream)), await connect()]
    const plain = await added(direct, proxied)
    await toxic('noop', {})
    const withToxic = await added(direct, proxied)
    assert.ok(plain.median < 2, `${plain.median} ms each way`)
    assert.ok(withToxic.median < 2, `${withToxic.median} ms each way`)
  })
})
