/** The scenario postgres.failover, step by step, as a pool sees it. */

import assert from 'node:assert/strict'
import type pg from 'pg'
import { registry } from '../../../faults/index.ts'
import { planOf, problemsOf } from '../../experiment/fake-faults.ts'
import { closeAll, postgresStage } from './stage.ts'

const text = (params: string, on = 'db'): string => `
name: failover
targets: { db: { upstream: "postgres://h/d" }, other: { upstream: "postgres://h/e" }, cache: { upstream: "redis://h" } }
method:
  - { step: over, at: 1s, scenario: postgres.failover, on: ${on}, params: { ${params} } }`

const codeOf = (error: unknown): string | undefined => (error instanceof Error && 'code' in error ? String(error.code) : String(error))

describe('postgres.failover', () => {
  afterEach(closeAll)

  it('comes in the order in which it happens, with its times; what lasts no time is left out', async () => {
    const stepsOf = async (params: string, on?: string) => (await planOf(text(params, on), { registry })).method.map((step) =>
      step.kind === 'fault' ? [step.step, step.rule.fault, step.rule.on, step.start.at, step.rule.for, step.rule.chance, step.rule.scope] : [])
    assert.deepEqual(await stepsOf('down: 2s, starting: 3s, read_only: 4s, share: 25%'), [
      ['over-shutdown', 'postgres.kill', 'db', 1000, 2000, undefined, undefined], ['over-refused', 'refuse', 'db', 1000, 2000, undefined, undefined],
      ['over-starting', 'postgres.startup', 'db', 3000, 3000, undefined, undefined], ['over-read-only', 'postgres.read_only', 'db', 6000, 4000, 0.25, 'connection'],
    ])
    assert.deepEqual((await stepsOf('starting: 0s, read_only: 0s', '[db, other]')).map(([name]) => name), ['over-db-shutdown', 'over-db-refused', 'over-other-shutdown', 'over-other-refused'])
    const [problem] = await problemsOf(text('down: 1s', 'cache'), { registry })
    assert.equal(problem?.code, 'PROTOCOL_MISMATCH')
  })

  it('is seen by a pool as 57P01, ECONNREFUSED, 57P03, 25006 for a share that stays with its connection, and then all is well', async () => {
    const stage = await postgresStage()
    const table = await stage.table('id int')
    const { method } = await planOf(text('down: 1m, starting: 1m, read_only: 1m, share: 50%'), { registry })
    const rules = method.flatMap((step) => (step.kind === 'fault' ? [step.rule] : []))
    const pool = stage.pool({ max: 12 })
    const told: unknown[] = []
    pool.on('error', (error) => told.push(codeOf(error)))
    const write = (client: pg.ClientBase | pg.Pool = pool): Promise<string | undefined> => client.query(`insert into ${table} values (1)`).then(() => 'done', codeOf)
    const begin = async (...names: string[]): Promise<void> => {
      await stage.plane.disarm()
      await stage.plane.arm(rules.filter(({ id }) => names.includes(id)))
    }
    await Promise.all(Array.from({ length: 12 }, () => pool.query('select pg_sleep(0.05)')))
    assert.equal(pool.totalCount, 12)

    await begin('over-shutdown', 'over-refused')
    while (pool.totalCount > 0) await new Promise((resolve) => { setTimeout(resolve, 5) })
    assert.deepEqual(told, Array.from({ length: 12 }, () => '57P01'))
    assert.equal(await write(), 'ECONNREFUSED')

    await begin('over-starting')
    assert.equal(await write(), '57P03')

    await begin('over-read-only')
    const clients = await Promise.all(Array.from({ length: 12 }, () => pool.connect()))
    const first = await Promise.all(clients.map((client) => write(client)))
    assert.deepEqual([...new Set(first)].sort(), ['25006', 'done'], first.join(' '))
    assert.deepEqual(await Promise.all(clients.map((client) => write(client))), first, 'a connection stays what it is')
    for (const client of clients) assert.equal((await client.query('select 1 a')).rows[0].a, 1, 'reads pass on all of them')
    const wrote = first.filter((outcome) => outcome === 'done').length * 2
    assert.equal((await stage.direct.query(`select * from ${table}`)).rowCount, wrote)

    await stage.plane.disarm()
    assert.deepEqual([...new Set(await Promise.all(clients.map((client) => write(client))))], ['done'])
    for (const client of clients) client.release()
  })
})
