/** A large answer that a rule replaces has an end all the same: what waits for it gets its turn. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { request } from '../../src/protocols/redis/reply.ts'
import { ms } from '../../src/core/units.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { hasRedis, redis } from '../support/servers.ts'
import { closeAll, later, LOCAL, PLAIN, until, watch } from './stage.ts'

/** GET gets another answer than the server's, ECHO one without the server. */
const replaces = defineFault({
  name: 'replaces', summary: 'Test.', tests: 'Test.', correct: 'Test.', on: ['message'], protocols: ['redis'], direction: 'both', params: {}, example: '',
  concerns: ({ protocol, message }) => protocol === 'redis' && /GET|ECHO/.test(message.raw.toString('latin1', 0, 20)),
  decide: (unit) => {
    if (unit.kind !== 'message') return PASS
    if (unit.direction === 'to-client') return unit.message.part === 'first' ? inPlace(Buffer.from('$3\r\nnew\r\n')) : PASS
    return unit.raw.includes('ECHO') ? { kind: 'answer', raw: Buffer.from('+ours\r\n') } : PASS
  },
})

describe('a large answer that is replaced', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  it('takes its rest along, and the answer of ours behind it comes', async () => {
    const server = await redis()
    const plane = new LocalPlane({ registry: new Map([[replaces.name, replaces]]), seed: 1 })
    const [opened] = await plane.open([{ name: 'cache', protocol: 'redis', upstream: { host: server.host, port: server.port }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(2000) }])
    later(() => plane.close())
    const socket = connect({ ...(opened?.listen[0]?.address ?? LOCAL) })
    const seen = watch(socket)
    later(() => socket.destroy())
    await once(socket, 'connect')
    socket.write(request('SET', 'large', 'x'.repeat(300_000)))
    await until(() => seen.text() === '+OK\r\n', 'the value')
    await plane.arm([{ id: 'it', fault: replaces.name, on: 'cache', params: {}, standing: true }])
    socket.write(Buffer.concat([request('GET', 'large'), request('ECHO', 'x'), request('PING')]))
    await until(() => seen.text().endsWith('+PONG\r\n'), 'the last reply')
    await until(() => seen.text().includes('+ours'), 'our answer')
    assert.equal(seen.text(), '+OK\r\n$3\r\nnew\r\n+ours\r\n+PONG\r\n')
  })
})
