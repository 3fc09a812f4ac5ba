/** Telling other servers: in order, with bounded tries, and without ever being in the way. Real servers on loopback. */

import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { Outbox, placeOf, type OutboxOptions } from '../../src/telemetry/outbox.ts'
import { receiver, type Receiver } from '../support/receiver.ts'

describe('an outbox', () => {
  const open: Receiver[] = []
  const said: string[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
    said.length = 0
  })
  const receiving = async (...args: Parameters<typeof receiver>): Promise<Receiver> => {
    const one = await receiver(...args)
    open.push(one)
    return one
  }
  const outbox = (url: string, more: Partial<OutboxOptions<string>> = {}): Outbox<string> =>
    new Outbox<string>({ url, name: 'the webhook', say: (text) => said.push(text), body: (things) => things, ...more })

  it('tells things in their order, one a request, and says nothing', async () => {
    const server = await receiving()
    const out = outbox(`${server.url}/in`)
    for (const word of ['one', 'two', 'three']) out.tell(word)
    await out.close(ms(5000))
    assert.deepEqual(server.at('/in'), [['one'], ['two'], ['three']])
    assert.deepEqual([said, out.lost], [[], 0])
    assert.equal(server.received[0]?.headers['content-type'], 'application/json')
  })

  it('has things that wait go together, so many at the most', async () => {
    const server = await receiving()
    const out = outbox(server.url, { together: 2 })
    for (const word of ['one', 'two', 'three', 'four', 'five']) out.tell(word)
    await out.close(ms(5000))
    assert.deepEqual(server.at('/'), [['one', 'two'], ['three', 'four'], ['five']])
  })

  it('tries again what a server could not take, by its Retry-After', async () => {
    const server = await receiving((response, number) => {
      if (number === 1) response.writeHead(503, { 'retry-after': '0' }).end()
      else response.writeHead(204).end()
    })
    const out = outbox(server.url)
    out.tell('one')
    await out.close(ms(5000))
    assert.deepEqual(server.at('/'), [['one'], ['one']])
    assert.deepEqual(said, [])
  })

  it('does not try again what a server will not take, follows no redirect, and says so once without the path, which is a secret', async () => {
    for (const [status, words] of [[404, 'it answers 404'], [302, 'it answers 302, and a redirect is not followed']] as const) {
      const server = await receiving((response) => { response.writeHead(status, { location: '/elsewhere' }).end() })
      const out = outbox(`${server.url}/services/T0/B0/secret?token=abc`)
      out.tell('one')
      out.tell('two')
      await out.close(ms(5000))
      assert.equal(server.received.length, 2)
      assert.deepEqual(said.splice(0), [`the webhook at ${server.url}/…: ${words}; what it is not told is lost, and everything else goes on`])
      assert.equal(out.lost, 2)
    }
  })

  it('gives up a server that is not there after three tries, and tries what comes next once', async () => {
    const gone = await receiving()
    await gone.close()
    const out = outbox(gone.url)
    out.tell('one')
    out.tell('two')
    await out.close(ms(10_000))
    assert.deepEqual([said.length, out.lost], [1, 2])
    assert.match(said[0] ?? '', /^the webhook at http:\/\/127\.0\.0\.1:\d+: it cannot be reached \(ECONNREFUSED\)/)
  })

  it('waits for a server that does not answer no longer than it may, at the end too', async () => {
    const server = await receiving(() => undefined)
    const out = outbox(server.url, { timeout: ms(60_000) })
    out.tell('one')
    const from = performance.now()
    await out.close(ms(100))
    const took = performance.now() - from
    assert.ok(took >= 99 && took < 5000, `${took} ms`)
    assert.deepEqual([said.length, out.lost], [1, 1])
    out.tell('after the end')
    assert.equal(out.lost, 2)
  })

  it('is not waited for at the end where it has not taken the last thing either: many runs would wait many times', async () => {
    const server = await receiving((response, number) => { if (number === 1) response.writeHead(404).end() })
    const out = outbox(server.url, { timeout: ms(60_000) })
    out.tell('one')
    while (said.length === 0) await new Promise((resolve) => { setTimeout(resolve, 10) })
    out.tell('two')
    const from = performance.now()
    await out.close(ms(60_000))
    const took = performance.now() - from
    assert.ok(took >= 499 && took < 15_000, `${took} ms`)
    assert.equal(out.lost, 2)
  })

  it('has a limit of its own for each request', async () => {
    const server = await receiving((response, number) => { if (number > 3) response.writeHead(200).end() })
    const out = outbox(server.url, { timeout: ms(50) })
    out.tell('one')
    out.tell('two')
    await out.close(ms(10_000))
    assert.match(said.join('\n'), /: it does not answer in time;/)
    assert.deepEqual(server.at('/').at(-1), ['two'])
  })

  it('sends the user and password of a URL as a header, and names neither', async () => {
    const server = await receiving((response) => { response.writeHead(401).end() })
    const out = outbox(server.url.replace('http://', 'http://ann:p%40ss@'), { headers: { 'x-more': '1' } })
    out.tell('one')
    await out.close(ms(5000))
    const { headers } = server.received[0] ?? assert.fail()
    assert.equal(headers.authorization, `Basic ${Buffer.from('ann:p@ss').toString('base64')}`)
    assert.equal(headers['x-more'], '1')
    assert.doesNotMatch(said.join(), /ann|p@ss|p%40ss/)
  })

  it('keeps a bounded number of things waiting, the newest', async () => {
    const server = await receiving()
    const out = outbox(server.url, { together: 5000 })
    for (let i = 0; i < 1500; i++) out.tell(String(i))
    assert.equal(out.lost, 500)
    await out.close(ms(5000))
    const told = server.at('/').flat()
    assert.deepEqual([told.length, told[0], told.at(-1)], [1000, '500', '1499'])
  })

  it('names a place without what may be a secret', () => {
    assert.equal(placeOf('https://hooks.slack.com/services/T/B/x'), 'https://hooks.slack.com/…')
    assert.equal(placeOf('http://127.0.0.1:9/'), 'http://127.0.0.1:9')
  })
})
