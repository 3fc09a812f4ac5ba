/** A real Postgres and real clients through a plain pipe that decodes behind the bytes. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import pg from 'pg'
import { serialize } from 'pg-protocol'
import type { Direction } from '../../../src/protocols/codec.ts'
import { PostgresConversation } from '../../../src/protocols/postgres/conversation.ts'
import type { PostgresFacets } from '../../../src/protocols/postgres/facets.ts'
import type { PostgresMessage } from '../../../src/protocols/postgres/message.ts'
import { postgres } from '../../support/servers.ts'
import { decode, inPieces } from '../cuts.ts'
import { openPipe, type Pipe } from '../pipe.ts'
import { codecOf, startup, typed } from './wire.ts'

/** What a session said, and what we made of it. */
class Recorded {
  readonly conversation = new PostgresConversation()
  readonly bytes: Readonly<Record<Direction, Buffer[]>> = { 'to-server': [], 'to-client': [] }
  readonly asked: { readonly message: PostgresMessage; readonly exchange: number; readonly facets: PostgresFacets }[] = []
  readonly answers: { readonly message: PostgresMessage; readonly exchange: number | undefined; readonly last: boolean; readonly facets: PostgresFacets }[] = []

  toServer(chunk: Buffer): void {
    this.bytes['to-server'].push(chunk)
    for (const message of this.conversation.toServer.feed(chunk)) {
      const { exchange, operation } = this.conversation.asked(message)
      this.conversation.sent(message, exchange, operation)
      this.asked.push({ message, exchange, facets: this.conversation.facets(message) })
    }
  }

  toClient(chunk: Buffer): void {
    this.bytes['to-client'].push(chunk)
    for (const message of this.conversation.toClient.feed(chunk)) {
      const paired = this.conversation.received(message)
      this.answers.push({ message, exchange: paired?.exchange, last: paired?.last ?? false, facets: this.conversation.facets(message) })
    }
  }

  /** Of the answers of one type: the SQL they belong to. */
  sqlOf(type: PostgresMessage['type']): (string | undefined)[] { return this.answers.filter(({ message }) => message.type === type).map(({ facets }) => facets.sql) }

  /** Everything was understood, and everything that was asked was answered, once and in order. */
  check(): void {
    for (const direction of ['to-server', 'to-client'] as const) {
      const decoder = this.conversation[direction === 'to-server' ? 'toServer' : 'toClient']
      assert.equal(decoder.broken, undefined)
      assert.equal(decoder.rest.length, 0)
    }
    const ended = this.answers.filter(({ last }) => last).map(({ exchange }) => exchange)
    const waited = [...new Set(this.asked.filter(({ message }) => message.type !== 'Terminate' && message.type !== 'CancelRequest').map(({ exchange }) => exchange))]
    assert.deepEqual(ended, waited)
    assert.equal(this.conversation.unanswered, 0)
    for (const { message, exchange } of this.answers) {
      const push = ['NoticeResponse', 'ParameterStatus', 'NotificationResponse'].includes(message.type)
      assert.ok(push || exchange !== undefined, `${message.type} belongs to no exchange`)
    }
  }
}

describe('postgres codec and a real server', function () {
  this.timeout(60_000)
  let pipe: Pipe<Recorded>
  let url: string
  let port: number

  before(async () => {
    const server = await postgres()
    pipe = await openPipe(server.port, () => new Recorded())
    port = pipe.port
    url = server.url.replace(/:\d+\/postgres$/, `:${port}/postgres`)
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query('create table if not exists codec (id int primary key, word text)')
    await client.query('truncate codec')
    await client.end()
  })
  after(() => pipe.close())

  async function session(use: (client: pg.Client) => Promise<void>): Promise<Recorded> {
    const client = new pg.Client({ connectionString: url, application_name: 'codec test' })
    await client.connect()
    const recorded = pipe.sessions.at(-1) ?? assert.fail('no session')
    await use(client)
    await client.end()
    recorded.check()
    return recorded
  }

  it('a login, and simple queries of several statements', async () => {
    const recorded = await session(async (client) => {
      await client.query("insert into codec values (1, 'one'); select * from codec; -- done")
      await client.query('')
    })
    const login = recorded.answers.filter(({ exchange }) => exchange === 1)
    assert.ok(login.length > 10 && login.every(({ facets }) => facets.phase === 'startup'))
    const { facets } = recorded.asked.find(({ message }) => message.type === 'Query') ?? assert.fail()
    assert.deepEqual([facets.tag, facets.table, facets.user, facets.database, facets.application], ['INSERT', 'codec', 'postgres', 'postgres', 'codec test'])
    assert.deepEqual(recorded.answers.filter(({ message }) => message.type === 'CommandComplete').map(({ facets: { tag } }) => tag), ['INSERT', 'SELECT'])
  })

  it('prepared statements, used again, and unnamed ones', async () => {
    const recorded = await session(async (client) => {
      for (let n = 0; n < 3; n++) await client.query({ name: 'by-id', text: 'select word from codec where id = $1', values: [n] })
      await client.query('select $1::int', [7])
    })
    assert.equal(recorded.asked.filter(({ message }) => message.type === 'Parse').length, 2)
    assert.deepEqual(recorded.sqlOf('CommandComplete'), [...Array.from({ length: 3 }, () => 'select word from codec where id = $1'), 'select $1::int'])
  })

  it('errors, in and out of a transaction, and what follows them', async () => {
    const recorded = await session(async (client) => {
      await assert.rejects(client.query('select * from missing'), { code: '42P01' })
      await client.query('begin')
      await assert.rejects(client.query('insert into codec values ($1)', ['no number']), { code: '22P02' })
      await assert.rejects(client.query('select 1'), { code: '25P02' })
      await client.query('rollback')
      await assert.rejects(client.query({ name: 'bad', text: 'selec 1', values: [] }), { code: '42601' })
      await client.query({ name: 'bad', text: 'select 1', values: [] })
    })
    const errors = recorded.answers.filter(({ message }) => message.type === 'ErrorResponse')
    assert.deepEqual(errors.map(({ facets }) => [facets.code, facets.in_transaction, facets.sql]), [
      ['42P01', false, 'select * from missing'], ['22P02', true, 'insert into codec values ($1)'], ['25P02', true, 'select 1'], ['42601', false, 'selec 1'],
    ])
    assert.equal(recorded.sqlOf('CommandComplete').at(-1), 'select 1')
  })

  it('a transaction, up to its COMMIT', async () => {
    const recorded = await session(async (client) => { for (const sql of ['begin', 'update codec set word = null where id = 1', 'commit']) await client.query(sql) })
    assert.deepEqual(recorded.asked.filter(({ message }) => message.type === 'Query').map(({ facets }) => [facets.phase, facets.tag, facets.in_transaction]), [['execute', 'BEGIN', false], ['execute', 'UPDATE', true], ['commit', 'COMMIT', true]])
  })

  it('LISTEN and NOTIFY, between sessions', async () => {
    const listener = await session(async (client) => {
      await client.query('listen news')
      const heard = once(client, 'notification')
      await session(async (speaker) => { await speaker.query("notify news, 'hello'") })
      await heard
      await client.query('select 1')
    })
    assert.deepEqual(listener.answers.filter(({ message }) => message.type === 'NotificationResponse').map(({ exchange, facets }) => [exchange, facets.phase]), [[undefined, 'push']])
  })

  it('a cancel request, on a connection of its own', async () => {
    const recorded = await session(async (client) => {
      const asleep = assert.rejects(client.query('select pg_sleep(30)'), { code: '57014' })
      const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
      // A request that comes before the query has begun is for nothing.
      const direct = new pg.Client((await postgres()).url)
      await direct.connect()
      for (let active = 0; active === 0;) active = (await direct.query("select 1 from pg_stat_activity where pid = $1 and state = 'active'", [processID])).rowCount ?? 0
      await direct.end()
      const socket = connect(port, '127.0.0.1')
      socket.end(serialize.cancel(processID, secretKey))
      await asleep
    })
    assert.equal(recorded.answers.find(({ message }) => message.type === 'ErrorResponse')?.facets.sql, 'select pg_sleep(30)')
    const canceller = pipe.sessions.at(-1) ?? assert.fail()
    assert.deepEqual(canceller.asked.map(({ message }) => message.type), ['CancelRequest'])
  })

  it('rows and values of megabytes', async () => {
    const recorded = await session(async (client) => {
      const { rows } = await client.query<{ long: string }>("select repeat('x', 3000000) as long")
      assert.equal(rows[0]?.long.length, 3_000_000)
      await client.query('select length($1)', ['y'.repeat(2_000_000)])
    })
    assert.ok(recorded.answers.some(({ message }) => message.part === 'middle'))
    assert.ok(recorded.asked.some(({ message }) => message.type === 'Bind' && message.part === 'first'))
  })

  /** A client of bare bytes: what no driver does is tried on the server itself. */
  async function raw(bytes: readonly Buffer[], readies: number, start: Buffer = serialize.startup({ user: 'postgres', database: 'postgres' })): Promise<Recorded> {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    await once(socket, 'connect')
    const recorded = await new Promise<Recorded>((resolve) => {
      const seen = (): void => {
        const mine = pipe.sessions.at(-1) ?? assert.fail()
        if (mine.answers.filter(({ message }) => message.type === 'ReadyForQuery').length >= readies + 1) resolve(mine)
      }
      socket.on('data', () => setImmediate(seen))
      socket.write(Buffer.concat([start, ...bytes]))
    })
    socket.end(serialize.end())
    await once(socket, 'close')
    return recorded
  }

  const batch = (sql: string): Buffer[] => [serialize.parse({ text: sql }), serialize.bind(), serialize.describe({ type: 'P', name: '' }), serialize.execute(), serialize.sync()]

  it('a pipeline with errors in it, sent before the login is answered', async () => {
    const recorded = await raw([...batch('select 1'), ...batch('select 1/0'), ...batch('nonsense'), serialize.query('select 2'), ...batch('select 3')], 5)
    assert.deepEqual(recorded.sqlOf('CommandComplete'), ['select 1', 'select 2', 'select 3'])
    recorded.check()
    const errors = recorded.answers.filter(({ message }) => message.type === 'ErrorResponse')
    // Postgres folds the constant when it plans: at Bind.
    assert.deepEqual(errors.map(({ facets }) => [facets.code, facets.sql, facets.phase]), [['22012', 'select 1/0', 'bind'], ['42601', 'nonsense', 'parse']])
  })

  it('protocol 3.2 with its longer key, and a version that is negotiated down', async () => {
    const keyOf = ({ answers }: Recorded): number => answers.find(({ message }) => message.type === 'BackendKeyData')?.message.sizeBytes ?? 0
    const newer = await raw([serialize.query('select 1')], 1, startup(196610, 'user\0postgres\0\0'))
    newer.check()
    assert.equal(newer.asked[0]?.facets.database, 'postgres')
    const future = await raw([serialize.query('select 1')], 1, startup(196608 + 9999, 'user\0postgres\0_pq_.wish\x001\0\0'))
    future.check()
    assert.deepEqual([keyOf(newer), future.answers[0]?.message.type, future.answers[0]?.exchange], [5 + 4 + 32, 'NegotiateProtocolVersion', 1])
  })

  it('portals that are read a few rows at a time, function calls, and objects that are closed', async () => {
    const rows = { portal: 'p', rows: 2 }
    const recorded = await raw([
      serialize.parse({ name: 's', text: 'select generate_series(1, 5)' }), serialize.bind({ portal: 'p', statement: 's' }), serialize.describe({ type: 'S', name: 's' }),
      serialize.execute(rows), serialize.execute(rows), serialize.flush(), serialize.execute(rows), serialize.close({ type: 'P', name: 'p' }), serialize.close({ type: 'S', name: 's' }), serialize.sync(),
      // pg_backend_pid(), by its number.
      typed('F', '\0\0\x07\xea\0\0\0\0\0\0'),
    ], 2)
    recorded.check()
    const batch = 'select generate_series(1, 5)'
    assert.deepEqual([recorded.sqlOf('PortalSuspended'), recorded.sqlOf('CommandComplete'), recorded.sqlOf('CloseComplete'), recorded.sqlOf('FunctionCallResponse')], [[batch, batch], [batch], [batch, batch], [undefined]])
    assert.equal(recorded.sqlOf('DataRow').filter((sql) => sql === batch).length, 5)
  })

  it('a simple query in an open batch, and one that is passed over', async () => {
    const open = batch('select 1').slice(0, -1)
    const { answers, conversation } = await raw([...open, serialize.query('select 2'), serialize.parse({ text: 'nonsense' }), serialize.query('never run'), serialize.sync(), serialize.query('select 3')], 3)
    // The exchange of the query that was passed over, 3, has no end of its own: that of the next ends it too.
    assert.deepEqual(answers.filter(({ last }) => last).map(({ exchange }) => exchange), [1, 2, 4, 5])
    assert.equal(conversation.unanswered, 0)
  })

  it('COPY in and out, simple and in batches, whole, with a Sync too many, and failing', async () => {
    const rows = Buffer.from('10\tten\n11\televen\n')
    const copyIn = (ending: Buffer): Buffer[] => [serialize.query('copy codec from stdin'), serialize.copyData(rows), ending]
    const inBatch = batch('copy codec from stdin')
    const recorded = await raw([
      serialize.query('delete from codec where id >= 10'), ...copyIn(serialize.copyFail('changed my mind')), ...copyIn(serialize.copyDone()), ...copyIn(serialize.copyDone()),
      serialize.query('copy codec to stdout'), serialize.query('delete from codec where id >= 10'),
      ...inBatch, serialize.copyData(rows), serialize.copyDone(), serialize.sync(), ...batch('copy codec to stdout'),
      serialize.query('delete from codec where id >= 10'), ...inBatch, serialize.copyData(rows), serialize.sync(), serialize.flush(), serialize.copyDone(), serialize.sync(),
      ...inBatch, typed('d', 'nonsense\n'), serialize.copyDone(), serialize.sync(), serialize.query('select 4'),
    ], 12)
    recorded.check()
    assert.deepEqual(recorded.answers.filter(({ message }) => message.type === 'ErrorResponse').map(({ facets }) => facets.code), ['57014', '23505', '22P02'])
    assert.deepEqual(recorded.sqlOf('CommandComplete').at(-1), 'select 4')
    assert.equal(recorded.sqlOf('CopyData').filter((sql) => sql === 'copy codec to stdout').length, 6)
  })

  it('psql, with SSL asked for, and its own COPY', async function () {
    try {
      const { stdout } = await promisify(execFile)('psql', [url, '-X', '-q', '-A', '-t', '-c', 'select 5', '-c', '\\copy (select 6) to stdout'], { env: { ...process.env, PGSSLMODE: 'prefer' } })
      assert.equal(stdout, '5\n6\n')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.skip()
      throw error
    }
    const recorded = pipe.sessions.at(-1) ?? assert.fail()
    recorded.check()
    assert.deepEqual(recorded.asked.slice(0, 2).map(({ message }) => message.type), ['SSLRequest', 'StartupMessage'])
  })

  it('pgbench in all three of its modes', async function () {
    const bench = promisify(execFile)
    const from = pipe.sessions.length
    try {
      await bench('pgbench', ['-i', '-q', '-n', '-s', '1', url])
      for (const mode of ['simple', 'extended', 'prepared']) await bench('pgbench', ['-M', mode, '-n', '-c', '2', '-t', '30', url])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.skip()
      throw error
    }
    const sessions = pipe.sessions.slice(from)
    for (const recorded of sessions) recorded.check()
    const updates = sessions.flatMap((recorded) => recorded.answers).filter(({ message, facets }) => message.type === 'CommandComplete' && facets.fingerprint === 'update pgbench_accounts set abalance = abalance + ? where aid = ?')
    assert.equal(updates.length, 3 * 60)
  })

  it('all that was recorded is the same however it is cut', () => {
    assert.ok(pipe.sessions.length > 12)
    for (const { bytes } of pipe.sessions) {
      for (const direction of ['to-server', 'to-client'] as const) {
        const input = Buffer.concat(bytes[direction]).subarray(0, 200_000)
        const codec = codecOf(direction, (handshake) => { handshake.unanswered = input.length > 0 && input[0] === 'N'.charCodeAt(0) ? 1 : 0 })
        const whole = decode(codec, [input])
        const lengths = input.length > 20_000 ? [1000, 4099] : [1, 7, 1000]
        for (const length of lengths) assert.deepEqual(decode(codec, inPieces(input, [length])), whole)
      }
    }
  })
})
