/** Laws of message rules on real servers: last words, resets, whom a rule hits, and that the same seed hits the same. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { Redis } from 'ioredis'
import pg from 'pg'
import { error } from '../../faults/redis/error.ts'
import { defineFault, type AnyFault, type Registry } from '../../src/fault.ts'
import { ms } from '../../src/core/units.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { PlaneEvent } from '../../src/proxy/plane.ts'
import type { Rule } from '../../src/rule.ts'
import { redisStage } from '../faults/redis/stage.ts'
import { closeAll, later, LOCAL, PLAIN, watch, type Seen } from '../proxy/stage.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'
import { through } from './through.ts'

function raw(port: number, text: string | Buffer): Seen {
  const socket = connect(port, '127.0.0.1')
  later(() => socket.destroy())
  const seen = watch(socket)
  socket.write(text)
  return seen
}

/** Refuses what it hits with last words and a reset. */
const bye: AnyFault = defineFault({
  name: 'bye', summary: 'S.', tests: 'T.', correct: 'C.', on: ['message'], protocols: [], direction: 'both', params: {}, example: '',
  decide: () => ({ kind: 'close', how: 'reset', last: { 'to-client': Buffer.from('-BYE now\r\n') } }),
})

async function plane(protocol: 'redis' | 'postgres', server: { host: string; port: number }, rules: readonly Rule[], seed = 1): Promise<{ port: number; events: readonly PlaneEvent[] }> {
  const registry: Registry = new Map([bye, error].map((fault) => [fault.name, fault as AnyFault]))
  const made = new LocalPlane({ registry, seed })
  later(() => made.close())
  const events: PlaneEvent[] = []
  made.on((event) => events.push(event))
  const [opened] = await made.open([{ name: 'it', protocol, upstream: { host: server.host, port: server.port }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(5000) }])
  await made.arm(rules)
  const address = opened?.listen[0]?.address
  return { port: address && 'port' in address ? address.port : 0, events }
}
const rule = (fault: string, more: Partial<Rule>): Rule => ({ id: fault, fault, on: 'it', params: {}, standing: true, ...more })

describe('laws of rules for messages, on real servers', function () {
  this.timeout(60_000)
  afterEach(closeAll)

  for (const how of ['nothing armed', 'a rule armed that matches nothing'] as const) {
    it(`a server's last words arrive, 100 of 100: ${how}`, async function () {
      if (!hasRedis) this.skip()
      const [toRedis, toPostgres] = [await through(await redis(), 'redis', how), await through(await postgres(), 'postgres', how)]
      const startup = Buffer.concat([Buffer.from([0, 0, 0, 41, 0, 3, 0, 0]), Buffer.from('user\0postgres\0database\0nowhere\0\0')])
      startup.writeUInt32BE(startup.length)
      for (let n = 0; n < 100; n++) {
        // More than it will read: it closes with bytes unread.
        const cut = raw(toRedis.port, `PING\r\n*1\r\n$x\r\n${'y'.repeat(20_000)}`)
        await cut.ended
        assert.match(cut.text(), /^\+PONG\r\n-ERR Protocol error: invalid bulk length\r\n$/)
        const refused = raw(toPostgres.port, startup)
        await refused.ended
        assert.match(refused.text(), /FATAL.*3D000.*database "nowhere" does not exist/s)
      }
    })
  }

  it('a reset with last words is both: the words, then ECONNRESET, 100 of 100', async function () {
    if (!hasRedis) this.skip()
    const { port } = await plane('redis', await redis(), [rule('bye', {})])
    for (let n = 0; n < 100; n++) {
      const client = raw(port, 'PING\r\n')
      assert.equal(await client.ended, 'ECONNRESET')
      assert.equal(client.text(), '-BYE now\r\n')
    }
  })

  it('a rule hits the connections and commands that it names and no other: Redis', async function () {
    if (!hasRedis) this.skip()
    const stage = await redisStage()
    await stage.strike(error, { error: 'ERR', text: 'no' }, { where: { command: 'SET', key: ['a*', 'b'], db: 1, client_name: 'marked' } })
    const [marked, plain] = [await stage.client(), await stage.client()]
    await marked.client('SETNAME', 'marked')
    const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: Error) => thrown.message)
    for (const client of [marked, plain]) await client.select(1)
    assert.deepEqual(await Promise.all([marked.set('a1', 1), marked.set('b', 1), marked.set('c', 1), marked.get('a1'), plain.set('a1', 2)].map(outcome)), ['ERR no', 'ERR no', 'OK', null, 'OK'])
    await marked.select(0)
    assert.equal(await outcome(marked.set('a1', 1)), 'OK')
    assert.equal(stage.did().length, 2)
  })

  it('a rule hits the sessions and statements that it names and no other: Postgres', async () => {
    const server = await postgres()
    const { port } = await plane('postgres', server, [rule('bye', { where: { application: 'marked', table: 'pg_class', phase: 'execute', in_transaction: true } })])
    const open = async (application_name: string): Promise<pg.Client> => {
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', application_name })
      client.on('error', () => undefined)
      later(() => client.end().catch(() => undefined))
      await client.connect()
      return client
    }
    const [marked, plain] = [await open('marked'), await open('plain')]
    const ask = (client: pg.Client, sql: string, values?: unknown[]): Promise<unknown> => client.query(sql, values).then(({ command }) => command, (thrown: Error) => thrown.name)
    for (const client of [marked, plain]) assert.equal(await ask(client, 'select count(*) from pg_class'), 'SELECT', 'outside a transaction')
    for (const client of [marked, plain]) assert.equal(await ask(client, 'begin'), 'BEGIN')
    for (const client of [marked, plain]) assert.equal(await ask(client, 'select count(*) from pg_type'), 'SELECT', 'another table')
    assert.equal(await ask(plain, 'select count(*) from pg_class where relname = $1', ['x']), 'SELECT', 'another application')
    assert.notEqual(await ask(marked, 'select count(*) from pg_class where relname = $1', ['x']), 'SELECT')
    assert.equal(await ask(plain, 'commit'), 'COMMIT')
  })

  it('the same seed and the same input give the same verdicts; another seed gives others', async function () {
    if (!hasRedis) this.skip()
    const server = await redis()
    const verdicts = async (seed: number): Promise<string> => {
      const { port, events } = await plane('redis', server, [rule('redis.error', { params: { error: 'ERR', text: '' }, chance: 0.3 as Rule['chance'] & number })], seed)
      const outcomes: string[] = []
      for (let connection = 0; connection < 3; connection++) {
        const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null, protocol: 2, enableReadyCheck: false, disableClientInfo: true })
        client.on('error', () => undefined)
        later(() => client.disconnect())
        await client.connect()
        const pipeline = client.pipeline()
        for (let n = 0; n < 50; n++) pipeline.echo(`${n}`)
        outcomes.push(((await pipeline.exec()) ?? []).map(([failed]) => (failed ? 'x' : '.')).join(''))
      }
      return `${outcomes.join('\n')}\n${events.map((event) => (event.kind === 'altered' ? `${event.session} ${event.direction} ${event.did}` : '')).join('\n')}`
    }
    const once = await verdicts(7)
    assert.match(once, /x/)
    assert.equal(await verdicts(7), once)
    assert.notEqual(await verdicts(8), once)
  })
})
