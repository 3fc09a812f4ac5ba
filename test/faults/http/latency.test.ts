import assert from 'node:assert/strict'
import { Agent } from 'undici'
import { latency } from '../../../faults/http/latency.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

const took = async (work: Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work
  return performance.now() - start
}

describe('http.latency', () => {
  afterEach(closeAll)

  it('holds the first byte of one route back, and no other', async () => {
    const stage = await webStage()
    await stage.strike(latency, { delay: '300ms' }, { where: { route: '/orders/:id' } })
    const [slow, quick] = await Promise.all([took(stage.fetch('/orders/7')), stage.raw().then(async (seen) => {
      seen.socket.write('GET /other HTTP/1.1\r\nHost: a\r\n\r\n')
      return took(until(() => seen.text().includes('GET /other'), 'the other route'))
    })])
    assert.ok(slow >= 299, `${slow}`)
    assert.ok(quick < 250, `${quick}`)
    await stage.heal()
    assert.ok(await took(stage.fetch('/orders/7')) < 250)
    assert.deepEqual(stage.did(), ['delay'])
  })

  it('is what ends the wait of a client with a deadline for headers: the server has executed it', async () => {
    const stage = await webStage()
    await stage.strike(latency, { delay: '10s' })
    const dispatcher = new Agent({ headersTimeout: 100 })
    later(() => dispatcher.destroy())
    await assert.rejects(stage.fetch('/pay', { method: 'POST', dispatcher }), { code: 'UND_ERR_HEADERS_TIMEOUT' })
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/pay'])
  })

  it('each_piece: every chunk comes so long after the one before; disarmed, the rest comes at once', async () => {
    const stage = await webStage({ serve: (_request, response) => {
      response.write('one ')
      setImmediate(() => { response.write('two '); setImmediate(() => response.end('three')) })
    } })
    await stage.strike(latency, { delay: '100ms', phase: 'each_piece' })
    const time = await took(stage.fetch('/a').then(({ text }) => assert.equal(text, 'one two three')))
    assert.ok(time >= 490, `a head, three pieces and the end took ${time} ms`)
    await stage.strike(latency, { delay: '1h', phase: 'each_piece' })
    const waiting = stage.fetch('/a')
    await until(() => stage.did().length > 8, 'the pieces of the second answer')
    await stage.heal()
    assert.equal((await waiting).text, 'one two three')
  })

  it('toward the server it is the request that is late', async () => {
    const stage = await webStage()
    await stage.strike(latency, { delay: '150ms' }, { direction: 'to-server' })
    const answered = stage.fetch('/late', { method: 'POST', body: 'x'.repeat(100_000) })
    await until(() => stage.did().length === 1, 'the request')
    assert.deepEqual(stage.asked, [])
    assert.equal((await answered).text.length, 'POST /late '.length + 100_000)
  })
})
