import assert from 'node:assert/strict'
import { captureOf } from '../../src/load/capture.ts'

const answer = {
  headers: { location: '/carts/17', 'set-cookie': ['a=1; Path=/', 'session=x=y; HttpOnly', 'session=z'] },
  body: '{"id":17,"items":[{"sku":"a \\"b\\""}],"none":null,"deep":{"a.b":1}} token=ab12;',
}
const json = { ...answer, body: answer.body.slice(0, answer.body.lastIndexOf('}') + 1) }

describe('load: what is captured from an answer', () => {
  const cases: readonly (readonly [string, typeof answer, unknown])[] = [
    ['json:id', json, 17], ['json:items.0.sku', json, 'a "b"'], ['json:items', json, [{ sku: 'a "b"' }]], ['json:none', json, undefined], ['json:items.1.sku', json, undefined],
    ['json:id.x', json, undefined], ['json:toString', json, undefined], ['json:items.length', json, 1], ['json:id', answer, undefined],
    ['header:Location', json, '/carts/17'], ['header:etag', json, undefined], ['header:set-cookie', json, 'a=1; Path=/'],
    ['cookie:a', json, '1'], ['cookie:session', json, 'z'], ['cookie:b', json, undefined],
    ['/token=(\\w+)/', answer, 'ab12'], ['/TOKEN=(\\w+)/i', answer, 'ab12'], ['/TOKEN=(\\w+)/', answer, undefined], ['/token(x)?/', answer, undefined],
  ]
  for (const [where, from, value] of cases) {
    it(`${where} of ${from === answer ? 'text' : 'JSON'} is ${JSON.stringify(value) ?? 'not there'}`, () => {
      const capture = captureOf(where)
      assert.ok('read' in capture)
      assert.deepEqual(capture.read(from), value)
    })
  }

  it('says what is wrong with what is none', () => {
    for (const [where, why] of [['id', /expected json:PATH/], ['json:', /expected json:PATH/], ['/a+/', /no group/], ['/(/', /cannot be read/], ['/(?=a)(b)/', /cannot be read/]] as const) {
      const found = captureOf(where)
      assert.match('wrong' in found ? found.wrong : '', why, where)
    }
  })
})
