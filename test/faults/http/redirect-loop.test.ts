import assert from 'node:assert/strict'
import { Agent, fetch } from 'undici'
import { redirectLoop } from '../../../faults/http/redirect-loop.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, webStage } from '../web/stage.ts'

describe('http.redirect_loop', () => {
  afterEach(closeAll)

  it('sends a client in circles until it gives up by itself; the server hears of none of it', async () => {
    const stage = await webStage()
    const dispatcher = new Agent()
    later(() => dispatcher.destroy())
    await stage.strike(redirectLoop, {}, { where: { path: '/orders' } })
    await assert.rejects(fetch(`http://127.0.0.1:${stage.port}/orders?page=2`, { dispatcher }), (error: Error) => error.cause instanceof Error && error.cause.message === 'redirect count exceeded')
    assert.equal(stage.did().length, 21)
    const { status, headers } = await stage.fetch('/orders?page=2')
    assert.deepEqual([status, headers['location']], [302, '/orders?page=2'])
    assert.equal((await stage.fetch('/other')).status, 200)
    await stage.heal()
    assert.equal((await stage.fetch('/orders?page=2')).status, 200)
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/other', '/orders?page=2'])
  })

  it('to another origin: fetch drops the credentials on the way there', async () => {
    const [stage, elsewhere] = [await webStage(), await webStage()]
    const dispatcher = new Agent()
    later(() => dispatcher.destroy())
    await stage.strike(redirectLoop, { code: '307', location: `http://127.0.0.1:${elsewhere.serverPort}/taken` })
    const answer = await fetch(`http://127.0.0.1:${stage.port}/login`, { method: 'POST', body: 'name=ada', headers: { Authorization: 'Bearer secret' }, dispatcher })
    assert.deepEqual([answer.status, await answer.text()], [200, 'POST /taken name=ada'])
    assert.doesNotMatch(elsewhere.asked[0]?.rawHeaders.join() ?? '', /secret/)
    assert.deepEqual(stage.asked, [])
  })
})
