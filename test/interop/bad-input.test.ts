/** What nobody should send, through targets that read their protocol and have a rule armed: it passes, bounded, and the proxy lives on. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import pg from 'pg'
import { error } from '../../faults/redis/error.ts'
import { redisStage } from '../faults/redis/stage.ts'
import { closeAll, later, listenOn, LOCAL, until, watch, type Seen } from '../proxy/stage.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'
import { through } from './through.ts'

const IDLE = 'a rule armed that matches nothing'
function raw(port: number): Seen {
  const socket = connect(port, '127.0.0.1')
  later(() => socket.destroy())
  return watch(socket)
}

describe('bad input', function () {
  this.timeout(90_000)
  afterEach(closeAll)

  it('a statement of 50 MiB passes, in parts, and the connection goes on', async () => {
    const way = await through(await postgres(), 'postgres', IDLE)
    const client = new pg.Client({ connectionString: way.url })
    await client.connect()
    try {
      const { rows } = await client.query<{ n: number }>(`select length('${'x'.repeat(50 * 1024 ** 2)}') as n`)
      assert.deepEqual(rows, [{ n: 50 * 1024 ** 2 }])
      assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
      assert.deepEqual(way.opaque, [])
    } finally {
      await client.end()
    }
  })

  it('a pipeline of 100,000 commands, one in a hundred refused, keeps its order', async function () {
    if (!hasRedis) this.skip()
    const stage = await redisStage()
    await stage.strike(error, { error: 'ERR', text: 'no' }, { where: { command: 'GET' } })
    const client = raw(stage.port)
    let text = ''
    client.socket.on('data', (chunk) => { text += chunk.toString('latin1') })
    const count = 100_000
    const pieces: string[] = []
    for (let n = 0; n < count; n++) pieces.push(n % 100 === 7 ? 'GET k\r\n' : `ECHO ${n}\r\n`)
    client.socket.write(pieces.join(''))
    const expected = pieces.map((piece, n) => (piece.startsWith('GET') ? '-ERR no\r\n' : `$${String(n).length}\r\n${n}\r\n`)).join('')
    await until(() => text.length >= expected.length, 'every reply', 60_000)
    assert.ok(text === expected)
  })

  it('a client that vanishes in the middle of a message leaves nothing behind, here or in the server', async function () {
    if (!hasRedis) this.skip()
    const stage = await redisStage()
    await stage.strike(error, {}, { where: { key: 'nobody' } })
    for (const how of ['end', 'reset'] as const) {
      const client = raw(stage.port)
      client.socket.write('*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$1000\r\nvalue')
      await until(async () => (await stage.plane.snapshot()).targets['cache']?.connections === 1, 'it is connected')
      await new Promise((resolve) => { setImmediate(resolve) })
      if (how === 'end') client.socket.end()
      else client.socket.resetAndDestroy()
      await until(async () => (await stage.plane.snapshot()).targets['cache']?.connections === 0, 'it is gone')
    }
    assert.equal(await stage.direct.exists('half'), 0)
  })

  it('an upstream of another protocol is told once, and passes', async () => {
    const { address } = await listenOn(LOCAL, (socket) => { socket.write('220 mail.example ESMTP\r\n') })
    const port = 'port' in address ? address.port : 0
    const server = { ...(await postgres()), port, url: `x://127.0.0.1:${port}` }
    for (const protocol of ['postgres', 'redis'] as const) {
      const way = await through(server, protocol, IDLE)
      const client = raw(way.port)
      client.socket.write('HELO brownout\r\n')
      await until(() => client.text() === '220 mail.example ESMTP\r\n', 'what it says')
      assert.equal(way.opaque.length, 1, protocol)
    }
  })

  it('a Postgres client at a Redis target, and the other way round, get what they would get direct', async function () {
    if (!hasRedis) this.skip()
    const [toRedis, toPostgres] = [await through(await redis(), 'redis', IDLE), await through(await postgres(), 'postgres', IDLE)]
    const startup = Buffer.from('\0\0\0\x14\0\x03\0\0user\0someone\0\0', 'latin1')
    const [one, other] = [raw(toRedis.port), raw(toPostgres.port)]
    one.socket.write(startup)
    other.socket.write('*1\r\n$4\r\nPING\r\n')
    // Redis takes it for an inline command that is not over yet; Postgres takes it for a length that cannot be.
    assert.match(await other.ended, /end|ECONNRESET/)
    one.socket.end()
    assert.match(await one.ended, /end|ECONNRESET/)
  })

  it('endless headers: a line without an end is given up at 64 KiB and passes', async function () {
    if (!hasRedis) this.skip()
    const way = await through(await redis(), 'redis', IDLE)
    const client = raw(way.port)
    client.socket.write('x'.repeat(200_000))
    assert.match(await client.ended, /end|ECONNRESET/)
    assert.deepEqual(way.opaque.length, 1)
  })
})
