import assert from 'node:assert/strict'
import { Agent } from 'undici'
import { slowBody } from '../../../faults/http/slow-body.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

describe('http.slow_body', () => {
  afterEach(closeAll)

  it('lets the head come at once and the body at its rate; healed, the rest comes at once', async () => {
    const stage = await webStage({ serve: (_request, response) => { response.write('x'.repeat(500)); response.end('y'.repeat(500)) } })
    await stage.strike(slowBody, { rate: '2000B/s', piece: '50B' }, { where: { path: '/drip' } })
    const seen = await stage.raw()
    const start = performance.now()
    seen.socket.write('GET /drip HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => seen.text().includes('\r\n\r\n'), 'the head')
    assert.ok(performance.now() - start < 400, 'the head is not late')
    await until(() => seen.text().includes('yyy'), 'the second half')
    assert.ok(performance.now() - start >= 245, 'half of it takes a quarter of a second')
    assert.equal((await stage.fetch('/other')).text.length, 1000)
    await stage.heal()
    await until(() => seen.text().endsWith('\r\n0\r\n\r\n'), 'the end')
    assert.equal((await stage.fetch('/drip')).text, `${'x'.repeat(500)}${'y'.repeat(500)}`)
  })

  it('a deadline for pauses never ends it, one for the whole does', async () => {
    const stage = await webStage()
    await stage.strike(slowBody, { rate: '100B/s', piece: '2B' })
    const dispatcher = new Agent({ bodyTimeout: 400 })
    later(() => dispatcher.destroy())
    await assert.rejects(stage.fetch('/big?10000', { dispatcher, signal: AbortSignal.timeout(900) }), { name: 'TimeoutError' })
  })

  it('past 64 KiB that wait the server is not read any more', async () => {
    const stage = await webStage({ serve: (_request, response) => { response.write(Buffer.alloc(64_000_000)) } })
    await stage.strike(slowBody, { rate: '1B/s', piece: '64KiB' })
    const seen = await stage.raw()
    seen.socket.write('GET /huge HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => stage.did().length > 0, 'the first piece')
    const before = stage.did().length
    await new Promise((resolve) => { setTimeout(resolve, 50) })
    assert.ok(stage.did().length <= before + 3, `${before} pieces, then ${stage.did().length}`)
  })
})
