import assert from 'node:assert/strict'
import { Agent } from 'undici'
import { stallBody } from '../../../faults/http/stall-body.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('http.stall_body', () => {
  afterEach(closeAll)

  it('sends half, then nothing: a deadline for pauses ends it, one for headers does not', async () => {
    const stage = await webStage({ serve: ({ url }, response) => { response.end(url?.repeat(10)) } })
    await stage.strike(stallBody, {}, { where: { path: '/stall' } })
    const dispatcher = new Agent({ headersTimeout: 5000, bodyTimeout: 100 })
    later(() => dispatcher.destroy())
    await assert.rejects(stage.fetch('/stall', { dispatcher }), { code: 'UND_ERR_BODY_TIMEOUT' })
    assert.equal((await stage.fetch('/other', { dispatcher })).text, '/other'.repeat(10))
    assert.deepEqual(stage.did(), ['replace'])
  })

  for (const [path, keep, before] of [['/json', '50%', '{"ok"'], ['/big?25000', '50%', 'x'.repeat(100)], ['/big?10', '100%', 'xxxxxxxxxx\r\n'], ['/json', '0%', '\r\n\r\n']] as const) {
    it(`${path}, ${keep}: the rest follows after the pause, or when it is healed, and the connection goes on`, async () => {
      const stage = await webStage()
      for (const pause of ['100ms', '1h']) {
        await stage.strike(stallBody, { keep, pause })
        const seen = await stage.raw()
        const start = performance.now()
        seen.socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
        await until(() => seen.text().includes(before), 'the first part')
        const end = path === '/json' ? '{"ok":true}' : '0\r\n\r\n'
        if (pause === '1h') {
          await until(() => stage.did().length === 2, 'the pause')
          assert.ok(!seen.text().endsWith(end))
          await stage.heal()
        }
        await until(() => seen.text().endsWith(end), 'the end')
        if (pause !== '1h') assert.ok(performance.now() - start >= 98)
        await stage.heal()
        seen.socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n')
        await until(() => seen.text().endsWith('GET /next '), 'the next answer')
      }
    })
  }
})
