// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
/** From a real run against a real Postgres to what is advised, and what that is worth. */

import assert from 'node:assert/strict'
import { readFileSync, rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { registry } from '../../faults/index.ts'
import { adviseOn } from '../../src/advice/advise.ts'
import { loadOnly } from '../../src/experiment/load-only.ts'
import type { RunResult } from '../../src/experiment/run.ts'
import { readJournal } from '../../src/record/journal.ts'
import { foldRun } from '../../src/report/fold.ts'
import { planOf } from '../experiment/fake-faults.ts'
import { run } from '../experiment/run-plan.ts'
import { postgres } from '../support/servers.ts'

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
    const query = 'select id, price_cents from orders where customer_id = 42 order by placed_at desc limit 20'
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
    assert.doesNotMatch(JSON.stringify(readFileSync(join(folder, 'journal.ndjson'), 'utf8').split('\n').filter((line) => line.includes('"survey"'))), /\b42\b/)
    await inDatabase(async (client) => {
      const planned = async (): Promise<string> => JSON.stringify((await client.query(`explain ${query}`)).rows)
      assert.match(await planned(), /Seq Scan/)
      await client.query(action?.code ?? '')
      assert.match(await planned(), /Index Scan (using|on) orders_customer_id_placed_at_idx/)
    })
    const again = await measured(query)
    assert.deepEqual(adviseOn(again.record), [])
  })
})
