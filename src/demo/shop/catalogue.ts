/** What the shop sells and keeps: its statements, and a purchase as one transaction. */

import pg, { type ClientBase, type Pool } from 'pg'
import { Refused } from '../pages.ts'
import type { Asker } from './asker.ts'

export interface Product { readonly id: number; readonly name: string; readonly priceCents: number; readonly stock: number }
/** `customer`: whose history it belongs to; absent: nobody's. */
export interface Basket { readonly product: number; readonly quantity: number; readonly customer?: number }
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

/** What is referred to is not there: of an order, its customer. */
const NOBODY = '23503'
/** The largest amount that an order holds. */
const TOTAL_MAX = 2 ** 31 - 1

export const COLUMNS = 'id, name, price_cents as "priceCents", stock'
/** As many as the front page shows. */
const FRONT = 200

export async function productById(asker: Asker, id: number): Promise<Product | null> {
  const [product] = await asker.ask<Product>('product', `select ${COLUMNS} from brownout_shop.products where id = $1`, [id])
  return product ?? null
}

/** In any order, those that there are. */
export function productsById(asker: Asker, ids: readonly number[]): Promise<readonly Product[]> {
  return asker.ask<Product>('products', `select ${COLUMNS} from brownout_shop.products where id = any($1)`, [ids])
}

export function frontProducts(asker: Asker): Promise<readonly Product[]> {
  return asker.ask<Product>('front', `select ${COLUMNS} from brownout_shop.products order by id limit ${FRONT}`)
}

/** With its category; null: there is none of that number. */
export async function setPrice(asker: Asker, id: number, priceCents: number): Promise<{ readonly product: Product; readonly category: number } | null> {
  const [row] = await asker.ask<Product & { readonly category: number }>('set_price', `update brownout_shop.products set price_cents = $2 where id = $1 returning ${COLUMNS}, category`, [id, priceCents])
  if (!row) return null
  const { category, ...product } = row
  return { product, category }
}

/** Takes the stock and writes the order, both or neither. `client` is in no transaction, before and after; not so when it throws. InDoubt. */
export async function placeOrder(client: ClientBase, { product, quantity, customer }: Basket, { request, unpaid = false, pay }: Sale): Promise<Order> {
  await client.query('begin')
  const { rows: [sold] } = await client.query<{ price: number }>(
    'update brownout_shop.products set stock = stock - $2 where id = $1 and stock >= $2 returning price_cents as price', [product, quantity])
  const totalCents = (sold?.price ?? 0) * quantity
  if (!sold || totalCents > TOTAL_MAX) {
    await client.query('rollback')
    throw new Refused(409, sold ? 'too much at once' : 'not in stock')
  }
  const { rows: [order] } = await client.query<{ id: string }>(
    'insert into brownout_shop.orders (product, quantity, total_cents, request, unpaid, customer) values ($1, $2, $3, $4, $5, $6) returning id', [product, quantity, totalCents, request, unpaid, customer ?? null],
  ).catch(async (error: unknown) => {
    if (!(error instanceof pg.DatabaseError) || error.code !== NOBODY) throw error
    await client.query('rollback')
    throw new Refused(422, 'there is no such customer')
  })
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
