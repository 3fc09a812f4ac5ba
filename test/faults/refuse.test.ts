import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { registry } from '../../faults/index.ts'
import { refuse } from '../../faults/tcp/refuse.ts'
import { ms, ratio } from '../../src/core/units.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { echo, later, listenOn, LOCAL, PLAIN } from '../proxy/stage.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, fateOf, healthy, wire } from './wire.ts'

describe('refuse', () => {
  it('closed: asks for the listener to be closed', () => {
    assert.deepEqual(new Stage(refuse).listen(), { kind: 'refuse', how: 'closed' })
  })

  it('closed: resets a client that the kernel had accepted just before', () => {
    assert.deepEqual(new Stage(refuse).connect(), { kind: 'refuse', how: 'reset' })
  })

  it('reset: keeps the listener and resets whoever comes', () => {
    const stage = new Stage(refuse, { how: 'reset' })
    assert.deepEqual([stage.listen(), stage.connect()], [{ kind: 'pass' }, { kind: 'refuse', how: 'reset' }])
  })
})

describe('refuse on the wire', () => {
  afterEach(closeAll)

  it('closed: new connections get ECONNREFUSED, live ones go on', async () => {
    const stage = await wire(refuse)
    const live = await stage.live()
    await stage.strike()
    await assert.rejects(stage.client(), { code: 'ECONNREFUSED' })
    await exchange(live, ' there')
    await stage.heal()
    await healthy(stage)
    await exchange(live, ' again')
  })

  it('reset: new connections are made and reset, live ones go on', async () => {
    const stage = await wire(refuse)
    const live = await stage.live()
    await stage.strike({ how: 'reset' })
    assert.equal(await fateOf(stage), 'ECONNRESET')
    await exchange(live, ' there')
    assert.equal(stage.served.length, 1)
    await stage.heal()
    await healthy(stage)
  })

  it('closed, for one instance of the application: only its own listener is closed', async () => {
    const { address } = await listenOn(LOCAL, echo)
    const plane = new LocalPlane({ registry, seed: 1 })
    later(() => plane.close())
    const listen = [{ from: 'a', address: LOCAL }, { from: 'b', address: LOCAL }]
    const [opened] = await plane.open([{ name: 'cache', protocol: 'tcp', upstream: address, listen, tls: PLAIN, dialTimeout: ms(1000) }])
    await plane.arm([{ id: 'it', fault: 'refuse', on: 'cache', params: { how: 'closed' }, where: { from: 'b' }, standing: true }])
    const fates = (opened?.listen ?? []).map(({ address }) => new Promise((resolve) => {
      const socket = connect({ ...address }, () => { socket.destroy(); resolve('connected') })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    }))
    assert.deepEqual(await Promise.all(fates), ['connected', 'ECONNREFUSED'])
  })

  it('closed, for a share of connections: those are reset, for a listener cannot choose', async () => {
    const stage = await wire(refuse)
    await stage.strike({}, { chance: ratio(0.5) })
    const fates = await Promise.all(Array.from({ length: 20 }, () => fateOf(stage, 'bye')))
    assert.deepEqual([...new Set(fates)].sort(), ['ECONNRESET', 'end'])
  })
})
