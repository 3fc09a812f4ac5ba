import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import type pg from 'pg'
import { serialize } from 'pg-protocol'
import { cutRows } from '../../faults/postgres/cut-rows.ts'
import { kill } from '../../faults/postgres/kill.ts'
import { resetPeer } from '../../faults/tcp/reset-peer.ts'
import { ManualClock } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { alive } from '../../src/probes/alive.ts'
import { probePostgres } from '../../src/probes/postgres.ts'
import type { TlsOptions } from '../../src/proxy/plane.ts'
import { postgresStage, type PostgresStage } from '../faults/postgres/stage.ts'
import { greetClient } from '../../src/proxy/postgres-tls.ts'
import { securePostgres, type SecurePostgres } from '../support/secure-postgres.ts'
import { closeAll, later, listenOn, LOCAL, PLAIN, until, watch, type Seen } from './stage.ts'

const TERMINATE: TlsOptions = { client: 'terminate', upstream: 'off', verify: true }
const UPSTREAM: TlsOptions = { client: 'passthrough', upstream: 'require', verify: false }
const BOTH: TlsOptions = { client: 'terminate', upstream: 'require', verify: false }
const TRUSTING = { ssl: { rejectUnauthorized: false } }
const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex')
const GSSENC_REQUEST = Buffer.from('0000000804d21630', 'hex')

const psql = ({ port }: PostgresStage, settings: string, sql = 'select 1'): Promise<string> =>
  promisify(execFile)('psql', ['-X', '-A', '-t', '-c', sql, `host=127.0.0.1 port=${port} dbname=postgres ${settings}`], { env: { ...process.env, PGPASSWORD: 'secret' } })
    .then(({ stdout }) => stdout.trim(), (error: { stderr: string }) => error.stderr)
const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'

/** A socket of bare bytes to the stage. */
function bare({ port }: PostgresStage, first?: Buffer): Seen {
  const seen = watch(connect({ host: '127.0.0.1', port, allowHalfOpen: true }))
  later(() => seen.socket.destroy())
  if (first) seen.socket.write(first)
  return seen
}

/** A server that answers whatever is said to it first as told. */
const answering = async (answer: (socket: Socket) => void): Promise<{ host: string; port: number }> => {
  const { address } = await listenOn(LOCAL, (socket) => { socket.once('data', () => answer(socket)) })
  assert.ok('port' in address)
  return address
}
const connections = async ({ plane }: PostgresStage): Promise<number | undefined> => (await plane.snapshot()).targets['db']?.connections

describe('TLS inside Postgres\' negotiation', function (this: Mocha.Suite) {
  this.timeout(30_000)
  let server: SecurePostgres
  before(async () => { server = await securePostgres() })
  after(() => server.stop())
  afterEach(closeAll)
  const stageWith = (tls: TlsOptions): Promise<PostgresStage> => postgresStage({ server, tls })

  describe('towards the client', () => {
    it('ends TLS for pg and psql, though the server is spoken to in plain text, and sees the statements', async () => {
      const stage = await stageWith(TERMINATE)
      const client = await stage.client(TRUSTING)
      assert.deepEqual((await client.query(encrypted)).rows, [{ ssl: false }])
      assert.equal(await psql(stage, 'user=postgres sslmode=require', "select 'seen'"), 'seen')
      await stage.strike(cutRows, { rows: 0 }, { where: { sql: "/^select 'seen'/" } })
      await assert.rejects(client.query("select 'seen'"), /Connection terminated/)
      assert.match(await psql(stage, 'user=postgres sslmode=require', "select 'seen'"), /SSL connection has been closed unexpectedly/)
      assert.equal(stage.did().length, 2)
    })

    it('serves probes and load of ours, which ask for TLS and check nothing on this machine', async () => {
      const stage = await stageWith(BOTH)
      const url = `postgres://postgres@127.0.0.1:${stage.port}/postgres?sslmode=require`
      assert.deepEqual(await probePostgres(url, 'select 7', new AbortController().signal), { ok: true, value: 7 })
      assert.equal(await alive('postgres', { host: '127.0.0.1', port: stage.port }, ms(2000)), 'authenticationOk')
      await assert.rejects(stage.client({ ssl: true }), /self-signed certificate/)
    })

    it('shows a certificate that the client may check', async () => {
      const stage = await stageWith({ ...TERMINATE, cert: server.ca, key: server.ca.replace(/crt$/, 'key') })
      const client = await stage.client({ ssl: { ca: readFileSync(server.ca) } })
      assert.equal((await client.query('select 1 a')).rows[0].a, 1)
      assert.equal(await psql(stage, `user=postgres sslmode=verify-full sslrootcert=${server.ca}`), '1')
    })

    it('goes on in plain text with who begins so, and says N to GSS', async () => {
      const stage = await stageWith(TERMINATE)
      assert.equal((await (await stage.client()).query('select 1 a')).rows[0].a, 1)
      assert.equal(await psql(stage, 'user=postgres sslmode=disable'), '1')
      const one = bare(stage, GSSENC_REQUEST)
      await until(() => one.text() === 'N', 'the answer')
      one.socket.write(SSL_REQUEST)
      await until(() => one.text() === 'NS', 'the answer')
      const tls = connectTls({ socket: one.socket, rejectUnauthorized: false })
      await once(tls, 'secureConnect')
      const inner = watch(tls)
      tls.write(serialize.startup({ user: 'postgres', database: 'postgres' }))
      await until(() => inner.text().startsWith('R'), 'the login')
    })

    it('takes TLS at once from who names Postgres in it, and from nobody else', async () => {
      const stage = await stageWith(TERMINATE)
      const client = await stage.client({ ...TRUSTING, sslNegotiation: 'direct' } as pg.ClientConfig)
      assert.equal((await client.query('select 1 a')).rows[0].a, 1)
      const nameless = connectTls({ host: '127.0.0.1', port: stage.port, rejectUnauthorized: false })
      later(() => nameless.destroy())
      nameless.on('error', () => undefined).resume()
      await once(nameless, 'close')
      await until(async () => await connections(stage) === 1, 'only the client is left')
    })

    it('closes on plain text behind the request, which would pass for something said under TLS', async () => {
      const stage = await stageWith(BOTH)
      for (const request of [SSL_REQUEST, GSSENC_REQUEST]) {
        const stuffed = bare(stage, Buffer.concat([request, serialize.query('select 1')]))
        assert.match(await stuffed.ended, /end|close|ECONNRESET/)
        assert.equal(stuffed.text(), '')
      }
      const twice = bare(stage, GSSENC_REQUEST)
      await until(() => twice.text() === 'N', 'the answer')
      twice.socket.write(GSSENC_REQUEST)
      assert.match(await twice.ended, /end|close|ECONNRESET/)
    })

    it('understands a beginning that comes byte by byte', async () => {
      const stage = await stageWith(TERMINATE)
      const one = bare(stage)
      for (const byte of SSL_REQUEST) {
        one.socket.write(Buffer.of(byte))
        await new Promise((resolve) => { setTimeout(resolve, 2) })
      }
      await until(() => one.text() === 'S', 'the answer')
      const other = bare(stage)
      for (const byte of serialize.startup({ user: 'postgres', database: 'postgres' })) {
        other.socket.write(Buffer.of(byte))
        await new Promise((resolve) => { setImmediate(resolve) })
      }
      await until(() => other.text().startsWith('R'), 'the login')
    })

    it('bears whatever else comes first: the server has its say on it, and TLS that is none is closed', async () => {
      const stage = await stageWith(TERMINATE)
      for (const garbage of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01garbage\0\0', '\x16'.repeat(100), '\0\0\0\x08\x04\xd2\x16\x2e', '\0\0\0\x04']) {
        const one = bare(stage, Buffer.from(garbage, 'latin1'))
        one.socket.end()
        assert.match(await one.ended, /end|close|ECONNRESET/)
      }
      await until(async () => await connections(stage) === 0, 'all is closed')
      assert.equal((await (await stage.client(TRUSTING)).query('select 1 a')).rows[0].a, 1)
    })

    it('waits for a minute and no longer', async () => {
      const clock = new ManualClock(ms(0))
      const { address } = await listenOn(LOCAL, (socket) => greetClient(socket, clock, undefined, () => assert.fail('it has begun')))
      assert.ok('port' in address)
      const silent = watch(connect(address.port, '127.0.0.1'))
      let over = false
      void silent.ended.then(() => { over = true })
      await once(silent.socket, 'connect')
      silent.socket.write('\0')
      await new Promise((resolve) => { setTimeout(resolve, 30) })
      clock.advance(ms(59_000))
      await new Promise((resolve) => { setTimeout(resolve, 30) })
      assert.equal(over, false)
      clock.advance(ms(1001))
      await silent.ended
    })

    it('lets go of clients that leave before they have begun, and of those that wait when it is closed', async () => {
      const stage = await stageWith(TERMINATE)
      bare(stage, SSL_REQUEST.subarray(0, 4)).socket.end()
      bare(stage, SSL_REQUEST.subarray(0, 4)).socket.once('connect', function (this: Socket) { this.resetAndDestroy() })
      const waiting = bare(stage, SSL_REQUEST.subarray(0, 4))
      await until(async () => (await stage.plane.snapshot()).targets['db']?.accepted === 3, 'all three')
      await stage.plane.close()
      assert.match(await waiting.ended, /end|close|ECONNRESET/)
    })

    it('has a real RST, last words and half-close under TLS', async () => {
      const stage = await stageWith(TERMINATE)
      const client = await stage.client(TRUSTING)
      await stage.strike(kill)
      await client.over
      assert.equal((client.errors[0] as pg.DatabaseError).code, '57P01')
      await stage.heal()
      const one = bare(stage, SSL_REQUEST)
      await until(() => one.text() === 'S', 'the answer')
      const tls = connectTls({ socket: one.socket, rejectUnauthorized: false })
      const inner = watch(tls)
      await once(tls, 'secureConnect')
      tls.write(serialize.startup({ user: 'postgres', database: 'postgres' }))
      await until(() => inner.text().endsWith('Z\0\0\0\x05I'), 'the login')
      await stage.strike(resetPeer, { timeout: '0ms' })
      assert.equal(await inner.ended, 'ECONNRESET')
      await until(async () => await connections(stage) === 0, 'all is closed')
    })
  })

  describe('towards the server', () => {
    it('asks for TLS on behalf of a client that has none, verifies as told, and sees the statements', async () => {
      const stage = await stageWith({ ...UPSTREAM, verify: true, ca: server.ca })
      assert.deepEqual(stage.events, [])
      const client = await stage.client()
      assert.deepEqual((await client.query(encrypted)).rows, [{ ssl: true }])
      await stage.strike(cutRows, { rows: 2 }, { where: { sql: '/generate_series/' } })
      await assert.rejects(client.query('select generate_series(1, 5)'), /Connection terminated/)
      const strict = await stageWith({ ...UPSTREAM, verify: true })
      await assert.rejects(strict.client(), /ECONNRESET|terminated/)
      assert.equal((await strict.plane.snapshot()).targets['db']?.failedDials, 1)
    })

    it('answers N to a client that asks for TLS where it is not to have it', async () => {
      const stage = await stageWith(UPSTREAM)
      assert.equal(await psql(stage, 'user=postgres sslmode=prefer', encrypted), 't')
      assert.match(await psql(stage, 'user=postgres sslmode=require'), /server does not support SSL/)
      const direct = bare(stage, Buffer.from('160301', 'hex'))
      assert.match(await direct.ended, /end|close|ECONNRESET/)
    })

    it('goes on in plain text with a server that says N, where `prefer` lets it, and fails where it does not', async () => {
      const prefers = await postgresStage({ tls: { ...UPSTREAM, upstream: 'prefer' } })
      assert.deepEqual((await (await prefers.client()).query('select 1 a')).rows, [{ a: 1 }])
      const requires = await postgresStage({ tls: UPSTREAM })
      await assert.rejects(requires.client())
      assert.equal((await requires.plane.snapshot()).targets['db']?.failedDials, 1)
      assert.deepEqual((await (await stageWith({ ...UPSTREAM, upstream: 'prefer' })).client().then((client) => client.query(encrypted))).rows, [{ ssl: true }])
    })

    for (const [what, answer] of [
      ['an error', (socket: Socket) => socket.write('E\0\0\0\x05\0')], ['more than its one byte', (socket: Socket) => socket.write('SR')], ['nothing but its end', (socket: Socket) => socket.end()],
      ['a reset', (socket: Socket) => socket.resetAndDestroy()], ['nothing', () => undefined],
    ] as const) {
      it(`fails the dial where the server answers ${what}, in time`, async () => {
        const stage = await postgresStage({ dialTimeout: 300 })
        await stage.plane.change({ name: 'db', protocol: 'postgres', upstream: await answering(answer), listen: [{ address: { host: '127.0.0.1', port: stage.port } }], tls: { ...UPSTREAM, upstream: 'prefer' }, dialTimeout: ms(300) })
        const one = bare(stage, serialize.startup({ user: 'postgres', database: 'postgres' }))
        assert.equal(await one.ended, 'ECONNRESET')
        assert.equal((await stage.plane.snapshot()).targets['db']?.failedDials, 1)
        await until(async () => await connections(stage) === 0, 'all is closed')
      })
    }

    it('holds what the client says meanwhile, in order, and lets go of a client that leaves', async () => {
      const stage = await stageWith(UPSTREAM)
      const one = bare(stage, Buffer.concat([serialize.startup({ user: 'postgres', database: 'postgres' }), serialize.query("select 'one'"), serialize.query("select 'two'")]))
      await until(() => /one[\s\S]*two/.test(one.text()), 'both answers')
      const leaving = bare(stage)
      leaving.socket.once('connect', () => leaving.socket.resetAndDestroy())
      one.socket.destroy()
      await until(async () => await connections(stage) === 0, 'all is closed')
    })

    it('cancels on its own account through TLS too, where a fault ends a session in flight', async () => {
      const stage = await stageWith(UPSTREAM)
      const client = await stage.client({ application_name: 'sleeper' })
      const asked = assert.rejects(client.query('select pg_sleep(20)'), { code: '57P01' })
      await stage.active('pg_sleep')
      await stage.strike(kill, { who: 'in_flight' })
      await asked
      let left = 1
      while (left > 0) left = (await stage.direct.query("select 1 from pg_stat_activity where application_name = 'sleeper'")).rowCount ?? 0
    })

    it('cancels through TLS', async () => {
      const stage = await stageWith(UPSTREAM)
      const client = await stage.client()
      const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
      const asleep = assert.rejects(client.query('select pg_sleep(20)'), { code: '57014' })
      await stage.active('pg_sleep')
      bare(stage, serialize.cancel(processID, secretKey))
      await asleep
    })
  })

  describe('SCRAM', () => {
    it('logs in by SCRAM through the proxy: pg under TLS and without, psql without TLS', async () => {
      for (const [tls, config] of [[BOTH, TRUSTING], [UPSTREAM, {}]] as const) {
        const stage = await stageWith(tls)
        const client = await stage.client({ ...server.secured, ...config })
        assert.deepEqual((await client.query(encrypted)).rows, [{ ssl: true }])
      }
      assert.equal(await psql(await stageWith(UPSTREAM), 'user=secured sslmode=disable', encrypted), 't')
    })

    it('offers no channel binding: libpq under TLS takes that for a downgrade unless it is told to do without', async () => {
      const stage = await stageWith(BOTH)
      assert.equal(await psql(stage, 'user=secured sslmode=require channel_binding=disable', encrypted), 't')
      assert.match(await psql(stage, 'user=secured sslmode=require channel_binding=require'), /channel binding is required, but server did not offer/)
      assert.match(await psql(stage, 'user=secured sslmode=require'), /SCRAM channel binding negotiation error|channel binding/)
    })

    it('is left as it is where nobody ends TLS', async () => {
      const stage = await stageWith(PLAIN)
      assert.equal(await psql(stage, 'user=secured sslmode=require channel_binding=require', encrypted), 't')
      await until(() => stage.events.some((event) => event.kind === 'opaque' && event.why === 'encrypted'), 'it is said that nothing can be read')
    })
  })
})
