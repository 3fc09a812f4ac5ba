import assert from 'node:assert/strict'
import pg from 'pg'
import { kill } from '../../../faults/postgres/kill.ts'
import { startPostgres } from '../../../src/demo/postgres.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, postgresStage, until, type Client } from './stage.ts'

/** What of an error a program can go by; the line is that of one release, and a detail says whose doing it is. */
const fieldsOf = (error: unknown): object => {
  assert.ok(error instanceof pg.DatabaseError || (typeof error === 'object' && error !== null && 'severity' in error), String(error))
  const { severity, code, message, detail, hint, file, routine } = error as pg.DatabaseError
  return { severity, code, message, detail: detail === 'Injected by brownout.' ? undefined : detail, hint, file, routine }
}
const pidOf = async (client: pg.Client): Promise<number> => Number((await client.query('select pg_backend_pid() pid')).rows[0].pid)

describe('postgres.kill', () => {
  afterEach(closeAll)

  it('tells an idle client what an administrator\'s command does: the same error, the same end', async () => {
    const stage = await postgresStage()
    const [real, fake] = [await stage.client(), await stage.client()]
    await stage.direct.query('select pg_terminate_backend($1)', [await pidOf(real)])
    await real.over
    await stage.strike(kill)
    await fake.over
    assert.deepEqual(fieldsOf(fake.errors[0]), fieldsOf(real.errors[0]))
    assert.deepEqual(fake.errors.map(({ message }) => message), real.errors.map(({ message }) => message))
    assert.equal((fake.errors[0] as pg.DatabaseError).code, '57P01')
  })

  it('closes the session at the server too', async () => {
    const stage = await postgresStage()
    const client = await stage.client({ application_name: 'doomed' })
    await stage.strike(kill)
    await client.over
    for (;;) if ((await stage.direct.query("select 1 from pg_stat_activity where application_name = 'doomed'")).rowCount === 0) break
    const fresh = await stage.client()
    assert.equal((await fresh.query('select 1 a')).rows[0].a, 1, 'who comes later is not hit before the next interval')
  })

  it('reaches the pool as its error event, and the pool makes a new connection', async () => {
    const stage = await postgresStage()
    const pool = stage.pool({ max: 1 })
    const before = (await pool.query('select pg_backend_pid() pid')).rows[0].pid
    const heard = new Promise<unknown>((resolve) => { pool.once('error', resolve) })
    await stage.strike(kill, { who: 'idle', interval: '1h' })
    assert.equal((await heard as pg.DatabaseError).code, '57P01')
    assert.equal(pool.totalCount, 0)
    assert.notEqual((await pool.query('select pg_backend_pid() pid')).rows[0].pid, before)
  })

  it('fails what is in flight with the same error, and leaves the idle ones alone', async () => {
    const stage = await postgresStage()
    const [idle, busy] = [await stage.client(), await stage.client()]
    const asked = busy.query('select pg_sleep(20)').catch((error: unknown) => error)
    await stage.active('pg_sleep')
    await stage.strike(kill, { who: 'in_flight', interval: '10ms' })
    assert.deepEqual(fieldsOf(await asked), { severity: 'FATAL', code: '57P01', message: 'terminating connection due to administrator command', detail: undefined, hint: undefined, file: 'postgres.c', routine: 'ProcessInterrupts' })
    await busy.over
    assert.deepEqual(stage.did(), ['close in flight'])
    await stage.heal()
    assert.equal((await idle.query('select 2 a')).rows[0].a, 2)
  })

  it('ends what the server works on for them: nothing of a write in flight is left, as after a real kill', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    const client = await stage.client({ application_name: 'writer' })
    const asked = client.query(`with slow as materialized (select pg_sleep(20)) insert into ${table} select 1 from slow`).catch((error: unknown) => error)
    await stage.active('pg_sleep')
    await stage.strike(kill, { who: 'in_flight' })
    assert.equal((await asked as pg.DatabaseError).code, '57P01')
    let left = 1
    while (left > 0) left = (await stage.direct.query("select 1 from pg_stat_activity where application_name = 'writer'")).rowCount ?? 0
    assert.equal((await stage.direct.query(`select * from ${table}`)).rowCount, 0)
  })

  it('keeps to the sessions that `where` names: of an application, of a role, in a transaction', async () => {
    const stage = await postgresStage()
    const [worker, other] = [await stage.client({ application_name: 'worker' }), await stage.client({ application_name: 'web' })]
    await stage.strike(kill, { interval: '10ms' }, { where: { application: 'work*', user: 'postgres', in_transaction: true } })
    for (const client of [worker, other]) assert.equal((await client.query('select 1 a')).rows[0].a, 1)
    await other.query('begin')
    await worker.query('begin')
    await worker.over
    await other.query('rollback')
    assert.equal(stage.did().length, 1)
    await assert.rejects(stage.strike(kill, {}, { where: { sql: '/x/' } }), /nothing of that name is known of a session of postgres/)
  })

  for (const [error, setting] of [['idle_in_transaction', 'idle_in_transaction_session_timeout'], ['idle_session', 'idle_session_timeout']] as const) {
    it(`says to who rests what the server says after ${setting}, and to nobody else`, async () => {
      const stage = await postgresStage()
      const within = error === 'idle_in_transaction'
      const table = await stage.table()
      const real = await stage.client()
      await real.query(`set ${setting} = '50ms'`)
      if (within) await real.query('begin')
      await real.over
      const [resting, other] = [await stage.client(), await stage.client()]
      await (within ? resting : other).query('begin')
      if (within) await resting.query(`insert into ${table} values (1)`)
      await stage.strike(kill, { error, interval: '10ms' })
      await resting.over
      assert.deepEqual(fieldsOf(resting.errors[0]), fieldsOf(real.errors[0]))
      await stage.heal()
      assert.equal((await other.query('select 3 a')).rows[0].a, 3)
      assert.equal((await stage.direct.query(`select * from ${table}`)).rowCount, 0, 'what was not committed is gone')
    })
  }

  it('warns of a crash as a server does whose neighbour process was killed', async function (this: Mocha.Context) {
    this.timeout(30_000)
    const server = await startPostgres()
    later(() => server.stop())
    const crashing = await postgresStage({ server })
    const [real, victim] = [await crashing.client(), await crashing.client()]
    process.kill(await pidOf(victim), 'SIGKILL')
    await real.over
    const stage = await postgresStage()
    const fake = await stage.client()
    await stage.strike(kill, { error: 'crash_shutdown' })
    await fake.over
    assert.equal(fake.notices.length, 1)
    assert.deepEqual(fieldsOf(fake.notices[0]), fieldsOf(real.notices[0]))
    assert.deepEqual(fake.errors.map(({ message }) => message), real.errors.map(({ message }) => message))
  })

  it('picks out those that LISTEN, however they came to it', async () => {
    const stage = await postgresStage()
    const [one, all, never] = [await stage.client(), await stage.client(), await stage.client()]
    const listening: Client = await stage.client()
    await one.query('listen a'); await one.query('unlisten a')
    await all.query('listen a; listen "B"'); await all.query('unlisten *')
    await listening.query('select 1; listen a; listen "B"')
    await listening.query('unlisten a')
    await stage.strike(kill, { who: 'listening', interval: '10ms' })
    await listening.over
    for (const other of [one, all, never]) assert.equal((await other.query('select 4 a')).rows[0].a, 4)
    await never.query('listen c')
    await never.over
    assert.equal(stage.did().length, 2)
  })

  it('says nothing where it is to be silent: FIN alone, between two statements', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(kill, { error: 'none', who: 'idle' })
    await client.over
    assert.deepEqual([client.errors.map(({ message }) => message), client.notices], [['Connection terminated unexpectedly'], []])
  })

  it('takes the server from those that LISTEN and tells them nothing: they are deaf until it is healed', async () => {
    const stage = await postgresStage()
    const client = await stage.client({ application_name: 'deaf' })
    await client.query('listen a')
    await stage.strike(kill, { error: 'half_open', who: 'listening', interval: '1h' })
    let left = 1
    while (left > 0) left = (await stage.direct.query("select 1 from pg_stat_activity where application_name = 'deaf'")).rowCount ?? 0
    await stage.direct.query("notify a, 'unheard'")
    let answered = false
    const asked = client.query('select 1').finally(() => { answered = true })
    const outcome = asked.catch((error: unknown) => error)
    await new Promise((resolve) => { setTimeout(resolve, 150) })
    assert.deepEqual([answered, client.errors, client.notified], [false, [], []])
    await stage.heal()
    assert.match(String(await outcome), /ECONNRESET|terminated/)
  })

  it('says nothing in the middle of a message, as a server cannot', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    const socket = (client as unknown as { connection: { stream: import('node:net').Socket } }).connection.stream
    socket.pause()
    const asked = client.query("select repeat('x', 60000000)").catch((error: unknown) => error)
    await until(async () => ((await stage.plane.figures()).targets['db']?.bytesFromServer ?? 0) > 100_000, 'a part of the row')
    await stage.strike(kill, { who: 'in_flight' })
    socket.resume()
    const error = await asked
    assert.ok(error instanceof Error && !(error instanceof pg.DatabaseError), String(error))
  })

  it('kills a share of them at every interval, and those of a later login', async () => {
    const stage = await postgresStage()
    const clients = await Promise.all(Array.from({ length: 40 }, () => stage.client()))
    let over = 0
    for (const client of clients) void client.over.then(() => { over++ })
    await stage.strike(kill, { share: '50%', interval: '1h' })
    await until(() => over > 0, 'some are over')
    await clients[0]?.query('select 1').catch(() => undefined)
    assert.ok(stage.did().length > 8 && stage.did().length < 32, `${stage.did().length} of 40`)
    await stage.heal()
    await stage.strike(kill, { interval: '20ms' })
    await until(() => over === 40, 'all are over')
    const late = await stage.client()
    await late.over
  })
})
