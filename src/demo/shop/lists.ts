/** The pages that show many things: products of a category, by the beginning of their name, and what a customer has bought. */

import type { Asker } from './asker.ts'
import { COLUMNS, type Product } from './catalogue.ts'

/** `page` counts from 1; `next` is null on the last. */
export interface Listed<T> { readonly entries: readonly T[]; readonly page: number; readonly next: number | null }

export interface Bought { readonly id: number; readonly product: number; readonly name: string; readonly quantity: number; readonly totalCents: number; readonly at: string }

/** Which part of a list; `size` 0 is all of it. */
export interface Part { readonly page: number; readonly size: number }

/** One more than is shown says whether there is another page. */
const bounds = ({ page, size }: Part): readonly [limit: number | null, offset: number] => (size === 0 ? [null, 0] : [size + 1, (page - 1) * size])

const listed = <T>(rows: readonly T[], { page, size }: Part): Listed<T> =>
  (size === 0 || rows.length <= size ? { entries: rows, page, next: null } : { entries: rows.slice(0, size), page, next: page + 1 })

export async function productsOf(asker: Asker, category: number, part: Part): Promise<Listed<Product>> {
  return listed(await asker.ask<Product>('category', `select ${COLUMNS} from brownout_shop.products where category = $1 order by id limit $2 offset $3`, [category, ...bounds(part)]), part)
}

/** Past every text that begins as one does. */
const LAST = '\u{10ffff}'

/** Products whose name begins with it, whatever its case. */
export async function productsNamed(asker: Asker, beginning: string, part: Part): Promise<Listed<Product>> {
  const from = beginning.toLowerCase()
  return listed(await asker.ask<Product>('search',
    `select ${COLUMNS} from brownout_shop.products where lower(name) collate "C" >= $1 and lower(name) collate "C" < $2 order by lower(name) collate "C", id limit $3 offset $4`,
    [from, from + LAST, ...bounds(part)]), part)
}

interface OrderRow { readonly id: string; readonly product: number; readonly name: string; readonly quantity: number; readonly totalCents: number; readonly at: Date }

const bought = ({ id, at, ...rest }: OrderRow): Bought => ({ id: Number(id), ...rest, at: at.toISOString() })

/** The latest first. */
export async function ordersOf(asker: Asker, customer: number, part: Part): Promise<Listed<Bought>> {
  const rows = await asker.ask<OrderRow>('history',
    `select o.id, o.product, p.name, o.quantity, o.total_cents as "totalCents", o.at from brownout_shop.orders o join brownout_shop.products p on p.id = o.product
      where o.customer = $1 order by o.id desc limit $2 offset $3`, [customer, ...bounds(part)])
  return listed(rows.map(bought), part)
}

/** The same as it is often written: one statement for the orders, and one more for each of them. */
export async function ordersOneByOne(asker: Asker, customer: number, part: Part): Promise<Listed<Bought>> {
  const rows = await asker.ask<Omit<OrderRow, 'name'>>('orders',
    'select id, product, quantity, total_cents as "totalCents", at from brownout_shop.orders where customer = $1 order by id desc limit $2 offset $3', [customer, ...bounds(part)])
  const orders = listed(rows, part)
  const entries: Bought[] = []
  for (const { id, product, ...rest } of orders.entries) {
    const [{ name } = { name: '' }] = await asker.ask<{ name: string }>('product_name', 'select name from brownout_shop.products where id = $1', [product])
    entries.push(bought({ id, product, name, ...rest }))
  }
  return { ...orders, entries }
}

/** The products that sold most, the best first. */
export async function hottest(asker: Asker, count: number): Promise<readonly number[]> {
  const rows = await asker.ask<{ id: number }>('hottest',
    'select p.id from brownout_shop.products p left join (select product, count(*) as sold from brownout_shop.orders group by product) o on o.product = p.id order by coalesce(o.sold, 0) desc, p.id limit $1', [count])
  return rows.map(({ id }) => id)
}
