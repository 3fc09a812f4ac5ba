import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { Agent, fetch } from 'undici'
import { corruptBody } from '../../../faults/http/corrupt-body.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

const TEXT = JSON.stringify(Array.from({ length: 200 }, (_, n) => ({ n, name: `order ${n * 7919}` })))

describe('http.corrupt_body', () => {
  afterEach(closeAll)

  it('bytes: as many differ as it says, the framing stays, and the connection goes on', async () => {
    const stage = await webStage({ serve: ({ url }, response) => {
      if (url === '/length') return void response.setHeader('content-length', TEXT.length).end(TEXT)
      response.write(TEXT.slice(0, 100))
      response.end(TEXT.slice(100))
    } })
    await stage.strike(corruptBody, { bytes: 1 }, { where: { path: ['/length', '/chunks'] } })
    const ask = nodeClient(stage.port)
    for (const path of ['/length', '/chunks', '/length'] as const) {
      const before = stage.did().length
      const { text, complete } = await ask(path)
      assert.ok(complete)
      assert.equal([...text].filter((byte, at) => byte !== TEXT[at]).length, stage.did().length - before)
    }
    assert.ok(stage.did().length >= 4)
    assert.equal((await ask('/other')).text, TEXT)
    await stage.heal()
    assert.equal((await ask('/chunks')).text, TEXT)
    assert.equal(stage.asked.length, 5)
  })

  it('of a body in gzip: an error of the decompressor', async () => {
    const zipped = gzipSync(TEXT)
    const stage = await webStage({ serve: (_request, response) => { response.setHeader('content-encoding', 'gzip').setHeader('content-length', zipped.length).end(zipped) } })
    const dispatcher = new Agent()
    later(() => dispatcher.destroy())
    const get = (): Promise<string> => fetch(`http://127.0.0.1:${stage.port}/`, { dispatcher }).then((answer) => answer.text())
    assert.equal(await get(), TEXT)
    await stage.strike(corruptBody, { bytes: 20 })
    await assert.rejects(get(), (error: Error & { cause?: NodeJS.ErrnoException }) => /^Z_/.test(error.cause?.code ?? ''))
    await stage.heal()
    assert.equal(await get(), TEXT)
  })

  it('encoding: gzip is said of what is none', async () => {
    const stage = await webStage()
    const dispatcher = new Agent()
    later(() => dispatcher.destroy())
    await stage.strike(corruptBody, { how: 'encoding' })
    await assert.rejects(fetch(`http://127.0.0.1:${stage.port}/json`, { dispatcher }).then((answer) => answer.text()), (error: Error & { cause?: NodeJS.ErrnoException }) => error.cause?.code === 'Z_DATA_ERROR')
    const { headers, text } = await stage.fetch('/json')
    assert.deepEqual([headers['content-encoding'], text], ['gzip', '{"ok":true}'])
  })
})
