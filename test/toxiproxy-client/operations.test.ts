import assert from 'node:assert/strict'
import { ToxiproxyError } from 'toxiproxy-node-client'
import { closeAll, exchange } from '../proxy/stage.ts'
import { dial, portOf, serve } from './stage.ts'

const status = (code: number) => (error: unknown): boolean => error instanceof ToxiproxyError && error.message === `Request failed with status code ${code}`

describe('toxiproxy-node-client: every operation', () => {
  afterEach(closeAll)

  it('createProxy, get, getAll, remove', async () => {
    const { client, proxy, upstream } = await serve()
    assert.deepEqual([proxy.name, proxy.upstream, proxy.enabled], ['cache', upstream, true])
    assert.match(proxy.listen, /^127\.0\.0\.1:[1-9]\d*$/)
    assert.deepEqual((await client.get('cache')).toJson(), proxy.toJson())
    await client.createProxy({ name: 'another', listen: 'localhost:0', upstream, enabled: false })
    assert.deepEqual(Object.keys(await client.getAll()), ['another', 'cache'])
    await proxy.remove()
    assert.deepEqual(Object.keys(await client.getAll()), ['another'])
    await assert.rejects(client.get('cache'), status(404))
    await assert.rejects(proxy.remove(), status(404))
  })

  it('createProxy of a name that is taken, and without what it needs', async () => {
    const { client, upstream } = await serve()
    await assert.rejects(client.createProxy({ name: 'cache', listen: '127.0.0.1:0', upstream }), status(409))
    await assert.rejects(client.createProxy({ name: '', listen: '127.0.0.1:0', upstream }), status(400))
    await assert.rejects(client.createProxy({ name: 'x', listen: '127.0.0.1:0', upstream: '' }), status(400))
  })

  it('update: switched off nobody is let in, switched on again on the same port', async () => {
    const { proxy, connect, upstream } = await serve()
    const { listen } = proxy
    const live = await connect()
    await exchange(live, 'ping')
    assert.equal((await proxy.update({ enabled: false, listen, upstream })).enabled, false)
    assert.equal(await live.ended, 'end')
    await assert.rejects(dial(portOf(listen)), /ECONNREFUSED/)
    const on = await proxy.update({ enabled: true, listen, upstream })
    assert.deepEqual([on.enabled, on.listen], [true, listen])
    await exchange(await connect(), 'ping')
  })

  it('update: another upstream', async () => {
    const { proxy, upstream } = await serve()
    const other = await serve()
    const changed = await proxy.update({ enabled: true, listen: proxy.listen, upstream: other.upstream })
    assert.notEqual(changed.upstream, upstream)
    await exchange(await dial(portOf(changed.listen)), 'ping')
    assert.equal(other.served.length, 1)
  })

  it('populate: makes what is new, leaves what is the same, and takes an empty list', async () => {
    const { client, proxy, upstream, connect } = await serve()
    const live = await connect()
    await exchange(live, 'ping')
    const made = await client.populate([{ name: 'cache', listen: proxy.listen, upstream }, { name: 'second', listen: '127.0.0.1:0', upstream }])
    assert.deepEqual(Object.keys(made), ['cache', 'second'])
    await exchange(live, 'ping')
    assert.deepEqual(await client.populate([]), {})
    await assert.rejects(client.populate([{ name: 'x', listen: '127.0.0.1:0', upstream: '' }]), status(400))
    assert.equal(Object.keys(await client.getAll()).length, 2)
  })

  it('addToxic, getToxic, update, remove', async () => {
    const { proxy, toxic } = await serve()
    const made = await toxic('latency', { latency: 100, jitter: 10 }, { name: 'slow', toxicity: 0.5 })
    assert.deepEqual(made.toJson(), { name: 'slow', type: 'latency', stream: 'downstream', toxicity: 0.5, attributes: { latency: 100, jitter: 10 } })
    assert.deepEqual((await proxy.getToxic('slow')).toJson(), made.toJson())
    const changed = await made.update({ name: 'slow', type: 'latency', stream: 'downstream', toxicity: 0.25, attributes: { latency: 7, jitter: 0 } })
    assert.deepEqual([changed.toxicity, changed.attributes], [0.25, { latency: 7, jitter: 0 }])
    await made.remove()
    await assert.rejects(proxy.getToxic('slow'), status(404))
    await assert.rejects(made.remove(), status(404))
  })

  it('addToxic of a name that is taken, a type that is none, a stream that is none, values that make no sense', async () => {
    const { toxic } = await serve()
    await toxic('latency', { latency: 1 })
    await assert.rejects(toxic('latency', { latency: 1 }), status(409))
    await assert.rejects(toxic('down', {}), status(400))
    await assert.rejects(toxic('latency', {}, { name: 'x', stream: 'sideways' as 'upstream' }), status(400))
    await assert.rejects(toxic('bandwidth', { rate: -1 }), status(400))
    await assert.rejects(toxic('slicer', { average_size: 0 }), status(400))
    await assert.rejects(toxic('latency', { latency: 1 }, { name: 'y', toxicity: 7 }), status(400))
  })

  it('reset: all proxies on, all toxics gone', async () => {
    const { client, proxy, toxic, upstream } = await serve()
    await toxic('latency', { latency: 1 })
    await proxy.update({ enabled: false, listen: proxy.listen, upstream })
    await client.reset()
    assert.equal((await client.get('cache')).enabled, true)
    await assert.rejects(proxy.getToxic('latency'), status(404))
  })

  it('getVersion', async () => {
    const { client } = await serve()
    assert.match((JSON.parse(await client.getVersion()) as { version: string }).version, /^\d+\.\d+\.\d+$/)
  })
})
