/** A real Redis and real clients through a plain pipe that decodes behind the bytes. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'
import { keysOf } from '../../../src/protocols/redis/keys.ts'
import { missReply } from '../../../src/protocols/redis/reply.ts'
import { hasRedis, redis } from '../../support/servers.ts'
import { command, one } from './wire.ts'
import { openPipe, type Pipe, Wire } from '../pipe.ts'
import { Recorded } from './recorded.ts'

const run = promisify(execFile)

describe('redis, for real', () => {
  let port = 0
  let pipe: Pipe<Recorded>

  before(async function () {
    if (!hasRedis) return this.skip()
    const server = await redis()
    port = server.port
    pipe = await openPipe(port, () => new Recorded())
  })
  after(() => pipe?.close())

  const session = (): Recorded => {
    const last = pipe.sessions.at(-1)
    assert.ok(last)
    return last
  }

  for (const protocol of [2, 3] as const) {
    it(`ioredis on RESP${protocol}: pipelines, MULTI, blocking, scripts, large values, pub/sub`, async () => {
      const from = pipe.sessions.length
      const client = new Redis({ port: pipe.port, protocol, connectionName: `codec-${protocol}`, db: 3, disableClientInfo: true })
      const subscriber = new Redis({ port: pipe.port, protocol, disableClientInfo: true })
      try {
        await client.set('codec:a', 'x'.repeat(200_000))
        assert.equal((await client.get('codec:a'))?.length, 200_000)
        await client.pipeline().set('codec:n', 1).incr('codec:n').lpush('codec:n', 1).get('codec:none').exec()
        await client.multi().set('codec:m', 1).get('codec:m').hset('codec:h', { a: 1, b: 2 }).hgetall('codec:h').exec()
        await client.watch('codec:m')
        await client.eval('return {1, {2, {3}}, redis.call("GET", KEYS[1])}', 1, 'codec:m')
        await client.blpop('codec:none', 0.05)
        await client.xadd('codec:s', '*', 'f', 'v')
        await client.call('XREAD', 'STREAMS', 'codec:s', '0')
        await client.zadd('codec:z', 1, 'a', 2, 'b')
        await client.call('ZRANGE', 'codec:z', '0', '-1', 'WITHSCORES')
        let delivered = 0
        const both = new Promise<void>((resolve) => { subscriber.on('message', () => { delivered++; if (delivered === 2) resolve() }) })
        await subscriber.subscribe('codec:ch1', 'codec:ch2')
        await client.publish('codec:ch1', '1')
        await client.publish('codec:ch2', '2')
        await both
        await subscriber.unsubscribe()
        assert.equal(await subscriber.ping(), 'PONG')
      } finally {
        client.disconnect()
        subscriber.disconnect()
      }
      const sessions = pipe.sessions.slice(from)
      assert.equal(sessions.length, 2)
      for (const recorded of sessions) recorded.check()
      const talker = sessions.find(({ commands }) => commands.includes('XADD'))
      const listener = sessions.find(({ commands }) => commands.includes('SUBSCRIBE'))
      assert.ok(talker && listener)
      assert.equal(talker.conversation.resp, protocol)
      const get = talker.asked.find(({ facets }) => facets.command === 'GET')
      assert.deepEqual([get?.keys, get?.facets.db, get?.facets.client_name], [['codec:a'], 3, `codec-${protocol}`])
      assert.deepEqual(talker.asked.find(({ facets }) => facets.command === 'EVAL')?.keys, ['codec:m'])
      assert.deepEqual(talker.answers.filter(({ facets }) => facets.error !== undefined).map(({ facets }) => [facets.command, facets.error]), [['LPUSH', 'WRONGTYPE']])
      const nil = talker.answers.filter(({ facets }) => facets.nil).map(({ facets }) => facets.command)
      assert.deepEqual(nil, ['GET', 'BLPOP'])
      assert.equal(listener.answers.filter(({ exchange }) => exchange === undefined).length, 2, 'two messages, of no exchange')
      assert.equal(listener.answers.filter(({ facets }) => facets.command === 'SUBSCRIBE').length, 2)
      assert.equal(listener.conversation.subscribed, false)
    })
  }

  it('redis-benchmark with pipelines of 16: every command is answered', async () => {
    const from = pipe.sessions.length
    await run('redis-benchmark', ['-p', String(pipe.port), '-c', '4', '-P', '16', '-n', '8000', '-t', 'set,get,lrange_100,mset', '-q'], { timeout: 15_000 })
    const sessions = pipe.sessions.slice(from)
    const asked = sessions.flatMap(({ commands }) => commands)
    for (const name of ['SET', 'GET', 'LRANGE', 'MSET']) assert.ok(asked.filter((one) => one === name).length >= 8000, name)
    // It goes away without reading the last replies.
    for (const { conversation } of sessions) assert.deepEqual([conversation.toServer.broken, conversation.toClient.broken], [undefined, undefined])
    const unpaired = sessions.flatMap(({ answers }) => answers).filter(({ exchange }) => exchange === undefined)
    assert.equal(unpaired.length, 0)
  })

  it('redis-cli: RESP3, inline and MONITOR', async () => {
    const { stdout } = await run('redis-cli', ['-3', '-p', String(pipe.port), 'HELLO', '3'], { timeout: 5000 })
    assert.match(stdout, /proto/)
    session().check()
    const wire = await Wire.open(pipe.port)
    try {
      assert.equal(await wire.say('set codec:i "a\\x41 b"\r\n\r\nget codec:i\n', ' b\r\n'), '+OK\r\n$4\r\naA b\r\n')
      assert.deepEqual(session().asked.map(({ facets, keys }) => [facets.command, keys]), [['SET', ['codec:i']], [undefined, []], ['GET', ['codec:i']]])
      // The line of a command may come before its reply or after it.
      await wire.say('MONITOR\r\nPING\r\n', /(\+PONG\r\n.*"PING"|"PING"\r\n.*\+PONG)\r\n/s)
      await wire.say('RESET\r\n', /\+RESET\r\n/)
      await wire.say('PING\r\n', '+PONG\r\n')
      session().check()
      const { answers } = session()
      const streamed = answers.filter(({ exchange }) => exchange === undefined)
      assert.ok(streamed.length >= 1)
      assert.ok(streamed.every(({ message }) => / \[\d+ /.test(message.raw.toString())))
      assert.deepEqual(answers.filter(({ exchange }) => exchange !== undefined).map(({ facets }) => facets.command), ['SET', 'GET', 'MONITOR', 'PING', 'RESET', 'PING'])
    } finally {
      wire.close()
    }
  })

  const ODDITIES: readonly { readonly name: string; readonly say: readonly string[]; readonly until: string }[] = [
    { name: 'SUBSCRIBE to two in a transaction', say: ['MULTI', 'SUBSCRIBE codec:x codec:y', 'SET codec:o 1', 'EXEC', 'UNSUBSCRIBE', 'ECHO end'], until: 'end\r\n' },
    { name: 'the same in RESP3', say: ['HELLO 3', 'MULTI', 'SUBSCRIBE codec:x codec:y', 'EXEC', 'UNSUBSCRIBE', 'ECHO end'], until: 'end\r\n' },
    { name: 'CLIENT REPLY OFF, SKIP and ON', say: ['CLIENT REPLY OFF', 'SET codec:o 1', 'CLIENT REPLY SKIP', 'GET codec:o', 'CLIENT REPLY ON', 'CLIENT REPLY SKIP', 'GET codec:o', 'ECHO end'], until: 'end\r\n' },
    { name: 'RESET while silent', say: ['CLIENT REPLY OFF', 'SET codec:o 1', 'RESET', 'ECHO end'], until: 'end\r\n' },
    { name: 'UNSUBSCRIBE from nothing', say: ['UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE', 'UNSUBSCRIBE a b', 'ECHO end'], until: 'end\r\n' },
    { name: 'all kinds of channels, the same one twice', say: ['SUBSCRIBE codec:x codec:x', 'PSUBSCRIBE codec:*', 'SSUBSCRIBE codec:s', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE', 'ECHO end'], until: 'end\r\n' },
    { name: 'RESET while subscribed', say: ['SUBSCRIBE codec:x', 'GET codec:o', 'RESET', 'ECHO end'], until: 'end\r\n' },
    { name: 'a transaction that is aborted', say: ['MULTI', 'GET', 'SELECT 5', 'EXEC', 'MULTI', 'MULTI', 'DISCARD', 'EXEC', 'ECHO end'], until: 'end\r\n' },
    { name: 'a transaction that changes the session', say: ['MULTI', 'SELECT 5', 'EXEC', 'SELECT 99', 'CLIENT SETNAME codec', 'ECHO end'], until: 'end\r\n' },
    { name: 'HELLO and its refusals', say: ['HELLO', 'HELLO 9', 'HELLO 3 SETNAME codec', 'HELLO 2', 'ECHO end'], until: 'end\r\n' },
  ]
  for (const { name, say, until } of ODDITIES) {
    it(`${name}: nothing is owed, nothing is left over`, async () => {
      const wire = await Wire.open(pipe.port)
      try {
        await wire.say(Buffer.concat(say.map((request) => command(...request.split(' ')))), until)
        session().check()
        const ended = session().answers.filter(({ last }) => last)
        assert.equal(ended.at(-1)?.facets.command, 'ECHO')
        assert.equal(ended.at(-1)?.exchange, say.length)
      } finally {
        wire.close()
      }
    })
  }

  it('keys are those that COMMAND GETKEYS names', async () => {
    const client = new Redis({ port })
    const asked = [
      'GET a', 'MGET a b c', 'MSET a 1 b 2', 'DEL a b', 'EVAL x 2 a b c', 'EVALSHA x 1 a', 'EVAL_RO x 1 a', 'FCALL f 2 a b c', 'XREAD COUNT 1 BLOCK 0 STREAMS a b 0 0', 'XREADGROUP GROUP g c STREAMS a >',
      'ZUNIONSTORE d 2 a b WEIGHTS 1 2', 'ZINTERSTORE d 1 a', 'ZDIFF 2 a b WITHSCORES', 'ZINTERCARD 2 a b LIMIT 1', 'SINTERCARD 1 a', 'LMPOP 2 a b LEFT', 'BLMPOP 0 2 a b LEFT', 'BZMPOP 0 1 a MIN', 'BLPOP a b 0', 'BZPOPMIN a 0', 'BLMOVE a b LEFT RIGHT 0',
      'SORT a', 'SORT a BY w LIMIT 0 1 STORE d', 'GEORADIUS a 1 2 3 m STORE d', 'GEORADIUSBYMEMBER a m 3 m STOREDIST d', 'GEOSEARCHSTORE d a FROMMEMBER m BYRADIUS 1 m', 'BITOP AND d a b', 'RENAME a b', 'COPY a b', 'SMOVE a b m', 'LCS a b',
      'OBJECT ENCODING a', 'MEMORY USAGE a', 'XGROUP CREATE a g 0', 'XINFO STREAM a', 'MIGRATE h 1 a 0 10', 'PFMERGE d a b', 'SDIFFSTORE d a b', 'WATCH a b', 'XADD a * f v', 'ZRANGESTORE d a 0 1',
    ]
    try {
      for (const request of asked) {
        const words = request.split(' ')
        assert.deepEqual(keysOf(one('to-server', command(...words))), await client.call('COMMAND', 'GETKEYS', ...words), request)
      }
      assert.deepEqual(keysOf(one('to-server', command(...'MIGRATE h 1 @ 0 10 KEYS a b'.split(' ').map((word) => (word === '@' ? '' : word))))), ['a', 'b'])
    } finally {
      client.disconnect()
    }
  })

  it('the table agrees with COMMAND on every command of this server', async () => {
    const client = new Redis({ port, protocol: 2 })
    type Entry = [name: string, arity: number, flags: string[], first: number, last: number, step: number, acl: unknown, tips: unknown, specs: unknown, subcommands: Entry[]]
    let checked = 0
    const check = ([name, , flags, first, last, step, , , , subcommands]: Entry): void => {
      if (subcommands.length > 0) return subcommands.forEach(check)
      const written = name.toUpperCase().replace('|', ' ')
      const ours = COMMANDS.get(written)
      const does = flags.includes('write') ? 'write' : flags.includes('readonly') ? 'read' : 'neither'
      if (!ours) {
        assert.ok(written.includes(' ') && does === 'neither' && first === 0, `${written} is missing`)
        return
      }
      checked++
      // XREAD and XREADGROUP wait only with BLOCK; WAIT is not flagged, and waits.
      const blocks = ours.keys.at === 'streams' ? true : written.startsWith('WAIT') ? false : ours.blocking
      assert.deepEqual([written, ours.does, ours.denyoom, blocks], [written, does, flags.includes('denyoom'), flags.includes('blocking')])
      if (ours.keys.at === 'range') assert.deepEqual([written, ours.keys.first, ours.keys.last, ours.keys.step], [written, first, last, step])
      else assert.ok(first === 0 || flags.includes('movablekeys') || flags.includes('pubsub'), written)
    }
    try {
      const entries = await client.call('COMMAND') as Entry[]
      entries.forEach(check)
      assert.ok(checked > 200, `${checked} commands`)
    } finally {
      client.disconnect()
    }
  })

  it('a miss is what this server says of a missing key, in RESP2 and RESP3', async () => {
    const asked = [
      'GET', 'GETDEL', 'GETEX', 'HGET @ f', 'LINDEX @ 0', 'RPOPLPUSH @ codec:other', 'LMOVE @ codec:other LEFT RIGHT', 'ZSCORE @ m', 'DUMP', 'GEODIST @ a b', 'ZRANK @ m', 'ZREVRANK @ m', 'BLMOVE @ codec:other LEFT RIGHT 0.01', 'BRPOPLPUSH @ codec:other 0.01',
      'BLPOP @ 0.01', 'BZPOPMIN @ 0.01', 'BLMPOP 0.01 1 @ LEFT', 'BZMPOP 0.01 1 @ MIN', 'LMPOP 1 @ LEFT', 'ZMPOP 1 @ MIN', 'XREAD STREAMS @ 0', 'LRANGE @ 0 -1', 'HKEYS', 'HVALS', 'XRANGE @ - +', 'XREVRANGE @ + -', 'ZRANGE @ 0 -1', 'ZREVRANGE @ 0 -1', 'ZRANGEBYSCORE @ 0 1', 'ZREVRANGEBYSCORE @ 1 0', 'ZRANGEBYLEX @ - +', 'ZREVRANGEBYLEX @ + -', 'ZINTER 1 @', 'ZUNION 1 @', 'ZDIFF 1 @', 'GEOSEARCH @ FROMLONLAT 1 1 BYRADIUS 1 m', 'GEORADIUS_RO @ 1 1 1 m', 'SORT_RO', 'ZPOPMIN', 'ZPOPMAX', 'KEYS @',
      'SMEMBERS', 'SINTER', 'SUNION', 'SDIFF', 'HGETALL', 'STRLEN', 'LLEN', 'HLEN', 'SCARD', 'ZCARD', 'XLEN', 'EXISTS', 'HEXISTS @ f', 'SISMEMBER @ m', 'GETBIT @ 1', 'BITCOUNT', 'HSTRLEN @ f', 'ZCOUNT @ 0 1', 'ZLEXCOUNT @ - +', 'TOUCH', 'PFCOUNT', 'SINTERCARD 1 @', 'ZINTERCARD 1 @', 'TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME', 'GETRANGE @ 0 1', 'SUBSTR @ 0 1', 'TYPE', 'SSCAN @ 0', 'HSCAN @ 0', 'ZSCAN @ 0',
      'MGET @ @', 'HMGET @ a b c', 'ZMSCORE @ a b', 'GEOHASH @ a b', 'GEOPOS @ a b', 'SMISMEMBER @ a b', 'LPOP', 'LPOP @ 2', 'RPOP', 'RPOP @ 2', 'SPOP', 'SPOP @ 2', 'SRANDMEMBER', 'SRANDMEMBER @ 2', 'HRANDFIELD', 'HRANDFIELD @ 2', 'ZRANDMEMBER', 'ZRANDMEMBER @ 2', 'LPOS @ v', 'LPOS @ v COUNT 1',
    ].map((request) => (request.includes('@') ? request : `${request} @`).replaceAll('@', 'codec:missing').split(' '))
    const MARK = '+mark\r\n'
    for (const resp of [2, 3] as const) {
      const wire = await Wire.open(port)
      try {
        await wire.say(Buffer.concat([command('HELLO', String(resp)), command('EVAL', "return redis.status_reply('mark')", '0')]), MARK)
        for (const words of asked) {
          const real = await wire.say(Buffer.concat([command(...words), command('EVAL', "return redis.status_reply('mark')", '0')]), MARK)
          assert.equal(`${missReply(one('to-server', command(...words)), resp)}${MARK}`, real, `${words.join(' ')} in RESP${resp}`)
        }
        // Watched, then changed by another: EXEC says nil.
        const other = await Wire.open(port)
        await wire.say(command('WATCH', 'codec:watched'), '+OK\r\n')
        await other.say(command('INCR', 'codec:watched'), '\r\n')
        other.close()
        const exec = await wire.say(Buffer.concat([command('MULTI'), command('EXEC'), command('EVAL', "return redis.status_reply('mark')", '0')]), MARK)
        assert.equal(exec, `+OK\r\n${missReply(one('to-server', command('EXEC')), resp)}${MARK}`)
      } finally {
        wire.close()
      }
    }
  })
})
