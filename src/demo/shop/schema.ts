/** The shop's tables, in a schema of their own, so that they meet no table of yours. */

import pg from 'pg'
import { seedStatements } from './seed.ts'
import type { Settings } from './settings.ts'

/** As many as a shop without seed data sells. */
export const PRODUCTS = 200
export const CATEGORIES = 20

/**
 * Each once, in this order, and never changed afterwards: what is to be otherwise is another one. Idempotent all the same, for a database from before
 * there were numbers.
 */
const MIGRATIONS: readonly string[] = [
  `create table if not exists brownout_shop.products (id int primary key, name text not null, price_cents int not null, stock int not null check (stock >= 0));
   create table if not exists brownout_shop.orders (id bigint generated always as identity primary key, product int not null references brownout_shop.products, quantity int not null, total_cents int not null, at timestamptz not null default now(), request text unique);
   alter table brownout_shop.orders add column if not exists request text unique;
   alter table brownout_shop.orders add column if not exists unpaid boolean not null default false;
   create index if not exists orders_unpaid on brownout_shop.orders (id) where unpaid;
   insert into brownout_shop.products select n, 'Product ' || n, 100 + n * 7 % 900, 1000000 from generate_series(1, ${PRODUCTS}) n on conflict do nothing`,
  `create table if not exists brownout_shop.categories (id int primary key, name text not null);
   insert into brownout_shop.categories select n, 'Category ' || n from generate_series(1, ${CATEGORIES}) n on conflict do nothing;
   alter table brownout_shop.products add column if not exists category int references brownout_shop.categories;
   update brownout_shop.products set category = 1 + id % ${CATEGORIES} where category is null;
   alter table brownout_shop.products alter column category set not null`,
  `create table if not exists brownout_shop.customers (id int primary key, name text not null);
   alter table brownout_shop.orders add column if not exists customer int references brownout_shop.customers;
   create table if not exists brownout_shop.seeded (single boolean primary key default true check (single), products int not null, customers int not null, orders int not null)`,
]

/** What the pages look things up by; without them every such page reads a whole table. The names are their tables' own and hold no more than one schema. */
const INDEXES: Readonly<Record<string, string>> = {
  products_category: 'brownout_shop.products (category, id)',
  // By bytes, so that a prefix is a range of it whatever the database's locale.
  products_search: 'brownout_shop.products ((lower(name) collate "C"), id)',
  orders_customer: 'brownout_shop.orders (customer, id) where customer is not null',
  orders_at: 'brownout_shop.orders (at)',
}

const LOCK = 7310577365
/** One that seeds is waited for. */
const WITHIN_MS = 120_000
const CONNECT_WITHIN_MS = 2000

/** Makes what is missing. Idempotent, and for many shops that start together: one does it, the others wait. Rejects while the database cannot be reached. */
export async function prepareSchema({ databaseUrl, indexes, seed }: Pick<Settings, 'databaseUrl' | 'indexes' | 'seed'>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_WITHIN_MS, query_timeout: WITHIN_MS, statement_timeout: WITHIN_MS })
  // Whatever breaks makes the statement under way fail, which is heard.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(`begin; select pg_advisory_xact_lock(${LOCK}); create schema if not exists brownout_shop;
      create table if not exists brownout_shop.migrations (version int primary key, at timestamptz not null default now())`)
    const { rows: [{ applied } = { applied: 0 }] } = await client.query<{ applied: number }>('select coalesce(max(version), 0)::int as applied from brownout_shop.migrations')
    const missing = MIGRATIONS.map((text, i) => ({ version: i + 1, text })).filter(({ version }) => version > applied)
    for (const { version, text } of missing) await client.query(`${text}; insert into brownout_shop.migrations (version) values (${version})`)
    if (seed) for (const statement of seedStatements(seed)) await client.query(statement)
    await client.query([...Object.entries(INDEXES).map(([name, on]) => (indexes ? `create index if not exists ${name} on ${on}` : `drop index if exists brownout_shop.${name}`)), 'commit'].join(';'))
  } finally {
    await client.end()
  }
}
