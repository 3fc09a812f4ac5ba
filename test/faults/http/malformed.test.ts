import assert from 'node:assert/strict'
import { malformed } from '../../../faults/http/malformed.ts'
import { closeAll, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

describe('http.malformed', () => {
  afterEach(closeAll)

  for (const [what, code] of [
    ['status_line', 'HPE_INVALID_STATUS'], ['chunk_size', 'HPE_INVALID_CHUNK_SIZE'], ['nul', 'HPE_INVALID_HEADER_TOKEN'],
    ['two_lengths', 'HPE_UNEXPECTED_CONTENT_LENGTH'], ['two_framings', 'HPE_INVALID_TRANSFER_ENCODING'], ['version', 'HPE_INVALID_VERSION'],
  ] as const) {
    it(`${what}: ${code} to node:http, an error to undici; executed, and the next request is served`, async () => {
      const stage = await webStage()
      const ask = nodeClient(stage.port)
      await stage.strike(malformed, { what }, { where: { path: '/bad' } })
      const told = await ask('/bad', { method: 'POST', body: 'pay' })
      assert.deepEqual([told.error, told.complete], [code, false])
      await assert.rejects(stage.fetch('/bad'))
      assert.equal((await ask('/other')).text, 'GET /other ')
      await stage.heal()
      assert.equal((await stage.fetch('/bad')).status, 200)
      assert.deepEqual(stage.asked.map(({ method, url }) => `${method} ${url}`), ['POST /bad', 'GET /bad', 'GET /other', 'GET /bad'])
      assert.deepEqual(stage.did(), ['close executed 200', 'close executed 200'])
    })
  }
})
