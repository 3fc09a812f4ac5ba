import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import sql from 'postgres'
import { readOnly } from '../../../faults/postgres/read-only.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, postgresStage } from './stage.ts'
import { failure, MODES, rowsOf, statusOf } from './told.ts'

describe('postgres.read_only', () => {
  afterEach(closeAll)

  for (const [mode, as] of Object.entries(MODES)) {
    it(`refuses writes on connections that were there before, and reads pass (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table('id int'), await stage.client()]
      await client.query(as(`insert into ${table} values (1)`))
      await stage.strike(readOnly)
      for (let n = 0; n < 3; n++) {
        const told = await failure(client.query(as(`insert into ${table} values (${2 + n})`)))
        assert.deepEqual([told.code, told.message], ['25006', 'cannot execute INSERT in a read-only transaction'])
        assert.deepEqual((await client.query(as(`select id from ${table}`))).rows, [{ id: 1 }], 'a health check that reads sees nothing')
      }
      await stage.heal()
      await client.query(as(`insert into ${table} values (9)`))
      assert.deepEqual(await rowsOf(stage.direct, table), [1, 9])
    })

    it(`loses the transaction that writes, and none that reads (${mode})`, async () => {
      const stage = await postgresStage()
      const [table, client] = [await stage.table('id int'), await stage.client()]
      await stage.strike(readOnly)
      await client.query(as('begin'))
      await client.query(as(`select id from ${table}`))
      await client.query(as('commit'))
      await client.query(as('begin'))
      await failure(client.query(as(`update ${table} set id = 2`)))
      assert.equal(await statusOf(client), 'E')
      await client.query(as('rollback'))
      assert.equal(await statusOf(client), 'I')
    })
  }

  it('says of other things what a standby says of them', async () => {
    const stage = await postgresStage()
    const client = await stage.client()
    await stage.strike(readOnly)
    for (const command of ['listen c', 'notify c', 'vacuum', 'analyze', 'reindex table t', 'cluster']) {
      const told = await failure(client.query(command))
      assert.deepEqual([told.code, told.message], ['25006', `cannot execute ${command.split(' ')[0]?.toUpperCase()} during recovery`])
    }
    await client.query('unlisten *')
  })

  it('tells new connections that they are on a standby, and a client that wants to write goes elsewhere', async () => {
    const [demoted, primary] = [await postgresStage(), await postgresStage()]
    const table = await primary.table('id int')
    await demoted.strike(readOnly)
    const client = sql({ host: `127.0.0.1:${demoted.port},127.0.0.1:${primary.port}`, user: 'postgres', database: 'postgres', target_session_attrs: 'primary', max: 1 })
    later(() => client.end({ timeout: 1 }))
    await client`insert into ${client(table)} values (1)`
    assert.deepEqual(await rowsOf(primary.direct, table), [1])
    assert.ok(demoted.did().length > 0)
    assert.equal(client.parameters['in_hot_standby'], 'off')
  })

  it('turns libpq away too, where it is to find a server that takes writes', async function (this: Mocha.Context) {
    const [demoted, primary] = [await postgresStage(), await postgresStage()]
    await demoted.strike(readOnly)
    const connection = `host=127.0.0.1,127.0.0.1 port=${demoted.port},${primary.port} user=postgres dbname=postgres target_session_attrs=read-write`
    const { stdout } = await promisify(execFile)('psql', ['-X', '-A', '-t', '-c', '\\echo :PORT', connection]).catch((cause: NodeJS.ErrnoException) => (cause.code === 'ENOENT' ? this.skip() : assert.fail(cause)))
    assert.equal(stdout.trim(), String(primary.port))
  })

  it('keeps that to itself where it is told to', async () => {
    const stage = await postgresStage()
    await stage.strike(readOnly, { announce: false })
    const client = sql({ host: '127.0.0.1', port: stage.port, user: 'postgres', database: 'postgres', target_session_attrs: 'primary', max: 1 })
    later(() => client.end({ timeout: 1 }))
    await client`select 1`
    assert.equal(client.parameters['in_hot_standby'], 'off')
    assert.deepEqual(stage.did(), [])
  })
})
