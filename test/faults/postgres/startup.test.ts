import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'
import { startup } from '../../../faults/postgres/startup.ts'
import { closeAll, postgresStage, until, type PostgresStage } from './stage.ts'

const login = (stage: PostgresStage, config: pg.ClientConfig = {}): Promise<unknown> => stage.client(config).catch((error: unknown) => error)
const asError = (error: unknown): Record<string, unknown> => {
  assert.ok(error instanceof pg.DatabaseError, String(error))
  const { severity, code, message, file, routine } = error
  return { severity, code, message, file, routine }
}
const psql = (port: number, settings = ''): Promise<string> => promisify(execFile)('psql', ['-X', '-A', '-t', '-c', 'select 1', `host=127.0.0.1 port=${port} user=postgres dbname=postgres ${settings}`])
  .then(({ stdout }) => stdout.trim(), (error: { stderr: string }) => error.stderr)

describe('postgres.startup', () => {
  afterEach(closeAll)

  it('refuses with what the server itself says: no such role, no such database', async () => {
    const stage = await postgresStage()
    const real = [await login(stage, { user: 'nobody here' }), await login(stage, { database: 'no such' })]
    await stage.strike(startup, { how: 'unknown_role' })
    const role = await login(stage, { user: 'nobody here' })
    await stage.strike(startup, { how: 'unknown_database' })
    assert.deepEqual([role, await login(stage, { database: 'no such' })].map(asError), real.map(asError))
    await stage.heal()
    assert.equal((await (await stage.client()).query('select 1 a')).rows[0].a, 1)
  })

  for (const [how, code, message] of [
    ['invalid_password', '28P01', 'password authentication failed for user "postgres"'], ['too_many_connections', '53300', 'sorry, too many clients already'],
    ['starting_up', '57P03', 'the database system is starting up'], ['shutting_down', '57P03', 'the database system is shutting down'], ['in_recovery', '57P03', 'the database system is in recovery mode'],
  ] as const) {
    it(`${how}: FATAL ${code}, and the connection is closed`, async () => {
      const stage = await postgresStage()
      await stage.strike(startup, { how })
      const { severity, ...said } = asError(await login(stage))
      assert.deepEqual({ severity, code: said['code'], message: said['message'] }, { severity: 'FATAL', code, message })
      assert.match(await psql(stage.port), new RegExp(`FATAL: +${message}`))
      await until(async () => (await stage.plane.snapshot()).targets['db']?.connections === 0, 'all is closed')
    })
  }

  it('hits logins only, and those that `where` names', async () => {
    const stage = await postgresStage()
    const before = await stage.client()
    await stage.strike(startup, { how: 'starting_up' }, { where: { application: 'till', user: 'post*', database: 'postgres' } })
    assert.equal(asError(await login(stage, { application_name: 'till' }))['code'], '57P03')
    const other = await stage.client({ application_name: 'office' })
    assert.equal((await other.query('select 1 a')).rows[0].a, 1)
    assert.equal((await before.query('select 2 a')).rows[0].a, 2)
    assert.equal(stage.did().length, 1)
  })

  it('counts logins: `times: 2` is two refused, whatever is asked in between', async () => {
    const stage = await postgresStage()
    await stage.strike(startup, {}, { times: 2 })
    const outcomes: boolean[] = []
    for (let n = 0; n < 4; n++) outcomes.push(await login(stage) instanceof Error)
    assert.deepEqual(outcomes, [true, true, false, false])
  })

  for (const how of ['hang', 'hang_login'] as const) {
    it(`${how}: the client waits as long as its own connect timeout, and for ever where it has none`, async () => {
      const stage = await postgresStage()
      await stage.strike(startup, { how })
      const error = await login(stage, { connectionTimeoutMillis: 150 })
      assert.match(String(error), /timeout/)
      const patient = stage.client()
      await until(() => stage.did().length >= (how === 'hang' ? 2 : 4), 'the second login')
      await stage.heal()
      assert.equal((await (await patient).query('select 1 a')).rows[0].a, 1, 'healed, it is answered')
    })
  }

  it('ssl_refused: a client that insists on TLS says so, one that prefers it goes on in plain text', async () => {
    const stage = await postgresStage()
    await stage.strike(startup, { how: 'ssl_refused' })
    assert.match(String(await login(stage, { ssl: true })), /The server does not support SSL connections/)
    assert.match(await psql(stage.port, 'sslmode=require'), /server does not support SSL, but SSL was required/)
    assert.equal(await psql(stage.port, 'sslmode=prefer'), '1')
    assert.equal(stage.did().length, 3)
  })

  it('ssl_error: the answer is an error, and the connection is closed', async () => {
    const stage = await postgresStage()
    await stage.strike(startup, { how: 'ssl_error' })
    assert.match(String(await login(stage, { ssl: true })), /There was an error establishing an SSL connection/)
    assert.equal((await (await stage.client()).query('select 1 a')).rows[0].a, 1, 'who does not ask is not hit')
  })

  it('ssl_broken: the handshake never comes about', async () => {
    const stage = await postgresStage()
    await stage.strike(startup, { how: 'ssl_broken' })
    assert.match(String(await login(stage, { ssl: true })), /disconnected before secure TLS connection was established|ECONNRESET|terminated/)
    assert.match(await psql(stage.port, 'sslmode=require'), /SSL|closed the connection/)
  })

  it('ssl_hang: the request is never answered', async () => {
    const stage = await postgresStage()
    await stage.strike(startup, { how: 'ssl_hang' })
    assert.match(String(await login(stage, { ssl: true, connectionTimeoutMillis: 150 })), /timeout/)
  })
})
