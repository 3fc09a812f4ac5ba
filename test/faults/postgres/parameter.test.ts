import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parameter } from '../../../faults/postgres/parameter.ts'
import { closeAll, postgresStage, until, type Client, type PostgresStage } from './stage.ts'

const psql = ({ port }: PostgresStage, command: string, settings = ''): Promise<string> =>
  promisify(execFile)('psql', ['-X', '-A', '-t', '-c', command, `host=127.0.0.1 port=${port} user=postgres dbname=postgres ${settings}`])
    .then(({ stdout }) => stdout.trim(), (error: { stderr: string }) => error.stderr)

/** What a client is told from here on. */
function told(client: Client): string[] {
  const parameters: string[] = []
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
  connection.on('parameterStatus', ({ parameterName, parameterValue }: { parameterName: string; parameterValue: string }) => parameters.push(`${parameterName}=${parameterValue}`))
  return parameters
}

describe('postgres.parameter', () => {
  afterEach(closeAll)

  it('makes a primary look like a standby: libpq, told to look for one that can be written to, goes elsewhere', async () => {
    const stage = await postgresStage()
    assert.equal(await psql(stage, 'select 1', 'target_session_attrs=read-write'), '1')
    await stage.strike(parameter)
    assert.match(await psql(stage, 'select 1', 'target_session_attrs=read-write'), /session is read-only/)
    assert.equal(await psql(stage, 'select pg_is_in_recovery()'), 'f', 'what the server itself thinks stays as it is')
    assert.equal(stage.did().length, 2)
  })

  it('gives another version, and one that the server never reports', async () => {
    const stage = await postgresStage()
    await stage.strike(parameter, { parameter: 'server_version', value: '99.1' })
    assert.equal(await psql(stage, '\\echo :SERVER_VERSION_NUM'), '990001')
    await stage.strike(parameter, { parameter: 'shop.mode', value: 'closed' })
    assert.equal(await psql(stage, 'select 1'), '1')
  })

  it('changes it in the course of a session, once', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    const parameters = told(client)
    await stage.strike(parameter, { parameter: 'TimeZone', value: 'America/Adak', during: 'session' }, { where: { sql: '/second/' } })
    for (const sql of ["select 'first'", "select 'second'", "select 'second'"]) assert.equal((await client.query({ text: sql, values: [] })).rowCount, 1)
    await until(() => parameters.length > 0, 'it is told')
    assert.deepEqual(parameters, ['TimeZone=America/Adak'])
    await stage.heal()
    await client.query("set timezone = 'UTC'; set timezone = 'Europe/Oslo'")
    assert.deepEqual(parameters.slice(1).at(-1), 'TimeZone=Europe/Oslo', 'what the server says goes through')
  })
})
