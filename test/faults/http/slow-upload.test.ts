import assert from 'node:assert/strict'
import { slowUpload } from '../../../faults/http/slow-upload.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

describe('http.slow_upload', () => {
  afterEach(closeAll)

  it('0B/s: the client is not read any more and cannot write; healed, all of it arrives', async () => {
    const stage = await webStage()
    await stage.strike(slowUpload, {}, { where: { method: 'PUT' } })
    const seen = await stage.raw()
    seen.socket.write('PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: 24000000\r\n\r\n')
    seen.socket.write(Buffer.alloc(24_000_000, 'u'))
    await until(() => stage.did().length > 0, 'the first of the body')
    let left = Number.POSITIVE_INFINITY
    for (let quiet = 0; quiet < 5; quiet = seen.socket.writableLength < left ? 0 : quiet + 1) {
      left = seen.socket.writableLength
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
    assert.ok(left > 0, 'a write that does not end')
    assert.ok(stage.did().length < 10, `${stage.did().length} pieces were read`)
    assert.equal((await stage.fetch('/other')).status, 200)
    await stage.heal()
    await until(() => seen.text().startsWith('HTTP/1.1 200 OK'), 'the answer to it', 10_000)
    assert.equal(stage.asked[1]?.body.length, 24_000_000)
  }).timeout(20_000)

  it('at a rate, so long as it takes; what has no body is left alone', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(slowUpload, { rate: '100KiB/s' })
    assert.equal((await ask('/a')).text, 'GET /a ')
    assert.deepEqual(stage.did(), [])
    const start = performance.now()
    const told = await ask('/up', { method: 'POST', body: 'u'.repeat(30_000) })
    assert.ok(performance.now() - start >= 285, '30 kB at 100 KiB/s')
    assert.equal(told.text.length, 'POST /up '.length + 30_000)
  })
})
