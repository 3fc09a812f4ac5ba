import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Redis, ReplyError } from 'ioredis'
import { error } from '../../../faults/redis/error.ts'
import { ratio } from '../../../src/core/units.ts'
import { commandNamed } from '../../../src/protocols/redis/commands.ts'
import { refuses, type Trouble } from '../../../src/protocols/redis/troubles.ts'
import { later } from '../../proxy/stage.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, pause, redisStage, until } from './stage.ts'

const said = (text: RegExp) => (thrown: unknown): boolean => thrown instanceof ReplyError && text.test((thrown as Error).message)

describe('redis.error', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`refuses writes as a read-only replica does, lets reads pass, and writes nothing (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.direct.set('k', 'before')
      await stage.strike(error)
      await assert.rejects(client.set('k', 'after'), said(/^READONLY You can't write against a read only replica\.$/))
      assert.equal(await client.get('k'), 'before')
      await stage.heal()
      assert.equal(await client.set('k', 'after'), 'OK')
      assert.equal(await stage.direct.get('k'), 'after')
    })
  }

  it('answers in turn: in a pipeline each reply stays that of its command', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'ERR', text: 'no' }, { where: { command: 'GET', key: 'bad:*' } })
    const pipeline = client.pipeline()
    for (let n = 0; n < 200; n++) pipeline.echo(`e${n}`).get(`bad:${n}`).incr('n')
    const results = await pipeline.exec()
    results?.forEach(([failure, value], i) => {
      const n = Math.floor(i / 3)
      if (i % 3 === 0) assert.equal(value, `e${n}`)
      else if (i % 3 === 1) assert.equal(failure?.message, 'ERR no')
      else assert.equal(value, n + 1)
    })
    assert.equal(stage.did().length, 200)
  })

  it('leaves nothing of a transaction that the client was told had failed', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'OOM' }, { where: { key: 'b' } })
    const outcome = await client.multi().set('a', '1').set('b', '2').set('c', '3').exec().catch((thrown: Error) => thrown)
    assert.match(String(outcome), /EXECABORT/)
    assert.deepEqual(await stage.direct.mget('a', 'b', 'c'), [null, null, null])
    assert.equal(await client.get('a'), null, 'the connection goes on')
  })

  it('fails EXEC itself: the server has discarded what was queued', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'BUSY' }, { where: { command: 'exec' } })
    await assert.rejects(client.multi().set('a', '1').exec(), said(/^EXECABORT Transaction discarded because of: BUSY Redis is busy running a script\./))
    assert.equal(await stage.direct.get('a'), null)
    assert.equal(await client.ping(), 'PONG')
  })

  it('takes hold in the middle of a message: the command that was under way goes on as it was', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    const value = 'v'.repeat(300_000)
    const setting = client.set('big', value)
    await stage.strike(error, {}, { where: { key: 'small' } })
    assert.equal(await setting, 'OK')
    await assert.rejects(client.set('small', value), said(/READONLY/))
    assert.equal(await client.get('big'), value)
    assert.equal(await stage.direct.get('small'), null)
  })

  it('counts only what it can hit: `times: 2` is two writes, however many reads come between', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, {}, { times: 2 })
    const outcomes: string[] = []
    for (let n = 0; n < 4; n++) {
      await client.get('k')
      outcomes.push(await client.set('k', n).catch(() => 'refused'))
    }
    assert.deepEqual(outcomes, ['refused', 'refused', 'OK', 'OK'])
  })

  for (const protocol of [2, 3] as const) {
    it(`keeps pipelines in step under a storm: after each burst the connection gives its own word back (L16, RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(error, { error: 'ERR', text: 'storm' }, { chance: ratio(0.05) })
      const bursts = process.env['TEST_ALL'] ? 1000 : 100
      let refused = 0
      for (let burst = 0; burst < bursts; burst++) {
        const pipeline = client.pipeline()
        for (let n = 0; n < 20; n++) pipeline.set(`k:${n}`, `${burst}-${n}`).get(`k:${n}`).incr('n').mget(`k:${n}`, 'none')
        const nonce = `nonce-${burst}`
        const transaction = client.multi().set('m', burst).get('m').exec().then((done) => done?.at(-1)?.[1], (thrown: Error) => thrown.message)
        const results = await pipeline.exec()
        assert.match(String(await transaction), new RegExp(`^${burst}$|^EXECABORT|^ERR storm|^ERR EXEC without MULTI`))
        const said = await client.echo(nonce).catch((thrown: Error) => thrown.message)
        assert.ok(said === nonce || said === 'ERR storm', said)
        results?.forEach(([failure, value], i) => {
          if (failure) {
            refused++
            assert.equal(failure.message, 'ERR storm')
          } else if (i < 80 && i % 4 === 0) assert.equal(value, 'OK')
          else if (i < 80 && i % 4 === 2) assert.equal(typeof value, 'number')
          else if (i < 80 && i % 4 === 3) assert.ok(Array.isArray(value) && value.length === 2 && value[1] === null)
        })
      }
      assert.ok(refused > bursts, `${refused} were refused`)
      await stage.heal()
      assert.equal(await client.echo('end'), 'end')
    })
  }

  it('looks to a client that asks INFO before it calls itself ready like a server that loads, until it is healed', async () => {
    const stage = await redisStage()
    await stage.strike(error, { error: 'LOADING' })
    const states: string[] = []
    const client = new Redis(stage.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
    later(() => client.disconnect())
    client.on('error', () => undefined)
    for (const state of ['connect', 'ready']) client.on(state, () => states.push(state))
    const connected = client.connect()
    await until(() => stage.did().length > 0, 'INFO tells')
    await pause(300)
    assert.deepEqual(states, ['connect'])
    await stage.heal()
    await connected
    assert.equal(await client.ping(), 'PONG')
    const info = await stage.client().then((one) => one.info('persistence'))
    assert.match(info, /^loading:0\r$/m)
  })

  it('refuses while loading, busy or closed what Redis 7 refuses, command by command', async () => {
    const stage = await redisStage()
    const told = await stage.direct.call('COMMAND') as readonly (readonly [string, number, readonly string[], number, number, number, readonly string[], readonly string[], unknown, readonly (readonly [string, number, readonly string[]])[]])[]
    const flags = new Map<string, readonly string[]>()
    for (const [name, , own, , , , , , , subcommands = []] of told) {
      if (subcommands.length === 0) flags.set(name.toUpperCase(), own)
      else for (const [subcommand, , its] of subcommands) flags.set(subcommand.toUpperCase().replace('|', ' '), its)
    }
    assert.ok(flags.size > 300, `${flags.size} commands`)
    const differing = (trouble: Trouble, flag: string): readonly string[] => [...flags].flatMap(([name, its]) => {
      const [first = '', second] = name.split(' ')
      const command = commandNamed(Buffer.from(first), 0, first.length, () => (second === undefined ? undefined : Buffer.from(second)))
      // Nobody asks a server in trouble for help.
      return second !== 'HELP' && command.name === name && refuses(trouble, command) === its.includes(flag) ? [name] : []
    })
    assert.deepEqual(differing('LOADING', 'loading'), [])
    assert.deepEqual(differing('BUSY', 'allow_busy'), [])
    assert.deepEqual(differing('NOAUTH', 'no_auth'), [])
    const writes = [...flags].filter(([name, its]) => its.includes('write') !== refuses('READONLY', commandNamed(Buffer.from(name), 0, name.length, () => undefined)) && !name.includes(' ') && !/^(EVAL|EVALSHA|FCALL|DEBUG|PF)/.test(name))
    assert.deepEqual(writes.map(([name]) => name), [])
  })

  it('words each trouble as Redis 7 does, for commands, scripts and EXEC', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    const WRITE = "return redis.call('set', KEYS[1], 1)"
    const { direct } = stage
    const words = (one: Promise<unknown>): Promise<string> => one.then((value) => `no error: ${String(value)}`, (thrown: Error) => thrown.message)
    const said = async (calls: readonly (readonly [string, ...string[]])[], by: Redis): Promise<readonly string[]> => {
      const all: string[] = []
      for (const [name, ...args] of calls) all.push(await words(by.call(name, ...args)))
      return all
    }
    const set = ['SET', 'k', 'v'] as const
    const scripts = [['EVAL', WRITE, '1', 'k'], ['EVALSHA', createHash('sha1').update(WRITE).digest('hex').toUpperCase(), '1', 'k']] as const
    const troubles: readonly { readonly error: string; readonly begin: readonly string[]; readonly end: readonly string[]; readonly calls: readonly (readonly [string, ...string[]])[] }[] = [
      { error: 'READONLY', begin: ['REPLICAOF', '127.0.0.1', '1'], end: ['REPLICAOF', 'NO', 'ONE'], calls: [set, ...scripts] },
      { error: 'OOM', begin: ['CONFIG', 'SET', 'maxmemory', '1'], end: ['CONFIG', 'SET', 'maxmemory', '0'], calls: [set, ...scripts] },
      { error: 'NOREPLICAS', begin: ['CONFIG', 'SET', 'min-replicas-to-write', '1'], end: ['CONFIG', 'SET', 'min-replicas-to-write', '0'], calls: [set, ...scripts] },
      { error: 'NOSCRIPT', begin: ['SCRIPT', 'FLUSH'], end: ['PING'], calls: [['EVALSHA', '0'.repeat(40), '0']] },
      { error: 'WRONGTYPE', begin: ['LPUSH', 'k', 'x'], end: ['DEL', 'k'], calls: [['GET', 'k']] },
      { error: 'WRONGPASS', begin: ['PING'], end: ['PING'], calls: [['AUTH', 'nobody', 'wrong']] },
    ]
    await direct.script('LOAD', WRITE)
    for (const { error: trouble, begin, end, calls } of troubles) {
      const [[first = '', ...rest], [last = '', ...others]] = [begin, end]
      await direct.call(first, ...rest)
      const real = await said(calls, direct).finally(() => direct.call(last, ...others))
      await stage.strike(error, { error: trouble })
      assert.deepEqual(await said(calls, client), real, trouble)
      await stage.heal()
      assert.ok(real.every((text) => text.startsWith(trouble)), real.join())
    }
  })
})
