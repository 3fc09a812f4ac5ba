/** Toxics on connections: what a real Toxiproxy gets wrong, each as a test that fails there. */

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { closeAll, exchange, portOf, stage, until } from './stage.ts'

const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })

async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await act()
  return performance.now() - from
}

describe('the wedge', () => {
  afterEach(closeAll)

  it('a client that does not read and a toxic that changes leave the API answering within 50 ms', async () => {
    const flood = Buffer.alloc(64 * 1024)
    const on = await stage({}, (socket) => {
      const fill = (): void => {
        let more = true
        while (more) more = !socket.destroyed && socket.write(flood)
      }
      socket.on('drain', fill)
      fill()
    })
    const port = await on.proxy()
    const stuck = await on.client(port)
    stuck.socket.pause()
    await until(() => (on.served[0]?.socket.writableLength ?? 0) > 0, 'the flood to back up')
    const changes: readonly (readonly [string, string, unknown?])[] = [
      ['POST', '/proxies/cache/toxics', { type: 'latency', attributes: { latency: 1000 } }], ['PATCH', '/proxies/cache/toxics/latency_downstream', { attributes: { latency: 5 } }],
      ['DELETE', '/proxies/cache/toxics/latency_downstream'], ['POST', '/proxies/cache/toxics', { type: 'slicer', attributes: { average_size: 10, delay: 1000 } }], ['POST', '/reset'],
      ['POST', '/proxies/cache/toxics', { type: 'bandwidth' }], ['PATCH', '/proxies/cache', { enabled: false }], ['PATCH', '/proxies/cache', { enabled: true }], ['DELETE', '/proxies/cache'],
    ]
    for (const [method, path, body] of changes) {
      const change = on.ask(method, path, body)
      const from = performance.now()
      // The best of some: this machine may be busy with other things. The wedge lasts 25 s.
      const took: number[] = []
      while (took.length < 10 && !took.some((one) => one < 50)) took.push(await timeOf(() => on.ask('GET', '/proxies')))
      assert.ok(Math.min(...took) < 50, `GET /proxies took ${took.join(', ')} ms beside ${method} ${path}`)
      assert.ok((await change).status < 300, `${method} ${path}`)
      assert.ok(performance.now() - from < 5000)
    }
  })
})

describe('reset_peer', () => {
  afterEach(closeAll)

  it('resets idle, busy and new connections, for both sides', async () => {
    const on = await stage()
    const port = await on.proxy()
    const [idle, busy] = [await on.client(port), await on.client(port)]
    await exchange(busy, 'ping')
    await until(() => on.served.length === 2, 'both connections')
    await on.toxic('reset_peer')
    const late = await on.client(port).catch((error: NodeJS.ErrnoException) => error.code)
    assert.deepEqual([await idle.ended, await busy.ended], ['ECONNRESET', 'ECONNRESET'])
    for (const { ended } of on.served.slice(0, 2)) assert.equal(await ended, 'ECONNRESET')
    if (typeof late === 'string' || late === undefined) assert.equal(late, 'ECONNRESET')
    else assert.equal(await late.ended, 'ECONNRESET')
  })

  it('waits its time without holding up the API', async () => {
    const on = await stage()
    const client = await on.client(await on.proxy())
    const from = performance.now()
    await on.toxic('reset_peer', { timeout: 300 })
    await on.ask('PATCH', '/proxies/cache/toxics/reset_peer_downstream', { toxicity: 1 })
    assert.ok(performance.now() - from < 200)
    assert.equal(await client.ended, 'ECONNRESET')
    assert.ok(performance.now() - from >= 299)
  })

  it('at toxicity 0 changes nothing, not even how a connection ends', async () => {
    const on = await stage()
    const port = await on.proxy()
    await on.toxic('reset_peer', {}, { toxicity: 0 })
    const client = await on.client(port)
    await exchange(client, 'ping')
    client.socket.end()
    assert.equal(await client.ended, 'end')
    assert.equal(await on.served[0]?.ended, 'end')
  })
})

describe('timeout', () => {
  afterEach(closeAll)

  it('removed closes the connections that it took hold of, the idle ones too, within a second, and no other', async () => {
    const on = await stage()
    const port = await on.proxy()
    await on.toxic('timeout', {}, { stream: 'upstream' })
    const [idle, hurt] = [await on.client(port), await on.client(port)]
    hurt.socket.write('lost')
    await pause(50)
    const from = performance.now()
    await on.ask('DELETE', '/proxies/cache/toxics/timeout_upstream')
    assert.deepEqual([await idle.ended, await hurt.ended], ['end', 'end'])
    assert.ok(performance.now() - from < 1000)
    await on.toxic('timeout', {}, { toxicity: 0 })
    const spared = await on.client(port)
    await exchange(spared, 'ping')
    await on.ask('POST', '/reset')
    await exchange(spared, 'ping')
  })

  it('is not put off by traffic', async () => {
    const on = await stage()
    const client = await on.client(await on.proxy())
    await on.toxic('timeout', { timeout: 200 })
    const from = performance.now()
    const talk = setInterval(() => client.socket.write('x'), 30)
    const how = await client.ended
    clearInterval(talk)
    assert.equal(how, 'end')
    const took = performance.now() - from
    assert.ok(took >= 190 && took < 600, `${took} ms`)
  })
})

describe('toxics and connections', () => {
  afterEach(closeAll)

  it('toxicity is drawn once a connection and stays, whatever is added or patched', async () => {
    const on = await stage()
    const port = await on.proxy()
    await on.toxic('latency', { latency: 400 }, { toxicity: 0.5 })
    const clients = await Promise.all(Array.from({ length: 12 }, () => on.client(port)))
    const slow = async (): Promise<readonly boolean[]> => (await Promise.all(clients.map((client) => exchange(client, 'ping')))).map((took) => took >= 395)
    const first = await slow()
    assert.ok(first.includes(true) && first.includes(false), first.join())
    await on.ask('PATCH', '/proxies/cache/toxics/latency_downstream', {})
    await on.toxic('noop')
    await on.toxic('slicer', { average_size: 2 }, { name: 'behind' })
    await on.ask('DELETE', '/proxies/cache/toxics/behind')
    assert.deepEqual(await slow(), first)
  })

  it('a proxy is created with its toxics or not at all', async () => {
    const on = await stage()
    const toxics = [{ type: 'latency', attributes: { latency: 80 } }, { type: 'latency', stream: 'upstream' }]
    const client = await on.client(await on.proxy('cache', { toxics }))
    assert.ok(await exchange(client, 'ping') >= 79)
    for (const wrong of [[{ type: 'nope' }], [{ type: 'latency' }, { type: 'latency' }], [{ type: 'slicer' }], [5], 5, [{ type: 'latency', toxicity: 2 }]]) {
      const answer = await on.ask('POST', '/proxies', { name: 'b', upstream: on.upstream, listen: '127.0.0.1:0', toxics: wrong })
      assert.ok(answer.status === 400 || answer.status === 409, answer.text)
    }
    assert.equal(on.admin.proxies.list().length, 1)
  })

  it('disabling ends connections with a FIN on both sides and refuses new ones; enabling takes the same port and keeps the toxics', async () => {
    const on = await stage()
    const port = await on.proxy()
    await on.toxic('latency', { latency: 60 })
    const client = await on.client(port)
    await exchange(client, 'ping')
    await on.ask('PATCH', '/proxies/cache', { enabled: false })
    assert.deepEqual([await client.ended, await on.served[0]?.ended], ['end', 'end'])
    await assert.rejects(on.client(port), { code: 'ECONNREFUSED' })
    await on.ask('PATCH', '/proxies/cache', { enabled: true })
    assert.ok(await exchange(await on.client(port), 'ping') >= 59)
  })

  it('a failed listen leaves connections, toxics and address as they were', async () => {
    const on = await stage()
    const port = await on.proxy()
    await on.toxic('latency', { latency: 60 })
    const client = await on.client(port)
    const taken = on.upstream
    for (const patch of [{ listen: taken }, { listen: taken, upstream: '127.0.0.1:1' }, { listen: 'garbage' }]) {
      assert.equal((await on.ask('PATCH', '/proxies/cache', patch)).status, 500)
      assert.equal((await on.ask('POST', '/populate', [{ name: 'cache', upstream: on.upstream, ...patch }])).status, 500)
    }
    assert.ok(await exchange(client, 'ping') >= 59)
    assert.equal(on.admin.proxies.get('cache').listen, `127.0.0.1:${port}`)
  })

  it('a reset goes on past what fails, and says what', async () => {
    const on = await stage()
    await on.ask('POST', '/proxies', { name: 'a', enabled: false, listen: 'garbage', upstream: on.upstream })
    await on.ask('POST', '/proxies', { name: 'b', enabled: false, listen: '127.0.0.1:0', upstream: on.upstream, toxics: [{ type: 'latency' }] })
    const answer = await on.ask('POST', '/reset')
    assert.deepEqual([answer.status, answer.text], [500, '{"error":"listen tcp: address garbage: missing port in address","status":500}\n'])
    assert.deepEqual(on.admin.proxies.list().map(({ enabled, toxics }) => [enabled, toxics.length]), [[false, 0], [true, 0]])
  })

  it('many that come at once under one name make one proxy', async () => {
    const on = await stage()
    const made = await Promise.all(Array.from({ length: 20 }, () => on.ask('POST', '/proxies', { name: 'a', upstream: on.upstream, listen: '127.0.0.1:0' })))
    assert.deepEqual(made.map(({ status }) => status).sort(), [201, ...Array.from({ length: 19 }, () => 409)])
  })

  it('one that is being made while the server stops is not left behind', async () => {
    const on = await stage()
    const asked = Array.from({ length: 10 }, (_, index) => on.ask('POST', '/proxies', { name: `p${index}`, upstream: on.upstream, listen: '127.0.0.1:0' }).catch(() => undefined))
    await asked[0]
    const [made] = await Promise.all([Promise.all(asked), on.admin.close()])
    const ports = made.flatMap((answer) => (answer?.status === 201 ? [portOf(answer)] : []))
    assert.ok(ports.length > 0)
    for (const port of ports) await assert.rejects(on.client(port), { code: 'ECONNREFUSED' })
    await assert.rejects(on.admin.proxies.create({ name: 'late', listen: '127.0.0.1:0', upstream: on.upstream, enabled: true, toxics: [] }), /stopping/)
  })

  it('a half-closed connection still gets its answer', async () => {
    const on = await stage({}, (socket) => { socket.on('data', () => undefined).on('end', () => socket.end('the answer')) })
    const client = await on.client(await on.proxy())
    client.socket.end('the question')
    assert.equal(await client.ended, 'end')
    assert.equal(client.text(), 'the answer')
  })

  it('an upstream that does not answer holds up no other client and no change', async () => {
    const on = await stage()
    // TEST-NET-1: nobody answers there, or the system says so at once.
    const port = await on.proxy('dead', { upstream: '192.0.2.1:9' })
    const waiting = await on.client(port)
    await on.client(port)
    const from = performance.now()
    assert.equal((await on.ask('DELETE', '/proxies/dead')).status, 204)
    assert.ok(performance.now() - from < 200)
    await waiting.ended
  })
})

describe('a thousand bursty connections', () => {
  afterEach(closeAll)

  for (const [type, attributes] of [['limit_data', { bytes: 100 }], ['reset_peer', { timeout: 1 }]] as const) {
    it(`under ${type} leave no handle and no memory behind`, async () => {
      const on = await stage()
      const port = await on.proxy()
      await on.toxic(type, attributes)
      const burst = async (count: number): Promise<void> => {
        for (let left = count; left > 0; left -= 50) {
          // A connection may be reset before it is known to be there.
          await Promise.all(Array.from({ length: 50 }, async () => {
            const client = await on.client(port).catch(() => undefined)
            client?.socket.write('x'.repeat(300))
            await client?.ended
            client?.socket.destroy()
          }))
        }
        on.served.length = 0
        await pause(100)
      }
      const handles = (): number => readdirSync('/proc/self/fd').length
      await burst(200)
      const before = { handles: handles(), heap: process.memoryUsage().heapUsed }
      await burst(1000)
      assert.equal((await on.ask('GET', '/proxies')).status, 200)
      let left = handles()
      for (let tries = 0; left > before.handles + 4 && tries < 50; tries++) { await pause(50); left = handles() }
      assert.ok(left <= before.handles + 4, `${left} handles, ${before.handles} before`)
      assert.ok(process.memoryUsage().heapUsed - before.heap < 40 * 1024 ** 2)
    })
  }
})
