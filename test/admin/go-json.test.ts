/** JSON as Go reads and writes it. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { goInt, GoJsonError, GoNumber, GoObject, JSON_DEPTH_MAX, parseGoJson, shortestFloat32, writeGoJson, type GoJson } from '../../src/admin/go-json.ts'

/** To what JSON.parse would have given. */
const plain = (value: GoJson): unknown => {
  if (value instanceof GoNumber) return Number(value.text)
  if (value instanceof GoObject) return Object.fromEntries(value.entries.map(([key, one]) => [key, plain(one)]))
  return Array.isArray(value) ? value.map(plain) : value
}

describe('parseGoJson', () => {
  it('reads what JSON.parse reads, to the same values', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => { assert.deepEqual(plain(parseGoJson(JSON.stringify(value, null, 1))), JSON.parse(JSON.stringify(value))) }), { numRuns: 500 })
  })

  it('refuses every text that JSON.parse refuses, unless its beginning is a value: the rest is not read', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '1', '-', '.', 'e', 't', 'true', 'null', ' ', 'a', '\n') }), (text) => {
      try {
        parseGoJson(text)
      } catch (error) {
        assert.ok(error instanceof GoJsonError)
        assert.throws(() => JSON.parse(text))
      }
    }), { numRuns: 2000 })
  })

  it('reads the first value only, keys whatever their case, the last of doubles, and null as nothing', () => {
    const body = parseGoJson(' {"NAME":"a","name":"b","Name":null} trailing')
    assert.ok(body instanceof GoObject)
    assert.equal(body.get('name'), 'b')
    assert.equal(body.get('other'), undefined)
  })

  for (const [text, says] of [
    ['', 'EOF'], [' \n', 'EOF'], ['{', 'unexpected EOF'], ['"a', 'unexpected EOF'], ['x', "invalid character 'x' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"], ["{'a'", "invalid character '\\'' looking for beginning of object key string"], ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
  ] as const) {
    it(`says ${says} of ${JSON.stringify(text)}`, () => { assert.throws(() => parseGoJson(text), { message: says }) })
  }

  it(`takes ${JSON_DEPTH_MAX} levels and no more`, () => {
    assert.doesNotThrow(() => parseGoJson(`${'['.repeat(JSON_DEPTH_MAX)}${']'.repeat(JSON_DEPTH_MAX)}`))
    assert.throws(() => parseGoJson('['.repeat(100_000)), { message: 'exceeded max depth' })
  })

  it('makes whole characters of halves, so that a name can be encoded', () => {
    assert.equal(parseGoJson('"a\\ud800b"'), 'a\ufffdb')
  })
})

describe('numbers', () => {
  it('are counts only in digits, within 64 bits', () => {
    for (const text of ['1.5', '100.0', '1e3', '99999999999999999999']) assert.throws(() => goInt(new GoNumber(text), 'T.attributes.a'), { message: `json: cannot unmarshal number ${text} into Go struct field T.attributes.a of type int64` })
    assert.equal(goInt(new GoNumber('-5'), ''), -5)
  })

  it('of 32 bits are written as short as they can be, and read back the same', () => {
    assert.deepEqual([0.1234567891234, 0.3, 1, 0, 7.25, 1e-9].map((value) => shortestFloat32(Math.fround(value))), [0.12345679, 0.3, 1, 0, 7.25, 1e-9])
    fc.assert(fc.property(fc.float({ min: 0, max: 1, noNaN: true }), (value) => { assert.equal(Math.fround(shortestFloat32(value)), value) }))
  })
})

describe('writeGoJson', () => {
  it('escapes what HTML could read, and keeps the order of names that look like numbers', () => {
    assert.equal(writeGoJson(new Map<string, unknown>([['b', '<&>'], ['10', 1], ['9', null]])), '{"b":"\\u003c\\u0026\\u003e","10":1,"9":null}')
  })
})
