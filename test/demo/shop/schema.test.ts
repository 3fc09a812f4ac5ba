import assert from 'node:assert/strict'
import { prepareSchema } from '../../../src/demo/shop/schema.ts'
import { newDatabase, rowsOf } from './tuned-shop.ts'

const seed = { products: 400, customers: 20, orders: 2000 }
const BEFORE = `create schema brownout_shop;
  create table brownout_shop.products (id int primary key, name text not null, price_cents int not null, stock int not null check (stock >= 0));
  create table brownout_shop.orders (id bigint generated always as identity primary key, product int not null references brownout_shop.products, quantity int not null, total_cents int not null, at timestamptz not null default now(), request text unique);
  insert into brownout_shop.products values (9, 'Product 9', 163, 5);
  insert into brownout_shop.orders (product, quantity, total_cents) values (9, 1, 163)`

describe("the shop's tables", () => {
  let databaseUrl = ''
  beforeEach(async () => { databaseUrl = await newDatabase() })

  const counts = async (): Promise<unknown> => (await rowsOf(databaseUrl,
    'select (select count(*)::int from brownout_shop.products) as products, (select count(*)::int from brownout_shop.customers) as customers, (select count(*)::int from brownout_shop.orders) as orders'))[0]
  const indexes = async (): Promise<string> => (await rowsOf<{ name: string }>(databaseUrl, "select indexname as name from pg_indexes where schemaname = 'brownout_shop' and indexdef not like '%UNIQUE%' order by 1")).map(({ name }) => name).join(' ')

  it('are made once by several shops that start together, each migration is written down, and a start later changes nothing', async () => {
    await Promise.all([1, 2, 3, 4].map(() => prepareSchema({ databaseUrl, indexes: true, seed })))
    assert.deepEqual(await counts(), seed)
    const applied = await rowsOf<{ version: number }>(databaseUrl, 'select version, at from brownout_shop.migrations order by version')
    assert.deepEqual(applied.map(({ version }) => version), [1, 2, 3])
    await prepareSchema({ databaseUrl, indexes: true, seed: undefined })
    assert.deepEqual(await rowsOf(databaseUrl, 'select version, at from brownout_shop.migrations order by version'), applied)
    assert.deepEqual(await counts(), seed)
  })

  it('without seed data hold what they always did', async () => {
    await prepareSchema({ databaseUrl, indexes: true, seed: undefined })
    assert.deepEqual(await counts(), { products: 200, customers: 0, orders: 0 })
    assert.deepEqual(await rowsOf(databaseUrl, 'select id, name, price_cents, stock from brownout_shop.products where id in (9, 200) order by id'), [
      { id: 9, name: 'Product 9', price_cents: 163, stock: 1_000_000 }, { id: 200, name: 'Product 200', price_cents: 600, stock: 1_000_000 }])
  })

  it('of before there were migrations are brought up to date, and what was in them stays', async () => {
    await rowsOf(databaseUrl, BEFORE)
    await prepareSchema({ databaseUrl, indexes: true, seed: undefined })
    assert.deepEqual(await counts(), { products: 200, customers: 0, orders: 1 })
    assert.deepEqual(await rowsOf(databaseUrl, 'select stock, category from brownout_shop.products where id = 9'), [{ stock: 5, category: 10 }])
  })

  it('take more seed data when more is asked for, and give none back', async () => {
    await prepareSchema({ databaseUrl, indexes: true, seed })
    await prepareSchema({ databaseUrl, indexes: true, seed: { products: 500, customers: 10, orders: 2500 } })
    assert.deepEqual(await counts(), { products: 500, customers: 20, orders: 2500 })
    const [odd] = await rowsOf<{ orphans: number; unfit: number }>(databaseUrl, `select count(*) filter (where c.id is null or p.id is null)::int as orphans, count(*) filter (where o.total_cents <> o.quantity * p.price_cents)::int as unfit
      from brownout_shop.orders o left join brownout_shop.customers c on c.id = o.customer left join brownout_shop.products p on p.id = o.product`)
    assert.deepEqual(odd, { orphans: 0, unfit: 0 })
  })

  it('have their secondary indexes, or not', async () => {
    await prepareSchema({ databaseUrl, indexes: true, seed })
    assert.equal(await indexes(), 'orders_at orders_customer orders_unpaid products_category products_search')
    await prepareSchema({ databaseUrl, indexes: false, seed })
    assert.equal(await indexes(), 'orders_unpaid')
  })

  it('say that the database cannot be reached', async () => {
    await assert.rejects(prepareSchema({ databaseUrl: 'postgres://postgres@127.0.0.1:1/postgres', indexes: true, seed: undefined }), /ECONNREFUSED/)
  })
})
