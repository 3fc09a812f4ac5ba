import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fingerprint } from '../../../src/protocols/postgres/fingerprint.ts'
import { skeletonOf } from '../../../src/protocols/postgres/skeleton.ts'

const of = (sql: string): string => fingerprint(Buffer.from(sql))

const CASES: readonly (readonly [sql: string, expected: string])[] = [
  ['SELECT 1', 'select ?'],
  ['select  *\n from T -- all\n where id=42;', 'select * from t where id = ?'],
  ['SELECT * FROM t WHERE id = $1', 'select * from t where id = ?'],
  ['select * from t where id in (1,2,3)', 'select * from t where id in (?)'],
  ['select * from t where id in ($1)', 'select * from t where id in (?)'],
  ['select * from t where id = any(array[1, 2])', 'select * from t where id = any (array[?])'],
  ["insert into t(a, b) values (1, 'x'), (2, 'it''s'), (3, e'\\'')", 'insert into t(a, b) values (?)'],
  ['insert into t values (1, now())', 'insert into t values (?, now())'],
  ['select /* a /* nested */ one */ x from t', 'select x from t'],
  ["select 'a' -- b\n'c'", 'select ? ?'],
  ['select $$it\'s$$, $tag$ $$ $tag$, $1', 'select ?, ?, ?'],
  ['select "Mixed ""Case""" from "T"', 'select "Mixed ""Case""" from "T"'],
  ['select -1', 'select - ?'],
  ['select * from t where a = -1 and b=+2', 'select * from t where a = ? and b = ?'],
  ['select a - 1, a-1', 'select a - ?, a - ?'],
  ['select f(-1)', 'select f(?)'],
  ['select 1.5e-3 + .5 + 0xFF + 1_000', 'select ? + ? + ? + ?'],
  ["select x'ff', b'01', n'x', U&'d\\0061', U&\"d\\0061\"", 'select ?, ?, ?, ?, U&"d\\0061"'],
  ["select '{}'::jsonb -> 'a' ->> 'b'", 'select ?::jsonb -> ? ->> ?'],
  ["select a::text, b . c", 'select a::text, b.c'],
  ["select data @> '{}' and data ? 'k'", 'select data @> ? and data ? ?'],
  ['update t set a=a+1 where b is null', 'update t set a = a + ? where b is null'],
  ['SELECT ÄÖ, naïve', 'select ÄÖ, naïve'],
  ["select 'unterminated", 'select ?'],
  ['select $tag$ unterminated', 'select ?'],
  ['select /* unterminated', 'select'],
  ['BEGIN; SELECT 1; COMMIT;', 'begin; select ?; commit'],
  ['', ''],
  [' ; ', ''],
]

describe('postgres fingerprint', () => {
  for (const [sql, expected] of CASES) it(`${JSON.stringify(sql)} is ${JSON.stringify(expected)}`, () => assert.equal(of(sql), expected))

  it('is what it is without a short way to it, whatever was asked for before', () => {
    const pieces = fc.constantFrom('select ', ' from t', ' where a = ', '1', '22', '333', "'x'", "'it''s'", "'", '"', '"a 1"', '"a 2"', '$1', '$2', '$a$', 'a', 'b1', 'b2', '_', '.', '-', '--', '+', '/', '/*', '*/', '*', ',', '(', ')', '@', '?', 'e', 'E', 'u&', '&', 'x', '0', '\n', ' ', ';', '\x00', '\x01', 'é')
    const numbers = (sql: string, by: number): string => sql.replace(/\d+/g, (digits) => String(Number(digits) * by + 3))
    let short = 0
    fc.assert(fc.property(fc.array(pieces, { maxLength: 14 }), fc.integer({ min: 1, max: 999 }), (parts, by) => {
      for (const sql of [parts.join(''), numbers(parts.join(''), by), parts.join('').replaceAll("'x'", "'yy'")]) {
        if (skeletonOf(Buffer.from(sql)) !== undefined) short++
        // A comment has no short way.
        assert.equal(of(sql), of(`/**/${sql}`), sql)
      }
    }), { numRuns: 5000 })
    assert.ok(short > 2000, `${short} had one`)
  })

  it('has one short way for statements that differ in their values alone', () => {
    const of = (sql: string): string | undefined => skeletonOf(Buffer.from(sql))
    assert.equal(of("select * from t1 where a = 12 and b = 'x'"), of("select * from t1 where a = 3 and b = 'it''s'"))
    assert.notEqual(of('select * from t1'), of('select * from t2'))
    for (const sql of ['select $$a$$', "select e'a'", 'select 1 -- x', 'select /* x */ 1', 'select 0xff', "select 'open", `select ${'1, '.repeat(1000)}1`]) assert.equal(of(sql), undefined, sql)
  })

  it('keeps apart what differs in more than values', () => {
    const different = ['select a from t', 'select b from t', 'select a from u', 'select "A" from t', 'select a from t where x is null', 'select a from t where x is true', 'select a from t where x = 1', 'select a from t where x > 1']
    assert.equal(new Set(different.map(of)).size, different.length)
  })

  it('is the same for a list of any length, the cache knowing it or not', () => {
    const list = (length: number): string => `select * from t where id in (${Array.from({ length }, (_, n) => n).join(', ')}) and b = 2`
    assert.equal(of(list(1)), of(list(2000)))
    assert.equal(of(list(2000)), 'select * from t where id in (?) and b = ?')
  })

  it('is bounded: a statement past 16 KiB is read that far', () => {
    assert.equal(of(`select * from t where id in (${'12345, '.repeat(100_000)}1)`), 'select * from t where id in (?…')
    const columns = of(`select ${Array.from({ length: 5000 }, (_, n) => `column_${n}`).join(', ')} from t`)
    assert.equal(columns.length, 1001)
    assert.ok(columns.endsWith('…'))
  })

  it('takes linear time, whatever it reads', () => {
    const worst = ['(', '/*', '$a$', '$', "'", '"', '-', '+', '+1', '$a', '/', '*/', 'u&', '(1),', ';', 'a.', ' ? ', "e'\\"]
    for (const piece of worst) {
      // Another statement each time, so that none is remembered: on a busy machine one of them may be charged for what others do.
      const took = [0, 1, 2].map((spaces) => {
        const sql = Buffer.from(' '.repeat(spaces) + piece.repeat(Math.floor(16_000 / piece.length)))
        const before = process.cpuUsage()
        fingerprint(sql)
        return process.cpuUsage(before).user
      })
      assert.ok(Math.min(...took) < 250_000, `${piece} took ${took.join(', ')} us of CPU`)
    }
  })

  it('never throws, and does not depend on spaces, comments and case between tokens', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => { assert.equal(typeof fingerprint(Buffer.from(bytes)), 'string') }))
    const token = fc.constantFrom('select', 'from', 'T', '"Q"', '(', ')', ',', '=', '1', "'x'", '$1', 'in', 'a', '.', '+')
    const gap = fc.constantFrom(' ', '\n', '\t ', '/* c */', ' -- c\n', '/* /* */ */ ')
    fc.assert(fc.property(fc.array(fc.tuple(token, gap)), (pairs) => {
      const plain = pairs.map(([one]) => one).join(' ')
      const odd = pairs.map(([one, between]) => `${one.startsWith('"') ? one : one.toUpperCase()} ${between}`).join(' ')
      assert.equal(of(odd), of(plain))
    }))
  })
})
