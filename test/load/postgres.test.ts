import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { ms, perSecond } from '../../src/core/units.ts'
import type { Client } from '../../src/load/client.ts'
import { openPostgres } from '../../src/load/postgres.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import { Gate } from '../support/gate.ts'
import { postgres } from '../support/servers.ts'

const SPEC: LoadSpec = { name: 'db', send: { kind: 'postgres', url: '', sql: '', params: [] }, rate: perSecond(1), timeout: ms(1000), ok: '2xx', inFlightMax: 100, connections: 2 }

describe('load: postgres', () => {
  const endings: (() => Promise<unknown> | unknown)[] = []
  afterEach(async () => { for (const end of endings.splice(0).reverse()) await end() })

  async function open(url: string, sql: string, params: readonly string[] = [], pipeline?: number): Promise<Client> {
    const client = openPostgres(SPEC, { kind: 'postgres', url, sql, params, ...(pipeline ? { pipeline } : {}) })
    endings.push(() => client.close())
    await client.opened
    return client
  }
  const gated = async (): Promise<{ gate: Gate; url: string }> => {
    const gate = await new Gate((await postgres()).port).open()
    endings.push(() => gate.shut())
    return { gate, url: `postgres://postgres@127.0.0.1:${gate.port}/postgres` }
  }
  const send = (client: Client, n: number): Promise<string> => new Promise((resolve) => { client.send(n, (outcome, reason) => resolve(reason ?? outcome), ms(0)) })
  async function ask(sql: string): Promise<unknown> {
    const client = new pg.Client({ connectionString: (await postgres()).url })
    await client.connect()
    try {
      return (await client.query<{ answer: unknown }>(sql)).rows[0]?.answer
    } finally {
      await client.end()
    }
  }

  it('puts the operation’s number into the parameters', async () => {
    await ask('drop table if exists load_seen')
    await ask('create table load_seen (n int)')
    const client = await open((await postgres()).url, 'insert into load_seen values ($1)', ['{n}'])
    assert.deepEqual(await Promise.all([3, 4, 5, 6].map((n) => send(client, n))), ['ok', 'ok', 'ok', 'ok'])
    assert.equal(await ask('select string_agg(n::text, \',\' order by n) as answer from load_seen'), '3,4,5,6')
  })

  it('sends several statements together as one operation, each with a number of its own, prepared once, and fails as the first that failed', async () => {
    await ask('drop table if exists load_seen')
    await ask('create table load_seen (n int unique, prepared text)')
    const client = await open((await postgres()).url, 'insert into load_seen select $1::int, string_agg(name, \',\') from pg_prepared_statements', ['{n}'], 3)
    assert.deepEqual(await Promise.all([0, 1, 2].map((n) => send(client, n))), ['ok', 'ok', 'ok'])
    assert.equal(await ask('select string_agg(n::text, \',\' order by n) || min(prepared) || max(prepared) as answer from load_seen'), '0,1,2,3,4,5,6,7,8loadload')
    await ask('delete from load_seen where n = 8')
    // 6 and 7 are there; 8 is a statement of its own.
    assert.equal(await send(client, 2), '23505')
    assert.equal(await ask('select count(*)::int as answer from load_seen where n = 8'), 1)
  })

  it('names an error by its SQLSTATE and goes on with the same connection', async () => {
    const client = await open((await postgres()).url, 'select 1 / ($1::int - 1)', ['{n}'])
    assert.deepEqual([await send(client, 1), await send(client, 2), await send(client, 1), await send(client, 1)], ['22012', 'ok', '22012', '22012'])
  })

  it('lets a query wait for a free connection, and its waiting counts', async () => {
    const client = await open((await postgres()).url, 'select pg_sleep(0.1)')
    const began = performance.now()
    assert.deepEqual(await Promise.all([0, 1, 2, 3].map((n) => send(client, n))), ['ok', 'ok', 'ok', 'ok'])
    const took = performance.now() - began
    assert.ok(took >= 200 && took < 1000, `${took}`)
  })

  it('closes the connection of a query that became late, ends it on the server and goes on with a new one', async () => {
    const client = await open((await postgres()).url, "select pg_sleep($1::float) /* late */", ['{n}'])
    const running = "select count(*)::int as answer from pg_stat_activity where query like '%/* late */' and state = 'active' and pid <> pg_backend_pid()"
    const late = [client.send(30, () => assert.fail('answered'), ms(0)), client.send(30, () => assert.fail('answered'), ms(0))]
    const queued = client.send(30, () => assert.fail('answered'), ms(0))
    while (await ask(running) !== 2) await pause(10)
    for (const sent of [queued, ...late]) sent.abandon()
    assert.equal(await send(client, 0), 'ok')
    const since = performance.now()
    while (await ask(running) !== 0) await pause(10)
    assert.ok(performance.now() - since < 2000)
  })

  it('fails at once while no connection stands, what it carried when they broke, and works again soon after', async () => {
    const { gate, url } = await gated()
    const client = await open(url, 'select 1')
    assert.equal(await send(client, 0), 'ok')
    gate.hold()
    const carried = [send(client, 1), send(client, 2), send(client, 3)]
    await pause(50)
    await gate.shut()
    assert.deepEqual([...new Set((await Promise.all(carried)))].filter((reason) => !['connection lost', 'ECONNRESET', 'ECONNREFUSED'].includes(reason)), [])
    await pause(100)
    const asked = performance.now()
    assert.equal(await send(client, 4), 'ECONNREFUSED')
    assert.ok(performance.now() - asked < 100)
    await gate.open()
    const opened = performance.now()
    while (await send(client, 5) !== 'ok') await pause(5)
    assert.ok(performance.now() - opened < 1000)
  })

  it('resolves `opened` when nothing listens, and says why operations fail', async () => {
    const { gate, url } = await gated()
    await gate.shut()
    const client = await open(url, 'select 1')
    assert.equal(await send(client, 0), 'ECONNREFUSED')
  })
})
