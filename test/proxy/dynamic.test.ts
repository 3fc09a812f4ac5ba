/** Targets that come, change and go while the plane runs. */

import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import type { Address, TargetSpec } from '../../src/proxy/plane.ts'
import { closeAll, echo, exchange, listenOn, LOCAL, PLAIN, target, until, type Target } from './stage.ts'

const specOf = (upstream: Address, listen: Address, name = 'cache'): TargetSpec => ({ name, protocol: 'tcp', upstream, listen: [{ address: listen }], tls: PLAIN, dialTimeout: ms(2000) })

/** Another server, and a spec for the stage's target that leads there. */
async function other(stage: Target, listen: Address = stage.address): Promise<TargetSpec> {
  const { address } = await listenOn(LOCAL, (socket) => { socket.write('other'); echo(socket) })
  return specOf(address, listen)
}

describe('shut', () => {
  afterEach(closeAll)

  it('ends connections with a FIN on both sides, gives the port back and forgets the rules', async () => {
    const stage = await target()
    const client = await stage.client()
    await exchange(client, 'ping')
    await stage.arm('slow', 'latency', { delay: 60 })
    await stage.plane.shut(['cache', 'unknown'])
    assert.deepEqual([await client.ended, await stage.served[0]?.ended], ['end', 'end'])
    assert.deepEqual(await stage.plane.snapshot(), { targets: {}, armed: [] })
    await assert.rejects(stage.client(), { code: 'ECONNREFUSED' })
    await listenOn(stage.address, echo)
  })

  it('loses what rules held: it does not come out at the end', async () => {
    const stage = await target()
    const client = await stage.client()
    await stage.arm('held', 'latency', { delay: 60_000 })
    client.socket.write('ping')
    await until(() => stage.served[0]?.text() === 'ping', 'the request')
    await stage.plane.shut(['cache'])
    assert.equal(await client.ended, 'end')
    assert.equal(client.text(), '')
  })

  it('leaves the other targets alone, and the name and the port may be used again', async () => {
    const stage = await target()
    const { address } = await listenOn(LOCAL, echo)
    await stage.plane.open([specOf(address, LOCAL, 'second')])
    const client = await stage.client()
    await stage.plane.shut(['second'])
    await exchange(client, 'ping')
    await stage.plane.shut(['cache'])
    await stage.plane.open([specOf(address, stage.address)])
    await exchange(await stage.client(), 'ping')
  })

  it('takes a target off whose listener a rule keeps closed', async () => {
    const stage = await target()
    await stage.arm('no', 'refuse')
    await stage.plane.shut(['cache'])
    const { address } = await listenOn(LOCAL, echo)
    await stage.plane.open([specOf(address, stage.address)])
    await exchange(await stage.client(), 'ping')
  })
})

describe('open', () => {
  afterEach(closeAll)

  it('refuses a name that is there, and opens none of the others', async () => {
    const stage = await target()
    const { address } = await listenOn(LOCAL, echo)
    await assert.rejects(stage.plane.open([specOf(address, LOCAL, 'new'), specOf(address, LOCAL)]), { code: 'NAME_TAKEN' })
    assert.deepEqual(Object.keys((await stage.plane.snapshot()).targets), ['cache'])
  })
})

describe('change', () => {
  afterEach(closeAll)

  it('leads new connections to another upstream on the same address, ends the old ones, and keeps the rules with their counts', async () => {
    const stage = await target()
    const client = await stage.client()
    await stage.arm('slow', 'latency', { delay: 60 })
    await exchange(client, 'ping')
    const opened = await stage.plane.change(await other(stage))
    assert.deepEqual(opened.listen.map(({ address }) => address), [stage.address])
    assert.equal(await client.ended, 'end')
    const fresh = await stage.client()
    const from = performance.now()
    await until(() => fresh.text() === 'other', 'the other server')
    assert.ok(performance.now() - from >= 50)
    const [figures] = (await stage.plane.figures()).rules
    assert.ok((figures?.matched ?? 0) >= 2)
  })

  it('moves to another address and gives the old one back', async () => {
    const stage = await target()
    const { listen: [moved] } = await stage.plane.change(await other(stage, LOCAL))
    assert.notDeepEqual(moved?.address, stage.address)
    await assert.rejects(stage.client(), { code: 'ECONNREFUSED' })
  })

  it('that cannot listen leaves address, upstream, connections and rules as they were', async () => {
    const stage = await target()
    const client = await stage.client()
    await stage.arm('slow', 'latency', { delay: 60 })
    const taken = await listenOn(LOCAL, echo)
    await assert.rejects(stage.plane.change(await other(stage, taken.address)), { code: 'PORT_IN_USE' })
    assert.ok(await exchange(client, 'ping') >= 59)
    assert.ok(await exchange(await stage.client(), 'ping') >= 59)
  })

  it('from the wildcard to loopback on the same port goes by way of neither, and back where it cannot', async () => {
    const stage = await target({ listen: { host: '0.0.0.0', port: 0 } })
    const port = 'port' in stage.address ? stage.address.port : 0
    const { listen: [moved] } = await stage.plane.change(await other(stage, { host: '127.0.0.1', port }))
    assert.deepEqual(moved?.address, { host: '127.0.0.1', port })
    await assert.rejects(stage.plane.change(await other(stage, { host: '192.0.2.1', port })), { code: 'LISTEN_FAILED' })
    const client = await stage.client()
    await until(() => client.text() === 'other', 'the listener to be back')
  })
})

describe('figures', () => {
  afterEach(closeAll)

  it('count bytes as they pass, what was read apart from what was written, and how long chunks were held', async () => {
    const stage = await target()
    const client = await stage.client()
    await exchange(client, '12345')
    const { cache: first } = (await stage.plane.figures()).targets
    assert.deepEqual([first?.bytesFromClient, first?.bytesToServer, first?.bytesFromServer, first?.bytesToClient, first?.connections], [5, 5, 5, 5, 1])
    assert.equal(first?.held.counts.reduce((sum, count) => sum + count), 0)
    await stage.arm('gone', 'timeout')
    client.socket.write('lost')
    await until(async () => ((await stage.plane.figures()).targets['cache']?.bytesFromServer ?? 0) === 9, 'the answer')
    assert.equal((await stage.plane.figures()).targets['cache']?.bytesToClient, 5)
  })

  it('put a chunk that was held 60 ms between 50 and 100', async () => {
    const stage = await target()
    await stage.arm('slow', 'latency', { delay: 60 })
    await exchange(await stage.client(), 'ping')
    const held = (await stage.plane.figures()).targets['cache']?.held
    assert.ok(held)
    assert.deepEqual(held.counts.flatMap((count, cell) => (count > 0 ? [[held.bounds[cell], count]] : [])), [[100, 1]])
    assert.ok(held.sum >= 60 && held.sum < 100)
  })
})
