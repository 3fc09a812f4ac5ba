import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Statement } from '../../../src/protocols/postgres/statement.ts'

const CASES: readonly (readonly [sql: string, keyword: string, table: string])[] = [
  ['select * from orders where id = 1', 'SELECT', 'orders'],
  ['SELECT * FROM Shop.Orders o', 'SELECT', 'shop.orders'],
  ['select * from "Shop"."Or""ders"', 'SELECT', 'Shop.Or"ders'],
  ['-- from x\n/* from y */ insert into orders (a) values (1)', 'INSERT', 'orders'],
  ["select 'from x', $$from y$$ from only z", 'SELECT', 'z'],
  ['update only orders set a = 1', 'UPDATE', 'orders'],
  ['delete from orders using x', 'DELETE', 'orders'],
  ['copy orders (a, b) from stdin', 'COPY', 'orders'],
  ['copy (select * from orders) to stdout', 'COPY', 'orders'],
  ['select * from (select 1 from inner_one) x join outer_one on true', 'SELECT', 'inner_one'],
  ['with x as (select 1 from source) select * from x', 'WITH', 'source'],
  ['select extract(year from created) from sales', 'SELECT', 'sales'],
  ["select trim(both 'x' from name), substring(a from 2) from people", 'SELECT', 'people'],
  ['select a is distinct from b from pairs', 'SELECT', 'pairs'],
  ['insert into stock (id) values (1) on conflict do update set a = 1', 'INSERT', 'stock'],
  ['select 1 for update', 'SELECT', ''],
  ['select * from queue for no key update skip locked', 'SELECT', 'queue'],
  ['merge into t using s on true', 'MERGE', 't'],
  ['select * into temp copied from t', 'SELECT', 'copied'],
  ['(select 1 from a) union (select 2 from b)', 'SELECT', 'a'],
  ['COMMIT', 'COMMIT', ''],
  ['  ', '', ''],
]

describe('postgres statement', () => {
  for (const [sql, keyword, table] of CASES) {
    it(`finds ${keyword || 'no keyword'} and ${table || 'no table'} in ${JSON.stringify(sql)}`, () => {
      const statement = new Statement(Buffer.from(sql))
      assert.deepEqual([statement.keyword, statement.table, statement.sql], [keyword, table, sql])
    })
  }

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const statement = new Statement(Buffer.concat([Buffer.from('select 1 from '), Buffer.from(bytes)]))
      assert.equal(statement.keyword, 'SELECT')
      assert.equal(typeof statement.table, 'string')
    }))
  })
})
