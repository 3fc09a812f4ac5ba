import assert from 'node:assert/strict'
import { facetProblem, FACETS, messageMatcher } from '../src/match.ts'
import { fingerprint } from '../src/protocols/postgres/fingerprint.ts'
import type { Where } from '../src/rule.ts'

const matches = (where: Where, facets: object): boolean => messageMatcher(where)(facets)
const get = (...keys: string[]) => ({ command: 'GET', db: 0, keys: () => keys })
const query = (sql: string, more: object = {}) => ({ sql, fingerprint: fingerprint(Buffer.from(sql)), ...more })

describe('matching messages', () => {
  const TABLE: readonly (readonly [Where, object, boolean])[] = [
    [{}, get('a'), true],
    [{ client: '127.0.0.1', from: 'a' }, get('a'), true],
    [{ command: 'get' }, get('a'), true],
    [{ command: 'SET' }, get('a'), false],
    [{ command: ['SET', 'GET'] }, get('a'), true],
    [{ command: '/^g/' }, get('a'), true],
    [{ command: 'g?t' }, get('a'), true],
    [{ key: 'user:*' }, get('user:1'), true],
    [{ key: 'user:*' }, get('users'), false],
    [{ key: 'USER:*' }, get('user:1'), false],
    [{ key: 'user:*' }, get('x', 'user:1'), true],
    [{ key: 'a.b' }, get('axb'), false],
    [{ key: '*\n*' }, get('a\nb'), true],
    [{ key: '/^user:\\d+$/' }, get('user:12'), true],
    [{ key: 'user:*', command: 'SET' }, get('user:1'), false],
    [{ key: 'a' }, { command: 'PING', db: 0, keys: () => [] }, false],
    [{ db: 0 }, get('a'), true],
    [{ db: 1 }, get('a'), false],
    [{ client_name: 'worker' }, get('a'), false],
    [{ sql: '/insert into orders/i' }, query('INSERT INTO orders VALUES (1)'), true],
    [{ sql: '/insert into orders/' }, query('INSERT INTO orders VALUES (1)'), false],
    [{ sql: 'select * from t where id = $1' }, query('SELECT *  FROM t WHERE id = 17 -- x'), true],
    [{ sql: 'select * from t where id = $1' }, query('select * from t where name = 1'), false],
    [{ sql: '/./' }, { sql: undefined, fingerprint: undefined }, false],
    [{ in_transaction: true }, query('select 1', { in_transaction: true }), true],
    [{ in_transaction: true }, query('select 1', { in_transaction: false }), false],
    [{ table: 'shop.*' }, query('select 1', { table: 'shop.orders' }), true],
  ]
  for (const [where, facets, expected] of TABLE) {
    it(`${JSON.stringify(where)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify({ ...facets, ...('keys' in facets ? { keys: (facets.keys as () => unknown)() } : {}) })}`, () => {
      assert.equal(matches(where, facets), expected)
    })
  }

  it('says what is wrong with a name or a value, and what would be right', () => {
    assert.match(facetProblem('tabel', 'x', 'postgres')?.hint ?? '', /sql, tag, table/)
    assert.match(facetProblem('key', 'x', 'postgres')?.problem ?? '', /nothing of that name is known of postgres/)
    assert.match(facetProblem('db', 'x', 'redis')?.problem ?? '', /whole number/)
    assert.match(facetProblem('in_transaction', 'yes', 'postgres')?.problem ?? '', /true or false/)
    assert.match(facetProblem('key', 7, 'redis')?.problem ?? '', /expected text/)
    assert.match(facetProblem('key', [], 'redis')?.problem ?? '', /empty list/)
    assert.match(facetProblem('sql', '/(/', 'postgres')?.problem ?? '', /no regular expression/)
    assert.match(facetProblem('sql', '/(?=a)/', 'postgres')?.problem ?? '', /no regular expression/)
    assert.equal(facetProblem('sql', '/select/i', 'postgres'), undefined)
  })

  it('compares each name alike in every protocol', () => {
    const seen = new Map<string, string>()
    for (const compared of Object.values(FACETS)) {
      for (const [name, comparison] of Object.entries(compared)) assert.equal(seen.get(name) ?? comparison, comparison, name)
      for (const [name, comparison] of Object.entries(compared)) seen.set(name, comparison)
    }
  })

  for (const hostile of ['/(a+)+$/', '/(a|a)*b/', '/.*.*.*=/', '/(a*)*c/i']) {
    it(`takes linear time on 100 KB of hostile SQL: ${hostile}`, () => {
      const match = messageMatcher({ sql: hostile })
      const facets = query(`select ${'a'.repeat(100_000)}!`)
      match(facets)
      const before = process.cpuUsage()
      for (let n = 0; n < 5; n++) match(facets)
      const { user, system } = process.cpuUsage(before)
      assert.ok((user + system) / 5 < 10_000, `${(user + system) / 5} us of CPU`)
    })
  }
})
