/** Goods, customers and a history of orders for a shop that is to be as full as a real one: made in the server, the same every time. */

import type { Seed } from './settings.ts'

const NAMES = ['Amber', 'Birch', 'Cobalt', 'Dune', 'Ember', 'Fern', 'Granite', 'Harbour', 'Indigo', 'Juniper', 'Kelp', 'Linen', 'Maple', 'Nimbus', 'Ochre', 'Pearl', 'Quartz', 'Russet', 'Sage', 'Tundra']
const THINGS = ['Kettle', 'Lamp', 'Chair', 'Basket', 'Blanket', 'Mug', 'Clock', 'Shelf', 'Pan', 'Brush', 'Vase', 'Stool', 'Tray', 'Rug', 'Bowl', 'Jar', 'Hook', 'Mirror', 'Candle', 'Bench', 'Crate']
const listed = (words: readonly string[]): string => `(array['${words.join("','")}'])[1 + n`

/**
 * Within the transaction that holds the lock. What an earlier seed has made is kept, and only what is missing is added: the row of `seeded` says how much
 * that is. Who sells what to whom is skewed, as it is: the product of the lowest number sells most.
 */
export function seedStatements({ products, customers, orders }: Seed): readonly string[] {
  return [
    // An owner's right: rows made here need no check of each reference. Where it is not had, they are checked, which takes longer.
    "select set_config('session_replication_role', 'replica', true) from pg_roles where rolname = current_user and rolsuper",
    'insert into brownout_shop.seeded (products, customers, orders) values (0, 0, 0) on conflict do nothing',
    `insert into brownout_shop.products (id, name, price_cents, stock, category)
       select n, ${listed(NAMES)} % ${NAMES.length}] || ' ' || ${listed(THINGS)} / ${NAMES.length} % ${THINGS.length}] || ' ' || n, 100 + n * 7 % 900, 1000000, 1 + n % (select count(*)::int from brownout_shop.categories)
       from generate_series(1, ${products}) n on conflict do nothing`,
    `insert into brownout_shop.customers select n, 'Customer ' || n from generate_series((select customers + 1 from brownout_shop.seeded), ${customers}) n on conflict do nothing`,
    `insert into brownout_shop.orders (product, customer, quantity, total_cents, at)
       select p.id, 1 + n % ${customers}, 1 + n % 3, p.price_cents * (1 + n % 3), now() - interval '1 hour' - (${orders} - n) * interval '10 seconds'
       from generate_series((select orders + 1 from brownout_shop.seeded), ${orders}) n
       join brownout_shop.products p on p.id = 1 + floor(${products} * power(n::bigint * 7919 % 100003 / 100003.0, 3))::int`,
    `update brownout_shop.seeded set products = greatest(products, ${products}), customers = greatest(customers, ${customers}), orders = greatest(orders, ${orders})`,
    "select set_config('session_replication_role', 'origin', true) from pg_roles where rolname = current_user and rolsuper",
    'analyze brownout_shop.products, brownout_shop.customers, brownout_shop.orders',
  ]
}
