import assert from 'node:assert/strict'
import { drain } from '../../../faults/http/drain.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

describe('http.drain', () => {
  afterEach(closeAll)

  it('answers say that they are the last, arrive whole, and the end comes behind them: no request is lost', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(drain, {}, { where: { path: '/a' } })
    for (const path of ['/a', '/a?big']) {
      for (const body of ['', 'x'.repeat(200_000)]) {
        const told = await ask(path, { method: 'POST', body })
        assert.deepEqual([told.status, told.complete, told.error, told.reused, told.text.length], [200, true, undefined, false, `POST ${path} ${body}`.length])
        assert.ok(told.rawHeaders.includes('close'))
      }
    }
    const seen = await stage.raw()
    seen.socket.write(GET('/a'))
    assert.equal(await seen.ended, 'end')
    assert.match(seen.text(), /^HTTP\/1.1 200 OK\r\n.*Connection: close\r\n.*GET \/a $/s)
    assert.equal(stage.asked.length, 5)
    assert.deepEqual(stage.did().filter((did) => did !== 'replace' && did !== 'close'), [])
    await stage.heal()
    assert.equal((await ask('/a')).status, 200)
    assert.equal((await ask('/a')).reused, true)
  })

  it('connections that rest are closed; one that is busy, one that has asked nothing yet and a WebSocket are not', async () => {
    let answer = (): void => undefined
    const stage = await webStage({ serve: ({ url }, response) => { if (url === '/busy') answer = () => response.end('at last'); else response.end('ok') } })
    const [rests, busy, fresh, socket] = [await stage.raw(), await stage.raw(), await stage.raw(), await stage.socket()]
    rests.socket.write(GET('/a'))
    busy.socket.write(GET('/busy'))
    await until(() => stage.asked.length === 2 && rests.text().includes('ok'), 'an answer and a request')
    await stage.strike(drain, { requests: 2 })
    assert.equal(await rests.ended, 'end')
    await new Promise((resolve) => { setTimeout(resolve, 120) })
    answer()
    await until(() => busy.text().endsWith('at last'), 'the answer of the busy one')
    fresh.socket.write(GET('/a'))
    socket.send('still here')
    await until(() => fresh.text().includes('ok') && socket.got.length === 1, 'an answer and an echo')
    assert.doesNotMatch(busy.text() + fresh.text(), /Connection: close/i)
    await Promise.all([busy.ended, fresh.ended])
    assert.deepEqual(stage.did(), ['close', 'close', 'close'], 'it was the rule that closed them')
    assert.equal(socket.readyState, socket.OPEN)
  })

  it('what comes behind the last answer is not served', async () => {
    const stage = await webStage()
    await stage.strike(drain, { idle: false })
    const pipeline = await stage.raw()
    pipeline.socket.write(GET('/a') + GET('/b'))
    assert.equal(await pipeline.ended, 'end')
    assert.match(pipeline.text(), /GET \/a $/)
  })

  it('with idle: false every so-manieth answer is the last, and connections that rest stay', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(drain, { requests: 3, idle: false })
    const reused: boolean[] = []
    for (let n = 0; n < 7; n++) reused.push((await ask(`/${n}`)).reused)
    assert.deepEqual(reused, [false, true, true, false, true, true, false])
    assert.deepEqual(stage.did(), ['replace', 'close', 'replace', 'close'])
  })
})
