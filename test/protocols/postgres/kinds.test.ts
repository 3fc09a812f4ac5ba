import assert from 'node:assert/strict'
import fc from 'fast-check'
import { commandName, kindOf } from '../../../src/protocols/postgres/kinds.ts'
import { Statement } from '../../../src/protocols/postgres/statement.ts'

const CASES: readonly (readonly [sql: string, kind: string, name?: string])[] = [
  ['select 1', 'read'], ['(values (1)) union select 2', 'read'], ['table t', 'read'], ['fetch 5 from c', 'read'], ['explain select 1', 'read'],
  ['insert into t values (1)', 'write', 'INSERT'], ['MERGE into t using s on true', 'write', 'MERGE'], ['truncate t', 'write', 'TRUNCATE TABLE'],
  ['create or replace function f() returns int', 'write', 'CREATE FUNCTION'], ['create temp table t (a int)', 'write', 'CREATE TABLE'], ['drop materialized view v', 'write', 'DROP MATERIALIZED VIEW'], ['drop', 'write', 'DROP'],
  ['with x as (select 1) select * from x', 'read'], ['with x as (select 1), y as (select 2) update t set a = 1', 'write', 'UPDATE'],
  ['with x as materialized (delete from t returning a) select * from x', 'write', 'SELECT'], ['with x as (select update from (select 1) t for update) select * from x', 'read'], ['with x as (', 'read'],
  ['copy t (a, b) from stdin', 'write', 'COPY FROM'], ['copy (select * from t) to stdout', 'read'], ["copy t to '/tmp/from'", 'read'], ['copy', 'read'],
  ['call p()', 'either'], ['do $$begin end$$', 'either'], ['execute p(1)', 'either'], ['lock table t', 'either'],
  ['commit', 'commit'], ['END', 'commit'], ['commit and chain', 'commit'], ["commit prepared 'x'", 'either'], ["prepare transaction 'x'", 'commit'], ['prepare p as select 1', 'other'],
  ['rollback', 'rollback'], ['abort', 'rollback'], ['rollback to savepoint a', 'rollback'], ["rollback prepared 'x'", 'either'],
  ['begin', 'other'], ['set x = 1', 'other'], ['savepoint a', 'other'], ['', 'other'], ['-- nothing', 'other'],
]

describe('what a postgres statement does', () => {
  for (const [sql, kind, name] of CASES) {
    it(`${JSON.stringify(sql)} is ${kind}${name ? `, ${name}` : ''}`, () => {
      const statement = new Statement(Buffer.from(sql))
      assert.equal(kindOf(statement), kind)
      if (name) assert.equal(commandName(statement), name)
    })
  }

  it('never throws', () => {
    fc.assert(fc.property(fc.constantFrom('with ', 'copy ', 'create ', 'commit ', ''), fc.uint8Array({ maxLength: 100 }), (head, bytes) => {
      const statement = new Statement(Buffer.concat([Buffer.from(head), Buffer.from(bytes)]))
      assert.equal(typeof kindOf(statement), 'string')
      assert.equal(typeof commandName(statement), 'string')
    }))
  })
})
