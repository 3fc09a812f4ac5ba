import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { registry } from '../../faults/index.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { ms, ratio } from '../../src/core/units.ts'
import { formatAddress } from '../../src/proxy/address.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { ToxiproxyServer } from '../../src/via/server.ts'
import { ViaPlane } from '../../src/via/plane.ts'
import { closeAll, echo, exchange, later, listenOn, LOCAL, PLAIN, until } from '../proxy/stage.ts'
import { ruleFor, toxiproxy, via, type Remote } from './stage.ts'

const toxicsOn = async ({ state }: Remote): Promise<string[]> =>
  (await state()).flatMap(({ toxics }) => toxics.map(({ type, stream, toxicity }) => `${type} ${stream} ${toxicity}`))

describe('via: a plane that drives a Toxiproxy', () => {
  afterEach(closeAll)

  it('makes a proxy of its own, arms a rule as a toxic, takes it off again, and leaves nothing', async () => {
    const { plane, events, remote, client, upstream } = await via()
    const [made] = await remote.state()
    assert.match(made?.name ?? '', /^brownout\.[A-Za-z0-9-]+\.\d+\.cache$/)
    assert.equal(made?.upstream, formatAddress(upstream))
    const live = await client()
    await exchange(live, 'warm')
    const at = await plane.arm([ruleFor('slow', 'latency', { delay: ms(120) })])
    assert.deepEqual((await remote.state())[0]?.toxics.map(({ attributes }) => attributes), [{ latency: 120, jitter: 0 }])
    assert.ok(await exchange(live, 'ping') >= 119, 'a connection that was there before')
    assert.ok(await exchange(await client(), 'ping') >= 119, 'a new connection')
    assert.deepEqual((await plane.snapshot()).armed, ['slow'])
    const [cleared] = await plane.disarm(['slow'])
    assert.deepEqual([cleared?.rule, cleared?.reason, cleared?.matched, cleared?.altered], ['slow', 'request', 2, 2])
    assert.deepEqual(await toxicsOn(remote), [])
    assert.ok(await exchange(live, 'ping') < 100)
    const altered = events.flatMap((event) => (event.kind === 'altered' ? [event] : []))
    assert.deepEqual(altered.map(({ rule, did }) => [rule, did]), [['slow', 'bytes passed a toxic, effect not observable'], ['slow', 'bytes passed a toxic, effect not observable']])
    assert.ok(altered.every((event) => event.at >= at), 'nothing counts before the acknowledgement')
    assert.equal(events.filter(({ kind }) => kind === 'cleared').length, 1)
    await plane.close()
    assert.deepEqual(await remote.state(), [])
  })

  it('a rule that no traffic passed has altered nothing', async () => {
    const { plane, client } = await via()
    await client()
    await plane.arm([ruleFor('slow', 'latency', { delay: ms(10) })])
    assert.deepEqual((await plane.disarm()).map(({ matched, altered }) => [matched, altered]), [[0, 0]])
  })

  it('of a share of connections as many count as are to be expected', async () => {
    const { plane, remote, client } = await via()
    await plane.arm([ruleFor('some', 'latency', { delay: ms(1) }, { chance: ratio(0.4) })])
    assert.deepEqual(await toxicsOn(remote), ['latency downstream 0.4'])
    for (let i = 0; i < 6; i++) await exchange(await client(), 'ping')
    assert.deepEqual((await plane.disarm()).map(({ matched, altered }) => [matched, altered]), [[6, 2]])
  })

  it('counts traffic of the target as of any other', async () => {
    const { plane, client } = await via()
    await exchange(await client(), 'ping')
    const { accepted, bytesToServer, bytesToClient } = (await plane.snapshot()).targets['cache'] ?? {}
    assert.deepEqual([accepted, bytesToServer, bytesToClient], [1, 4, 4])
  })

  it('its time is up: the toxic goes by itself, and that is told with the reason', async () => {
    const { plane, events, remote } = await via()
    const from = performance.now()
    await plane.arm([ruleFor('short', 'timeout', { timeout: ms(0) }, { for: ms(150) })])
    assert.deepEqual(await toxicsOn(remote), ['timeout downstream 1'])
    await until(() => events.some(({ kind }) => kind === 'cleared'), 'cleared')
    assert.ok(performance.now() - from >= 149)
    assert.deepEqual(events.map((event) => (event.kind === 'cleared' ? [event.rule, event.reason] : [event.kind])), [['short', 'deadline']])
    assert.deepEqual(await toxicsOn(remote), [])
    assert.deepEqual((await plane.snapshot()).armed, [])
  })

  it('a partition holds what is sent and delivers it at heal', async () => {
    const { plane, client } = await via()
    const live = await client()
    await exchange(live, 'before')
    await plane.arm([ruleFor('cut', 'partition')])
    live.socket.write('held')
    await assert.rejects(until(() => live.bytes() > 6, 'bytes', 200))
    await plane.disarm(undefined, 'method-end')
    await until(() => live.text() === 'beforeheld', 'what was held')
  })

  it('a partition that rejects switches the proxy off: live connections end, new ones get nothing; then all is as before', async () => {
    const { plane, remote, client } = await via()
    const live = await client()
    await exchange(live, 'before')
    await plane.arm([ruleFor('off', 'partition', { how: 'reject' })])
    assert.deepEqual((await remote.state()).map(({ enabled }) => enabled), [false])
    await live.ended
    const late = await client()
    late.socket.write('x')
    await late.ended
    assert.equal(late.bytes(), 0)
    const [cleared] = await plane.disarm()
    assert.ok((cleared?.altered ?? 0) >= 1)
    assert.deepEqual((await remote.state()).map(({ enabled, toxics }) => [enabled, toxics.length]), [[true, 0]])
    await exchange(await client(), 'after')
  })

  it('beside it another target is brownout\'s own: what no Toxiproxy can do works there, and is refused here', async () => {
    const { plane, events, client } = await via()
    const unable = ruleFor('odd', 'latency', { delay: ms(40), distribution: 'normal' })
    await assert.rejects(plane.arm([unable]), (error: unknown) => error instanceof BrownoutError && error.code === 'VIA_UNSUPPORTED')
    await plane.arm([{ ...unable, on: 'db' }, ruleFor('slow', 'latency', { delay: ms(80) })])
    assert.deepEqual([...(await plane.snapshot()).armed].sort(), ['odd', 'slow'])
    const [cache, db] = [await exchange(await client('cache'), 'ping'), await exchange(await client('db'), 'ping')]
    assert.ok(cache >= 79 && db >= 39, `${cache} ${db}`)
    const cleared = await plane.disarm()
    assert.deepEqual(cleared.map(({ rule }) => rule).sort(), ['odd', 'slow'])
    assert.equal(events.filter(({ kind }) => kind === 'cleared').length, 2)
  })

  it('healing overtakes arming: what was on its way is taken off', async () => {
    const { plane, remote } = await via()
    for (let round = 0; round < 20; round++) {
      const arming = plane.arm([ruleFor(`r${round}`, 'stall')])
      const cleared = await plane.disarm(undefined, 'signal')
      await arming
      assert.deepEqual(cleared.map(({ rule, reason }) => [rule, reason]), [[`r${round}`, 'signal']])
    }
    assert.deepEqual(await toxicsOn(remote), [])
    assert.deepEqual((await plane.snapshot()).armed, [])
  })

  it('a server that goes while a rule holds: when its time is up that is told, and healing does not say that all is well', async () => {
    const { plane, events, remote } = await via()
    await plane.arm([ruleFor('slow', 'latency', { delay: ms(10) }, { for: ms(100) })])
    await remote.admin.close()
    await until(() => events.some(({ kind }) => kind === 'broken'), 'broken', 8000)
    assert.match(events.flatMap((event) => (event.kind === 'broken' ? [event.problem] : [])).join(), /did not remove .*slow/)
    assert.ok(!events.some(({ kind }) => kind === 'cleared'))
    await assert.rejects(plane.disarm(), { code: 'VIA_FAILED' })
  }).timeout(30_000)

  it('a server that hangs is given up', async () => {
    const { address } = await listenOn(LOCAL, () => undefined)
    const server = new ToxiproxyServer(`http://${formatAddress(address)}`, ms(100))
    const from = performance.now()
    await assert.rejects(server.all(), { code: 'VIA_FAILED', message: `${server.url} did not list the proxies: no answer within 100ms` })
    assert.ok(performance.now() - from >= 99)
  })

  it('what answers there is something else', async () => {
    for (const body of ['[]', '{"a":{}}', 'null', '""', '<html>', '']) {
      const server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      later(() => { server.close() })
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      const route = { server: `http://127.0.0.1:${port}`, host: '127.0.0.1', proxy: undefined, listen: '127.0.0.1:0' }
      const plane = new ViaPlane({ routes: new Map([['cache', route]]), registry, local: (faults) => new LocalPlane({ registry: faults, seed: 1 }) })
      await assert.rejects(plane.open([{ name: 'cache', protocol: 'tcp', upstream: { host: '127.0.0.1', port: 1 }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(100) }]), { code: 'VIA_FAILED' }, body)
    }
  })

  it('a server that has gone: arming and disarming say so within seconds, and never that all is well', async () => {
    const { plane, remote } = await via()
    await plane.arm([ruleFor('slow', 'latency', { delay: ms(10) })])
    await remote.admin.close()
    const failed = (error: unknown): boolean => error instanceof BrownoutError && error.code === 'VIA_FAILED' && /did not/.test(error.message)
    await assert.rejects(plane.arm([ruleFor('more', 'latency', { delay: ms(10) })]), failed)
    const from = performance.now()
    await assert.rejects(plane.disarm(), failed)
    assert.ok(performance.now() - from < 8000, 'disarming')
    await assert.rejects(plane.close(), failed)
  }).timeout(30_000)
})

describe('via: a proxy that is there already', () => {
  afterEach(closeAll)

  it('is adopted and left as it was: it stays, with the toxics that it had', async () => {
    const remote = await toxiproxy()
    const { address } = await listenOn(LOCAL, echo)
    const proxy = await remote.client.createProxy({ name: 'redis', listen: '127.0.0.1:0', upstream: formatAddress(address).replace('127.0.0.1', 'localhost') })
    await proxy.addToxic({ name: 'mine', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 5, jitter: 0 } })
    const before = await remote.state()
    const { plane, client } = await via({ remote, path: '/redis', upstream: address })
    await plane.arm([ruleFor('slow', 'latency', { delay: ms(60) })])
    assert.ok(await exchange(await client(), 'ping') >= 64, 'both')
    await plane.close()
    assert.deepEqual(await remote.state(), before)
  })

  it('is not touched when it leads elsewhere, or is switched off', async () => {
    const remote = await toxiproxy()
    const { address } = await listenOn(LOCAL, echo)
    const proxy = await remote.client.createProxy({ name: 'redis', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
    await assert.rejects(via({ remote, path: '/redis', upstream: address }), /leads to 127\.0\.0\.1:1, and the target is/)
    await proxy.update({ listen: proxy.listen, upstream: formatAddress(address), enabled: false })
    await assert.rejects(via({ remote, path: '/redis', upstream: address }), /is switched off/)
    assert.equal((await remote.state()).length, 1)
  })

  it('a name that is free is taken for a new one, which goes at the end', async () => {
    const { plane, remote } = await via({ path: '/redis' })
    assert.deepEqual((await remote.state()).map(({ name }) => name), ['redis'])
    await plane.close()
    assert.deepEqual(await remote.state(), [])
  })
})
