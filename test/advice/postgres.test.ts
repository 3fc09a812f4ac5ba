// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
/** From a real run against a real Postgres to what is advised, and what that is worth. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { registry } from '../../faults/index.ts'
import type { Advice } from '../../src/advice/advice.ts'
import { adviseOn } from '../../src/advice/advise.ts'
import { loadOnly } from '../../src/experiment/load-only.ts'
import type { RunResult } from '../../src/experiment/run.ts'
import { readJournal } from '../../src/record/journal.ts'
import { foldRun } from '../../src/report/fold.ts'
import { planOf } from '../experiment/fake-faults.ts'
import { run } from '../experiment/run-plan.ts'
import { postgres } from '../support/servers.ts'
import { asked, type Way } from './asked.ts'

const ROWS = 60_000
const ORDERS = `
  create table orders (id int primary key, customer_id int not null, placed_at timestamptz not null, price_cents int not null);
  insert into orders select i, i % 3000, now() - i * interval '1 minute', i % 900 from generate_series(1, ${ROWS}) i;
  create table products (id int primary key, name text not null);
  insert into products select i, 'product ' || i from generate_series(1, ${ROWS}) i;
  analyze`

describe('advice on a Postgres', function () {
  this.timeout(60_000)
  let [url, database, out] = ['', '', '']
  let admin: pg.Client
  before(async () => {
    out = mkdtempSync(join(tmpdir(), 'brownout-advice-'))
    const server = await postgres()
    admin = new pg.Client(server.url)
    await admin.connect()
  })
  after(async () => {
    await admin.end()
    rmSync(out, { recursive: true, force: true })
  })
  beforeEach(async () => {
    database = `advice_${process.pid}`
    await admin.query(`drop database if exists ${database} with (force)`)
    await admin.query(`create database ${database}`)
    url = (await postgres()).url.replace(/\/postgres$/, `/${database}`)
    await inDatabase((client) => client.query(ORDERS))
  })
  afterEach(() => admin.query(`drop database if exists ${database} with (force)`))

  async function inDatabase<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client(url)
    await client.connect()
    try {
      return await use(client)
    } finally {
      await client.end()
    }
  }

  /** A load of one statement through the proxy. */
  async function measured(query: string, rate = 50): Promise<RunResult> {
    const plan = await planOf(`
name: advice
targets: { db: { upstream: "${url}" } }
load: { it: { postgres: ${JSON.stringify(query)}, url: "\${targets.db.url}", rate: ${rate}/s, timeout: 5s, connections: 4 } }
windows: { warmup: 200ms, baseline: 1500ms, recovery: 1s, bucket: 50ms, min_samples: 20 }
method: [{ step: none, fault: latency, on: db, params: { delay: 1ms }, for: 100ms }]
`, { registry })
    return run(loadOnly(plan).plan, { out })
  }

  it('names the index that a statement lacks, which then makes its plan another', async () => {
    const query = 'select id, price_cents from orders where customer_id = 2971 order by placed_at desc limit 20'
    const { record, folder } = await measured(query)
    const all = adviseOn(record)
    assert.deepEqual(all.map(({ id, title }) => [id, title]), [['postgres.index_missing', 'An index on orders (customer_id, placed_at desc)']])
    const [{ evidence: [seen], actions: [action], gain, target } = assert.fail()] = all
    assert.equal(target, 'db')
    assert.match(seen?.text ?? '', /reads all of orders \(60 000 rows\) [\d.]+\/s: p95 /)
    assert.equal(seen?.lines?.[0], 'select id, price_cents from orders where customer_id = ? order by placed_at desc limit ?')
    assert.match(seen?.lines?.join('\n') ?? '', /Seq Scan on orders filter \(customer_id = \$1\)/)
    assert.ok((gain.share ?? 0) > 0.5 && (gain.share ?? 0) <= 1, JSON.stringify(gain))
    assert.equal(action?.code, 'create index concurrently on orders (customer_id, placed_at desc);')
    assert.deepEqual(adviseOn(foldRun(readJournal(join(folder, 'journal.ndjson')).events)), all)
    const surveys = readJournal(join(folder, 'journal.ndjson')).events.flatMap((event) => (event.kind === 'survey' ? [event.survey] : []))
    assert.equal(surveys.length, 1)
    assert.doesNotMatch(JSON.stringify(surveys), /\b2971\b/)
    await inDatabase(async (client) => {
      const planned = async (): Promise<string> => JSON.stringify((await client.query(`explain ${query}`)).rows)
      assert.match(await planned(), /Seq Scan/)
      await client.query(action?.code ?? '')
      assert.match(await planned(), /Index Scan (using|on) orders_customer_id_placed_at_idx/)
    })
  })
})

const LIST = { name: 'list', text: 'select id, customer_id from advice_orders where id between $1 and $2', values: [100, 109] }
const JOINED = { name: 'joined', text: 'select o.id, c.name from advice_orders o join advice_customers c on c.id = o.customer_id where o.id between $1 and $2', values: [100, 109] }
const ORDER = { name: 'order', text: 'select customer_id from advice_orders where id = $1', values: [7] }
const THINK = 5
/** The planner tries all orders of so many tables. */
const PARTS = [1, 2, 3, 4, 5]

describe('advice on how an application asks a Postgres', function () {
  this.timeout(60_000)
  let url = ''
  before(async () => {
    url = (await postgres()).url
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`drop table if exists advice_orders, advice_customers;
      create table advice_customers (id int primary key, name text not null);
      insert into advice_customers select i, 'customer ' || i from generate_series(1, 300) i;
      create table advice_orders (id int primary key, customer_id int not null);
      insert into advice_orders select i, 1 + i % 300 from generate_series(1, 6000) i;
      analyze advice_customers, advice_orders;
      ${PARTS.map((i) => `create table if not exists advice_part${i} (customer_id int primary key); insert into advice_part${i} values (1) on conflict do nothing`).join('; ')}`)
    await client.end()
  })

  const adviceOn = async (way: Way): Promise<readonly Advice[]> => adviseOn(await asked(url, way))
  /** The only one. */
  const only = async (id: string, way: Way): Promise<Advice> => {
    const all = await adviceOn(way)
    assert.deepEqual(all.map((one) => one.id), [id], JSON.stringify(all, null, 1))
    return all[0] ?? assert.fail()
  }

  it('has nothing to say of one that asks together, prepares its statements and has a pool that fits', async () => {
    assert.deepEqual(await adviceOn({ connections: 6, users: 2, requests: 60, page: async (pool) => {
      await pool.query(JOINED)
      await pause(THINK)
    } }), [])
  })

  it('has nothing to say of one statement for each request either, however busy its connection is with it', async () => {
    assert.deepEqual((await adviceOn({ connections: 1, users: 1, requests: 300, page: (pool) => pool.query(ORDER) })).filter(({ id }) => id === 'postgres.repeated_statement'), [])
  })

  it('tells a list that is followed by a statement for each of its rows, with both', async () => {
    const { evidence: [row, list], title, gain, confidence } = await only('postgres.repeated_statement', { connections: 6, users: 1, requests: 40, page: async (pool) => {
      const { rows } = await pool.query<{ customer_id: number }>(LIST)
      for (const { customer_id: customer } of rows) await pool.query({ name: 'customer', text: 'select name from advice_customers where id = $1', values: [customer] })
      await pause(THINK)
    } })
    assert.equal(title, 'One statement in place of 10 in a row')
    assert.deepEqual(row?.lines, ['select name from advice_customers where id = ?'])
    assert.deepEqual(list?.lines, ['select id, customer_id from advice_orders where id between ? and ?'])
    assert.match(row?.text ?? '', / in a row on one connection on average.* for each operation of the load/)
    assert.ok((gain.share ?? 0) > 0.3 && (gain.share ?? 0) < 0.95, JSON.stringify(gain))
    assert.equal(confidence, 'high')
  })

  it('tells it too where each row is asked for on any connection', async () => {
    const { title, evidence: [, whose] } = await only('postgres.repeated_statement', { connections: 4, users: 1, requests: 80, page: async (pool) => {
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((customer) => pool.query({ name: 'customer', text: 'select name from advice_customers where id = $1', values: [customer] })))
      await pause(THINK)
    } })
    assert.match(title, /^One statement in place of [6-9] or more for each request$/)
    assert.match(whose?.text ?? '', /^were it asked by one load alone, an operation of it would ask [6-9](\.\d)? times \(page\)$/)
  })

  it('tells a pool of two that requests wait for, and how many it takes', async () => {
    const { title, evidence, gain } = await only('postgres.pool_too_small', { connections: 2, users: 12, requests: 8, page: (pool) => pool.query({ name: 'nap', text: 'select pg_sleep(0.02)' }) })
    const [, size] = /^A larger pool of connections: (\d+) in place of 2$/.exec(title) ?? assert.fail(title)
    assert.ok(Number(size) >= 6 && Number(size) <= 40, title)
    assert.match(evidence[0]?.text ?? '', /^there were 2 connections throughout, busy (8|9|100)/)
    assert.ok((gain.share ?? 0) > 0.5, JSON.stringify(gain))
  })

  it('tells a pool of which most is idle', async () => {
    const { title, evidence } = await only('postgres.pool_too_large', { connections: 24, users: 2, requests: 200, page: (pool) => pool.query(ORDER) })
    assert.equal(title, 'A smaller pool of connections: 4 in place of 24')
    assert.match(evidence[0]?.text ?? '', /^of 24 connections at most [12] were in use at once/)
  })

  it('tells statements that are planned at each execution, and how long that takes', async () => {
    const text = `select a.id from advice_orders a ${PARTS.map((i) => `join advice_part${i} as the_part_of_an_order_that_is_number_${i} using (customer_id)`).join(' ')} where a.id = $1`
    assert.ok(text.length > 280)
    const { evidence, gain } = await only('postgres.unprepared', { connections: 4, users: 1, requests: 200, page: async (pool) => {
      await pool.query(text, [5])
      await pause(1)
    } })
    assert.match(evidence[1]?.text ?? '', /^\d+ of \d+ executions, of which planning takes [\d.]+(ms|us|µs) each/)
    assert.ok((gain.share ?? 0) > 0.05, JSON.stringify(gain))
  })

  it('tells transactions that wait for their application', async () => {
    const { evidence, actions } = await only('postgres.idle_in_transaction', { connections: 6, users: 4, requests: 16, page: async (pool) => {
      const client = await pool.connect()
      try {
        await client.query({ name: 'begin', text: 'begin' })
        await client.query(ORDER)
        await pause(40)
        await client.query({ name: 'commit', text: 'commit' })
      } finally {
        client.release()
      }
    } })
    assert.match(evidence[0]?.text ?? '', /transactions took .*: [6-9]\d(\.\d)?% of the time they waited for their application$/)
    assert.ok(actions.some(({ code }) => code?.includes('idle_in_transaction_session_timeout')))
  })
})

describe('advice on the tables of a Postgres', function () {
  this.timeout(60_000)
  let url = ''
  before(async () => {
    url = (await postgres()).url
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`drop table if exists advice_new, advice_written, advice_wide, advice_ordered;
      create table advice_ordered (id int primary key, customer int not null); insert into advice_ordered select i, i % 3000 from generate_series(1, 60000) i;
      create table advice_new (id int primary key, n int); insert into advice_new select i, i from generate_series(1, 6000) i;
      create table advice_written (id int generated always as identity primary key, a int, b int unique);
      create index advice_a on advice_written (a);
      create table advice_wide (id int primary key, n int, t text); insert into advice_wide select i, i % 7, repeat('x', 20) from generate_series(1, 30000) i;
      analyze advice_written, advice_wide, advice_ordered`)
    await client.end()
  })

  it('tells a table that was never analysed', async () => {
    const [{ evidence, actions } = assert.fail()] = (await advised(url, { name: 'new', text: 'select n from advice_new where id = $1', values: [5] })).filter(({ id }) => id === 'postgres.never_analysed')
    assert.match(evidence[0]?.text ?? '', /^advice_new holds about 6 000 rows and was never analysed/)
    assert.deepEqual(actions.map(({ code }) => code), ['analyze advice_new;'])
  })

  it('tells an index that is written and never read, and leaves alone what keeps rows apart', async () => {
    const all = await advised(url, { name: 'written', text: 'insert into advice_written (a, b) select $1, coalesce(max(b), 0) + 1 from advice_written', values: [1] }, 240)
    assert.deepEqual(all.map(({ actions: [action] }) => action?.code), ['drop index concurrently advice_a;'])
    assert.equal(all[0]?.confidence, 'low')
    assert.match(all[0]?.evidence[0]?.text ?? '', /^advice_a \(a\), .* was read by nothing since the statistics began .* this run wrote to advice_written \d+ times$/)
  })

  it('names the index of a statement that reads a table in the order of another until it has found enough', async () => {
    const [{ evidence, actions: [action] } = assert.fail()] = await advised(url, { name: 'ordered', text: 'select id from advice_ordered where customer = $1 order by id desc limit $2', values: [42, 20] }, 40)
    assert.match(evidence[0]?.text ?? '', /^reads advice_ordered by advice_ordered_pkey until it has found enough \(60 000 rows\)/)
    assert.equal(action?.code, 'create index concurrently on advice_ordered (customer, id);')
    const client = new pg.Client(url)
    await client.connect()
    await client.query(action?.code ?? '')
    const { rows } = await client.query('explain (generic_plan) select id from advice_ordered where customer = $1 order by id desc limit $2')
    await client.end()
    assert.match(JSON.stringify(rows), /Index Only Scan Backward using advice_ordered_customer_id_idx|Index Scan Backward using advice_ordered_customer_id_idx/)
  })

  it('shows the plan of a statement that is slow by what it does', async () => {
    const all = await advised(url, { name: 'slow', text: 'select n, count(distinct t || id) from advice_wide group by n having count(*) > $1', values: [1] }, 21)
    assert.deepEqual(all.map(({ id }) => id), ['postgres.slow_statement'])
    assert.match(all[0]?.evidence[0]?.lines?.join('\n') ?? '', /Seq Scan on advice_wide/)
  })
})

const advised = async (url: string, query: pg.QueryConfig, requests = 120): Promise<readonly Advice[]> => adviseOn(await asked(url, { connections: 4, users: 1, requests, page: async (pool) => {
  await pool.query(query)
  await pause(1)
} }))
