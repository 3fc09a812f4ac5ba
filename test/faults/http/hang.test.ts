import assert from 'node:assert/strict'
import { Agent } from 'undici'
import { hang } from '../../../faults/http/hang.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

const impatient = (): Agent => {
  const agent = new Agent({ headersTimeout: 100 })
  later(() => agent.destroy())
  return agent
}

describe('http.hang', () => {
  afterEach(closeAll)

  it('before: only the deadline of the client ends it, and the server has heard nothing', async () => {
    const stage = await webStage()
    const dispatcher = impatient()
    await stage.strike(hang, {}, { where: { path: '/hang' } })
    await assert.rejects(stage.fetch('/hang', { method: 'POST', body: 'x'.repeat(100_000), dispatcher }), { code: 'UND_ERR_HEADERS_TIMEOUT' })
    assert.equal((await stage.fetch('/other', { dispatcher })).status, 200)
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/other'])
    await stage.heal()
    await until(() => stage.asked.length === 2, 'the request that nobody waits for any more')
    assert.deepEqual(stage.asked[1], { ...stage.asked[1], method: 'POST', url: '/hang', body: 'x'.repeat(100_000) })
  })

  it('after: the server has executed it', async () => {
    const stage = await webStage()
    await stage.strike(hang, { when: 'after' })
    await assert.rejects(stage.fetch('/hang', { method: 'POST', dispatcher: impatient() }), { code: 'UND_ERR_HEADERS_TIMEOUT' })
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/hang'])
    assert.deepEqual(stage.did(), ['stall executed 200'])
  })

  for (const when of ['before', 'after'] as const) {
    it(`${when}: who waits longer is answered when it is healed`, async () => {
      const stage = await webStage()
      await stage.strike(hang, { when })
      const answer = stage.fetch('/hang', { method: 'POST', body: 'x'.repeat(100_000) })
      await until(() => stage.did().length === 1, 'the request')
      await stage.heal()
      assert.equal((await answer).text.length, 'POST /hang '.length + 100_000)
      assert.equal(stage.asked.length, 1)
    })
  }
})
