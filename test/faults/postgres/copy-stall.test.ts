import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from, to } from 'pg-copy-streams'
import { copyStall } from '../../../faults/postgres/copy-stall.ts'
import { closeAll, postgresStage, until, type Client, type PostgresStage } from './stage.ts'

const LINES = Array.from({ length: 2000 }, (_, i) => `${i}\tline ${i} ${'x'.repeat(100)}\n`)
const load = (client: Client, table: string): Promise<void> => pipeline(Readable.from(LINES), client.query(from(`copy ${table} from stdin`)))
const rowsIn = async ({ direct }: PostgresStage, table: string): Promise<number> => Number((await direct.query(`select count(*) from ${table}`)).rows[0].count)
async function unload(client: Client, table: string, chunks: Buffer[] = []): Promise<string> {
  for await (const chunk of client.query(to(`copy (select * from ${table} order by id) to stdout`))) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

describe('postgres.copy_stall', () => {
  afterEach(closeAll)

  it('stops a load half-way; healed, it goes on and nothing is missing', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    const client = await stage.client()
    await stage.strike(copyStall, { data: '50KiB' })
    const loading = load(client, table)
    await until(() => stage.did().length === 1, 'it stands still')
    await stage.active(`copy ${table}`)
    assert.equal(await rowsIn(stage, table), 0)
    assert.deepEqual(stage.did(), ['stall'])
    await stage.heal()
    await loading
    assert.equal(await rowsIn(stage, table), LINES.length)
    assert.equal((await client.query('select 1 a')).rows[0].a, 1)
  })

  it('lets a load fail at the server: 57014, nothing is stored, and the connection goes on', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    const client = await stage.client()
    await stage.strike(copyStall, { how: 'fail', data: '20KiB' })
    await assert.rejects(load(client, table), (error) => error instanceof pg.DatabaseError && error.code === '57014' && /^COPY from stdin failed: canceling statement/.test(error.message))
    assert.equal(await rowsIn(stage, table), 0)
    await client.query('begin')
    await client.query(`insert into ${table} values (1)`)
    await assert.rejects(load(client, table), { code: '57014' })
    await assert.rejects(client.query('select 1'), { code: '25P02' }, 'the transaction has failed for both')
    assert.equal((await client.query('commit')).command, 'ROLLBACK')
    assert.equal(await rowsIn(stage, table), 0)
    await stage.heal()
    await load(client, table)
    assert.equal(await rowsIn(stage, table), LINES.length)
  })

  it('resets a load: what was sent of it is gone', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    const client = await stage.client()
    await stage.strike(copyStall, { how: 'reset', data: '20KiB' })
    await assert.rejects(load(client, table))
    await client.over
    assert.equal(await rowsIn(stage, table), 0)
  })

  it('stops an export, of which each part that came was right', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    const client = await stage.client()
    await load(client, table)
    await stage.strike(copyStall, { data: '50KiB' }, { direction: 'to-client' })
    const chunks: Buffer[] = []
    const exporting = unload(client, table, chunks)
    await until(() => stage.did().length === 1, 'it stands still')
    const soFar = Buffer.concat(chunks).toString()
    assert.ok(soFar.length < 60_000 && LINES.join('').startsWith(soFar))
    await stage.heal()
    assert.ok(await exporting === LINES.join(''))
  })

  it('hits no export by `fail`, which the server could not be told, and no statement that is no COPY', async () => {
    const stage = await postgresStage()
    const table = await stage.table()
    const client = await stage.client()
    await load(client, table)
    await stage.strike(copyStall, { how: 'fail', data: '0B' })
    assert.equal((await unload(client, table)).length, LINES.join('').length)
    assert.equal((await client.query(`select * from ${table}`)).rowCount, LINES.length)
    await stage.strike(copyStall, { how: 'reset', data: '0B' }, { where: { table: 'another' } })
    assert.equal((await unload(client, table)).length, LINES.join('').length)
    assert.deepEqual(stage.did(), [])
  })
})
