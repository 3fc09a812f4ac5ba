import assert from 'node:assert/strict'
import { createClient } from 'redis'
import { pushSurprise } from '../../../faults/redis/push-surprise.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage, until } from './stage.ts'

describe('redis.push_surprise', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  it('stands between the replies of RESP3; a client that passes it over stays in step', async () => {
    const stage = await redisStage()
    const client = await stage.client({ protocol: 3 })
    await stage.strike(pushSurprise)
    const pipeline = client.pipeline()
    for (let n = 0; n < 100; n++) pipeline.echo(`e${n}`)
    assert.deepEqual((await pipeline.exec())?.map(([, value]) => value), Array.from({ length: 100 }, (_, n) => `e${n}`))
    assert.equal(stage.did().length, 100)
  })

  it('never comes to a client of RESP2', async () => {
    const stage = await redisStage()
    await stage.strike(pushSurprise)
    const raw = await stage.raw()
    raw.socket.end('PING\r\nHELLO 3\r\nPING\r\nHELLO 2\r\nPING\r\n')
    await raw.ended
    const [, ...pongs] = raw.text().split('+PONG').map((between) => between.slice(-40))
    assert.equal(pongs.length, 3)
    assert.equal(raw.text().match(/>2\r\n\$8\r\nbrownout\r\n\$8\r\nsurprise\r\n/g)?.length, 1)
    assert.match(raw.text(), /surprise\r\n\+PONG/)
    assert.match(raw.text(), /^\+PONG/)
  })

  it('invalidates the key that was read, for those who track and no others', async () => {
    const stage = await redisStage()
    await stage.direct.set('k', 'v')
    await stage.strike(pushSurprise, { push: 'invalidate' })
    const raw = await stage.raw()
    raw.socket.write('HELLO 3\r\nGET k\r\n')
    await until(() => raw.text().endsWith('$1\r\nv\r\n'), 'the value')
    assert.ok(!raw.text().includes('invalidate'))
    raw.socket.write('CLIENT TRACKING ON\r\n')
    await until(() => raw.text().endsWith('+OK\r\n'), 'tracking')
    raw.socket.write('GET k\r\nPING\r\n')
    await until(() => raw.text().endsWith('+PONG\r\n'), 'the end')
    assert.match(raw.text(), /\+OK\r\n>2\r\n\$10\r\ninvalidate\r\n\*1\r\n\$1\r\nk\r\n\$1\r\nv\r\n\+PONG\r\n$/)
    await stage.strike(pushSurprise, { push: 'flush' })
    raw.socket.write('PING\r\n')
    await until(() => raw.text().endsWith('>2\r\n$10\r\ninvalidate\r\n_\r\n+PONG\r\n'), 'all keys')
  })

  it('sends node-redis, which asks for word of maintenance, to where it is already: it goes on there', async () => {
    const stage = await redisStage()
    const client = createClient({ socket: { host: '127.0.0.1', port: stage.port }, RESP: 3 })
    client.on('error', () => undefined)
    await client.connect()
    await client.set('k', 'v')
    const before = Number(/total_connections_received:(\d+)/.exec(await stage.direct.info('stats'))?.[1])
    await stage.strike(pushSurprise, { push: 'moving' }, { times: 1 })
    for (let n = 0; n < 20; n++) assert.equal(await client.get('k'), 'v')
    assert.deepEqual(stage.did(), ['replace'])
    const connections = async (): Promise<number> => Number(/total_connections_received:(\d+)/.exec(await stage.direct.info('stats'))?.[1])
    while (await connections() === before) assert.equal(await client.get('k'), 'v')
    client.destroy()
  })
})
