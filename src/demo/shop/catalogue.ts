/** What the shop sells and keeps: its tables, its statements, and a purchase as one transaction. */

import pg, { type ClientBase, type Pool } from 'pg'
import type { Ms } from '../../core/units.ts'
import { Refused } from '../pages.ts'

export interface Product { readonly id: number; readonly name: string; readonly priceCents: number; readonly stock: number }
export interface Basket { readonly product: number; readonly quantity: number }
/** `paid`: whether the money is known to be taken; undefined where nobody is asked for it. */
export interface Order { readonly id: number; readonly totalCents: number; readonly paid?: boolean }

export interface Sale {
  /** Its name: it can be looked for, and is never written twice. */
  readonly request: string
  /** Written as not paid for yet. */
  readonly unpaid?: boolean
  /** What must succeed before the order counts. */
  pay?(totalCents: number): Promise<void>
}

/** The server was asked to commit and did not say whether it has: the order may be there or not. */
export class InDoubt extends Error {}

export const PRODUCTS = 200
/** Once for many shops that start together, hence the lock; in a schema of its own, so that it meets no table of yours. */
const SCHEMA = `
  begin;
  select pg_advisory_xact_lock(7310577365);
  create schema if not exists brownout_shop;
  create table if not exists brownout_shop.products (id int primary key, name text not null, price_cents int not null, stock int not null check (stock >= 0));
  create table if not exists brownout_shop.orders (id bigint generated always as identity primary key, product int not null references brownout_shop.products, quantity int not null, total_cents int not null, at timestamptz not null default now(), request text unique);
  alter table brownout_shop.orders add column if not exists request text unique;
  alter table brownout_shop.orders add column if not exists unpaid boolean not null default false;
  create index if not exists orders_unpaid on brownout_shop.orders (id) where unpaid;
  insert into brownout_shop.products select n, 'Product ' || n, 100 + n * 7 % 900, 1000000 from generate_series(1, ${PRODUCTS}) n on conflict do nothing;
  commit;`

const COLUMNS = 'id, name, price_cents as "priceCents", stock'

/** Idempotent. */
export async function createSchema(pool: Pool): Promise<void> { await pool.query(SCHEMA) }

/** `deadline` where it is to be another than the pool's. */
export async function productById(pool: Pool, id: number, deadline?: Ms): Promise<Product | null> {
  const { rows } = await pool.query<Product>({ text: `select ${COLUMNS} from brownout_shop.products where id = $1`, values: [id], ...within(deadline) })
  return rows[0] ?? null
}

export async function allProducts(pool: Pool, deadline?: Ms): Promise<readonly Product[]> {
  return (await pool.query<Product>({ text: `select ${COLUMNS} from brownout_shop.products order by id`, ...within(deadline) })).rows
}

const within = (deadline: Ms | undefined): { query_timeout?: number } => deadline === undefined ? {} : { query_timeout: deadline }

/** Takes the stock and writes the order, both or neither. `client` is in no transaction, before and after; not so when it throws. InDoubt. */
export async function placeOrder(client: ClientBase, { product, quantity }: Basket, { request, unpaid = false, pay }: Sale): Promise<Order> {
  await client.query('begin')
  const { rows: [sold] } = await client.query<{ price: number }>(
    'update brownout_shop.products set stock = stock - $2 where id = $1 and stock >= $2 returning price_cents as price', [product, quantity])
  if (!sold) {
    await client.query('rollback')
    throw new Refused(409, 'not in stock')
  }
  const totalCents = sold.price * quantity
  const { rows: [order] } = await client.query<{ id: string }>(
    'insert into brownout_shop.orders (product, quantity, total_cents, request, unpaid) values ($1, $2, $3, $4, $5) returning id', [product, quantity, totalCents, request, unpaid])
  await pay?.(totalCents)
  try {
    await client.query('commit')
  } catch (error) {
    throw error instanceof pg.DatabaseError && error.severity === 'ERROR' ? error : new InDoubt('nobody said whether it was committed', { cause: error })
  }
  return { id: Number(order?.id), totalCents }
}

/** The order that `request` led to; undefined where there is none. */
export async function orderOf(pool: Pool, request: string): Promise<Order | undefined> {
  const { rows: [order] } = await pool.query<{ id: string; total: number }>('select id, total_cents as total from brownout_shop.orders where request = $1', [request])
  return order && { id: Number(order.id), totalCents: order.total }
}
