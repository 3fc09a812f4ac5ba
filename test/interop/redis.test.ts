import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { closeAll } from '../proxy/stage.ts'
import { hasRedis, redis as server } from '../support/servers.ts'
import { output, program, sameThrough } from './through.ts'

const plain = (value: unknown): unknown => (value instanceof Error ? value.message : value)

async function withIoredis<T>(port: number, protocol: 2 | 3, action: (client: Redis, another: () => Promise<Redis>) => Promise<T>): Promise<T> {
  const clients: Redis[] = []
  const another = async (): Promise<Redis> => {
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true, protocol, retryStrategy: () => null })
    clients.push(client)
    await client.connect()
    return client
  }
  try {
    const client = await another()
    await client.flushall()
    return await action(client, another)
  } finally {
    for (const client of clients) client.disconnect()
  }
}

describe('Redis clients, the same through the proxy as direct', function () {
  this.timeout(90_000)
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    sameThrough(`ioredis on RESP${protocol}: pipelines, MULTI, scripts, errors, large values`, 'redis', server, (_url, port) => withIoredis(port, protocol, async (client) => {
      const seen: unknown[] = []
      const pipeline = client.pipeline()
      for (let n = 0; n < 500; n++) pipeline.set(`k${n}`, n).get(`k${n}`).incr('n')
      seen.push(await pipeline.exec())
      seen.push(await client.multi().set('a', '1').incr('a').lpush('a', 'x').exec().then((results) => results?.map((one) => one.map(plain))))
      seen.push(await client.multi().set('a', '1').call('nonsense').exec().catch(plain))
      await client.watch('w')
      await client.set('w', 'changed')
      seen.push(await client.multi().get('w').exec())
      seen.push(await client.eval('return {KEYS[1], ARGV[1], redis.call("incr", KEYS[1])}', 1, 'script', 'x'))
      seen.push(await client.evalsha('0'.repeat(40), 0).catch(plain))
      seen.push(await client.set('big', 'b'.repeat(90_000)), (await client.get('big'))?.length)
      seen.push(await client.hset('h', { a: '1', b: '2' }), await client.hgetall('h'), await client.call('ZADD', 'z', '1', 'one', '2', 'two'), await client.call('ZRANGE', 'z', '0', '-1', 'WITHSCORES'))
      seen.push(await client.xadd('s', '1-1', 'f', 'v'), await client.xrange('s', '-', '+'), await client.mget('k1', 'none', 'k2'), await client.lpush('k1', 'x').catch(plain))
      seen.push(await client.select(3), await client.get('k1'), await client.select(0), await client.get('k1'))
      return seen
    }))

    sameThrough(`ioredis on RESP${protocol}: blocking commands and pub/sub`, 'redis', server, (_url, port) => withIoredis(port, protocol, async (client, another) => {
      const [waiting, listening] = [await another(), await another()]
      const popped = waiting.blpop('queue', 5)
      const heard: string[] = []
      listening.on('message', (channel, text) => heard.push(`${channel}: ${text}`))
      listening.on('pmessage', (pattern, channel, text) => heard.push(`${pattern} ${channel}: ${text}`))
      await listening.subscribe('a', 'b')
      await listening.psubscribe('c*')
      await client.rpush('queue', 'x')
      for (let n = 0; n < 50; n++) { await client.publish('a', `${n}`); await client.publish('c1', `${n}`) }
      while (heard.length < 100) await client.ping()
      await listening.unsubscribe('a')
      await client.publish('a', 'nobody')
      await client.publish('b', 'last')
      while (heard.length < 101) await client.ping()
      return [await popped, heard, await waiting.blpop('empty', 0.05), await client.call('XREAD', 'BLOCK', '20', 'STREAMS', 'none', '$')]
    }))

    sameThrough(`node-redis on RESP${protocol}`, 'redis', server, async (url) => {
      const client = createClient({ url, RESP: protocol })
      client.on('error', () => undefined)
      await client.connect()
      try {
        await client.flushAll()
        const many = await Promise.all(Array.from({ length: 300 }, (_, n) => client.set(`k${n}`, `${n}`).then(() => client.get(`k${n}`))))
        const multi = await client.multi().set('m', '1').incr('m').get('m').exec()
        const failed = await client.lPush('m', 'x').catch(plain)
        const subscriber = client.duplicate()
        await subscriber.connect()
        const heard: string[] = []
        await subscriber.subscribe('channel', (text) => { heard.push(text) })
        for (let n = 0; n < 20; n++) await client.publish('channel', `${n}`)
        while (heard.length < 20) await client.ping()
        await subscriber.unsubscribe('channel')
        subscriber.destroy()
        return [many, multi, failed, heard, await client.hSet('h', { a: '1' }), { ...(await client.hGetAll('h')) }, await client.eval('return ARGV[1]', { arguments: ['x'] })]
      } finally {
        client.destroy()
      }
    })
  }

  const cli = program('redis-cli')
  if (cli) {
    sameThrough('redis-cli', 'redis', server, async (_url, port) => {
      const said: string[] = []
      for (const words of [['flushall'], ['set', 'k', 'v'], ['get', 'k'], ['lpush', 'k', 'x'], ['-3', 'hgetall', 'none'], ['eval', 'return {1,2,{3}}', '0'], ['-r', '5', 'incr', 'n']]) said.push(await output(cli, ['-p', `${port}`, ...words]))
      return said
    })
  }
  const benchmark = program('redis-benchmark')
  if (benchmark) {
    sameThrough('redis-benchmark', 'redis', server, async (_url, port) => {
      const said = await output(benchmark, ['-p', `${port}`, '-n', '400', '-c', '20', '-P', '8', '--csv', '-t', 'set,get,incr,lpush,lrange_100,mset'])
      return said.split('\n').map((line) => line.split(',')[0])
    })
  }
})
