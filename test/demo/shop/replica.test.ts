import assert from 'node:assert/strict'
import pg from 'pg'
import type { DemoServer } from '../../../src/demo/daemon.ts'
import { startPostgres } from '../../../src/demo/postgres.ts'
import { type PostgresReplica, startPostgresReplica } from '../../../src/demo/postgres-replica.ts'
import { until } from '../../proxy/stage.ts'
import { Gate } from '../../support/gate.ts'
import { ServiceProcess } from '../service-process.ts'

describe('the sample shop with a replica', function () {
  this.timeout(60_000)
  let primary: DemoServer
  let replica: PostgresReplica
  /** In front of the primary, and in the stream. */
  let front: Gate
  let stream: Gate
  let shop: ServiceProcess
  const clients: pg.Client[] = []

  async function clientOf(url: string): Promise<pg.Client> {
    const client = new pg.Client(url)
    client.on('error', () => undefined)
    clients.push(client)
    await client.connect()
    return client
  }
  const stockOf = async (client: pg.Client): Promise<number> => (await client.query<{ stock: number }>('select stock from brownout_shop.products where id = 7')).rows[0]?.stock ?? 0
  const shown = async (): Promise<number> => Number(((await shop.ask('/products/7')).body as { stock?: number }).stock)
  const sell = async (): Promise<number> => (await shop.post('/checkout', { product: 7, quantity: 1 })).status
  const state = async (): Promise<unknown> => ((await shop.ask('/healthz')).body as { replica?: string }).replica
  const open = async (resilient: '0' | '1'): Promise<void> => {
    shop = await ServiceProcess.start('shop', { REDIS_URL: '', DATABASE_URL: `postgres://postgres@127.0.0.1:${front.port}/postgres`, REPLICA_URL: replica.url, REPLICA_LAG_MAX: '1500', RESILIENT: resilient })
  }

  before(async () => {
    primary = await startPostgres({ replicated: true })
    front = await new Gate(primary.port).open()
    stream = await new Gate(primary.port).open()
    replica = await startPostgresReplica(primary)
    await replica.follow({ host: '127.0.0.1', port: stream.port })
  })
  afterEach(() => shop.stop())
  after(async () => {
    await Promise.all(clients.map((client) => client.end()))
    await stream.shut()
    await front.shut()
    await replica.stop()
    await primary.stop()
  })

  it('as it is usually written, shows what the replica has, however old it is', async () => {
    await open('0')
    const copy = await clientOf(replica.url)
    await until(async () => (await stockOf(copy).catch(() => 0)) > 0, 'the replica has the goods')
    const before = await shown()
    stream.hold()
    assert.equal(await sell(), 201)
    assert.equal(await shown(), before)
    stream.release()
    await until(async () => (await shown()) === before - 1, 'it catches up', 15_000)
  })

  it('as it should be, leaves a replica alone that is too far behind, shows what it has just sold, and comes back to it', async () => {
    await open('1')
    await until(async () => (await state()) === 'follows', 'it follows', 10_000)
    const [source, copy] = [await clientOf(primary.url), await clientOf(replica.url)]
    // Asked by nobody but the shop: what is not read at the primary is read there.
    const readsOf = async (client: pg.Client): Promise<number> => Number((await client.query("select count(*) n from pg_stat_activity where query like '%from brownout_shop.products where id%' and pid <> pg_backend_pid()")).rows[0]?.n)
    await until(async () => { await shop.ask('/products/9'); return (await readsOf(copy)) > 0 }, 'the replica is read')
    stream.hold()
    const before = await stockOf(source)
    assert.equal(await sell(), 201)
    assert.equal(await shown(), before - 1, 'what was just sold is read where it was written')
    await until(async () => { assert.equal(await sell(), 201); return (await state()) === 'behind' }, 'it is behind', 10_000)
    await until(async () => (await shown()) === (await stockOf(source)), 'the page is as of now')
    assert.ok((await stockOf(copy)) > (await stockOf(source)), 'though the replica is not')
    stream.release()
    await until(async () => (await state()) === 'follows', 'it has caught up', 15_000)
  })

  it('sells from the replica once it is promoted, also when it is started anew, and never again from the old primary', async () => {
    await open('1')
    const old = await clientOf(primary.url)
    front.hold()
    assert.notEqual(await sell(), 201)
    assert.equal((await shop.ask('/products/11')).status, 200, 'it shows what the replica has')
    const promoted = await clientOf(replica.url)
    await promoted.query('select pg_promote(true, 10)')
    await until(async () => (await sell()) === 201, 'it sells again', 10_000)
    assert.equal(await state(), 'promoted')
    front.release()
    const orders = async (client: pg.Client): Promise<number> => Number((await client.query('select count(*) n from brownout_shop.orders')).rows[0]?.n)
    const [before, sold] = [await orders(old), await orders(promoted)]
    for (let i = 0; i < 5; i++) assert.equal(await sell(), 201)
    await shop.stop()
    await open('1')
    assert.equal(await state(), 'promoted')
    for (let i = 0; i < 5; i++) assert.equal(await sell(), 201)
    assert.deepEqual([await orders(old), await orders(promoted)], [before, sold + 10])
  })
})
