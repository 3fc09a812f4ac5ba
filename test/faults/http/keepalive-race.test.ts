import assert from 'node:assert/strict'
import { keepaliveRace } from '../../../faults/http/keepalive-race.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

describe('http.keepalive_race', () => {
  afterEach(closeAll)

  for (const how of ['end', 'reset'] as const) {
    it(`${how}: a request on a reused connection fails unexecuted, one on a fresh connection never`, async () => {
      const stage = await webStage()
      const ask = nodeClient(stage.port)
      await stage.strike(keepaliveRace, { how })
      const told = []
      for (let n = 0; n < 6; n++) told.push(await ask(`/${n}`, { method: 'POST', body: 'pay' }))
      assert.deepEqual(told.map(({ status, error, reused }) => `${status} ${error} ${reused}`), [0, 1, 2].flatMap(() => ['200 undefined false', 'undefined ECONNRESET true']))
      assert.deepEqual(stage.asked.map(({ url }) => url), ['/0', '/2', '/4'])
      assert.deepEqual(stage.did(), ['close not executed', 'close not executed', 'close not executed'])
      await stage.heal()
      for (let n = 0; n < 3; n++) assert.equal((await ask('/healed')).status, 200)
    })
  }

  it('undici says that the other side closed, and does not repeat', async () => {
    const stage = await webStage()
    await stage.fetch('/first')
    await stage.strike(keepaliveRace, {}, { times: 1 })
    await assert.rejects(stage.fetch('/second', { method: 'GET' }), { code: 'UND_ERR_SOCKET', message: 'other side closed' })
    assert.equal((await stage.fetch('/third')).status, 200)
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/first', '/third'])
  })

  it('another route on the same connection is served, and so is a pipeline', async () => {
    const stage = await webStage()
    const seen = await stage.raw()
    await stage.strike(keepaliveRace, {}, { where: { path: '/race' } })
    seen.socket.write(['/a', '/race', '/b'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    await until(() => seen.text().endsWith('GET /b '), 'three answers')
    seen.socket.write('GET /race HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.equal(await seen.ended, 'end')
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/a', '/race', '/b'])
  })
})
