import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isMatchable, matchesPattern, newScratch, PATTERN_MAX, readPattern } from '../../../src/proxy/accounts/pattern.ts'

const scratch = newScratch()
function patternOf(key: string | Buffer): string {
  const raw = Buffer.concat([Buffer.from('>>'), Buffer.from(key), Buffer.from('9<')])
  readPattern(raw, 2, raw.length - 2, scratch)
  return scratch.bytes.toString('utf8', 0, scratch.length)
}

describe('patterns of keys', () => {
  const CASES: Readonly<Record<string, string>> = {
    'user:42': 'user:*', 'user:42:cart': 'user:*:cart', '42': '*', 'a/7/b|8': 'a/*/b|*', 'v2:user': 'v*:user', 'user42': 'user*', 'user_42_x': 'user_*_x',
    'session:550e8400-e29b-41d4-a716-446655440000': 'session:*', 'job:deadbeef-cafe-4abc-face-00112233aabb': 'job:*',
    'img:9f86d081': 'img:*', 'img:9F86D081': 'img:*', 'sha:deadbeef': 'sha:*', 'cafe:menu': 'cafe:menu', 'order:2024-11-23': 'order:*', 'host:10.0.0.7:6379': 'host:*:*',
    'session:kT9xW2bQz81mNp': 'session:*', 'session:abcdefghijklmnopqrstuvwxyz': 'session:*', 'mail:ada@example.com': 'mail:*', 'q:a b': 'q:*', 'name:Jürgen': 'name:*', 'f:a=1&b=2': 'f:*',
    '{user42}:cart': '{user*}:cart', 'product:list': 'product:list', '': '', ':': ':', 'a::b': 'a::b',
  }
  for (const [key, pattern] of Object.entries(CASES)) it(`${key || '(empty)'} is ${pattern || '(empty)'}`, () => assert.equal(patternOf(key), pattern))

  it('cuts what is too long, and says so', () => {
    assert.equal(patternOf('ab:'.repeat(100)), `${'ab:'.repeat(22).slice(0, PATTERN_MAX)}…`)
    assert.match(patternOf(`blob:${'7'.repeat(10_000)}`), /^blob:\*…$/)
  })

  it('never shows a digit, nor more than its bound, whatever the key', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 700 }), fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)), fc.array(fc.constantFrom('user', ':', '-', '7', 'ab', '.', '{', '12ff')).map((parts) => parts.join(''))), (key) => {
      const pattern = patternOf(key)
      assert.match(pattern, /^[A-Za-z:/|*._~,{}#-]*…?$/)
      assert.ok(Buffer.byteLength(pattern) <= PATTERN_MAX + 3)
    }))
  })

  it('the short way says yes only to keys of that pattern, and gives them the same identity', () => {
    const pieces = fc.array(fc.constantFrom('user', 'a', ':', '/', '-', '7', '42', 'ab', 'cafe', '@', '12ff'), { maxLength: 8 }).map((parts) => parts.join(''))
    let held = 0
    fc.assert(fc.property(pieces, pieces, fc.boolean(), (one, other, alike) => {
      const pattern = Buffer.from(patternOf(one))
      const key = Buffer.from(alike ? one.replace(/\d+/g, (digits) => String(Number(digits) + 11)) : other)
      const short = newScratch()
      if (!isMatchable(pattern) || !matchesPattern(pattern, key, 0, key.length, short)) return
      held++
      readPattern(key, 0, key.length, scratch)
      assert.equal(scratch.bytes.toString('utf8', 0, scratch.length), pattern.toString())
      assert.equal(short.identity, scratch.identity)
    }), { numRuns: 2000 })
    assert.ok(held > 200, `${held} held`)
  })
})
