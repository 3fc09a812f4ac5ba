import assert from 'node:assert/strict'
import { headers } from '../../../faults/http/headers.ts'
import { checkRule } from '../../../src/rule.ts'
import { registry } from '../../../faults/index.ts'
import { readParams } from '../scene.ts'
import { closeAll, webStage, type WebStage } from '../web/stage.ts'

const shop = (): Promise<WebStage> => webStage({ serve: (request, response) => {
  request.resume()
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Set-Cookie', 'a=1')
  response.end('{"ok":true}')
} })

describe('http.headers', () => {
  afterEach(closeAll)

  it('of an answer: sets, removes and doubles one, and touches no other', async () => {
    const stage = await shop()
    const { date: _, ...before } = (await stage.fetch('/a')).headers
    const cases = [
      [{ change: 'set', name: 'content-type', value: 'text/html' }, { 'content-type': 'text/html' }],
      [{ change: 'set', name: 'X-New', value: 'a\r\nb: c' }, { 'x-new': 'a b: c' }],
      [{ change: 'remove' }, { 'content-type': undefined }],
      [{ change: 'duplicate', name: 'Set-Cookie', value: 'b=2' }, { 'set-cookie': ['a=1', 'b=2'] }],
      [{ change: 'duplicate', name: 'set-cookie' }, { 'set-cookie': ['a=1', 'a=1'] }],
    ] as const
    for (const [params, differs] of cases) {
      await stage.strike(headers, params, { where: { path: '/a' } })
      const { headers: { date, ...after }, text } = await stage.fetch('/a', { method: 'POST', body: 'x'.repeat(100_000) })
      const wanted = Object.fromEntries(Object.entries({ ...before, ...differs }).filter(([, value]) => value !== undefined))
      assert.deepEqual([after, text, typeof date], [wanted, '{"ok":true}', 'string'])
      assert.equal((await stage.fetch('/b')).headers['content-type'], 'application/json')
      await stage.heal()
    }
    assert.deepEqual(stage.did(), cases.map(() => 'replace'))
  })

  it('of a request: the server sees it, the body arrives whole, and what is not there is not taken out', async () => {
    const stage = await shop()
    const of = 'request'
    await stage.strike(headers, { of, change: 'set', name: 'Authorization', value: 'Bearer expired' }, { where: { method: 'POST' } })
    assert.equal((await stage.fetch('/a', { method: 'POST', headers: { authorization: 'Bearer good' }, body: 'x'.repeat(100_000) })).status, 200)
    await stage.strike(headers, { of, change: 'remove', name: 'Authorization' })
    assert.equal((await stage.fetch('/a', { headers: { authorization: 'Bearer good' } })).status, 200)
    assert.equal((await stage.fetch('/a')).status, 200)
    const sent = stage.asked.map(({ rawHeaders }) => rawHeaders[rawHeaders.findIndex((name) => name.toLowerCase() === 'authorization') + 1])
    assert.deepEqual(stage.asked.map(({ body }) => body.length), [100_000, 0, 0])
    assert.equal(sent[0], 'Bearer expired')
    assert.ok(stage.asked.slice(1).every(({ rawHeaders }) => !rawHeaders.join().includes('Bearer')))
    assert.equal(stage.did().length, 2)
  })

  it('does not take the fields that frame a body: the stream would make no sense from there on', () => {
    const rule = (name: string): unknown => checkRule(registry, { id: 'it', fault: headers.name, on: 'cache', params: { ...readParams(headers, {}), name }, standing: true })
    for (const name of ['content-length', 'Transfer-Encoding', 'two words', '']) assert.throws(() => rule(name), { code: 'PARAM_INVALID' }, name)
    rule('Content-Length-Hint')
  })
})
