import assert from 'node:assert/strict'
import { Agent, fetch } from 'undici'
import { htmlError } from '../../../faults/http/html-error.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, webStage } from '../web/stage.ts'

describe('http.html_error', () => {
  afterEach(closeAll)

  it('with 200: json() of a client that checks nothing is what fails', async () => {
    const stage = await webStage()
    const dispatcher = new Agent()
    later(() => dispatcher.destroy())
    const json = (): Promise<unknown> => fetch(`http://127.0.0.1:${stage.port}/json`, { dispatcher }).then((response) => response.json())
    await stage.strike(htmlError, { code: 200 }, { where: { path: '/json' } })
    await assert.rejects(json(), SyntaxError)
    assert.equal((await stage.fetch('/other')).text, 'GET /other ')
    await stage.heal()
    assert.deepEqual(await json(), { ok: true })
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/other', '/json'])
  })

  it('with an error status, before or after the server has executed it, on a connection that goes on', async () => {
    const stage = await webStage()
    for (const when of ['before', 'after'] as const) {
      await stage.strike(htmlError, { when })
      const { status, headers, text } = await stage.fetch(`/json?${when}`, { method: 'POST', body: 'x' })
      assert.deepEqual([status, headers['content-type']], [502, 'text/html; charset=utf-8'])
      assert.match(text, /<h1>502 Bad Gateway<\/h1>/)
      assert.equal((await stage.fetch(`/json?${when}`, { method: 'HEAD' })).headers['content-length'], String(text.length))
      await stage.heal()
    }
    assert.deepEqual(stage.asked.map(({ method, url }) => `${method} ${url}`), ['POST /json?after', 'HEAD /json?after'])
    assert.deepEqual(stage.did(), ['answer', 'answer', 'replace executed 200', 'replace executed 200'])
  })
})
