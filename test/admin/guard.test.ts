/** Who may speak to the admin API, and what it does with what is sent to harm it. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { ask, closeAll, exchange, later, portOf, stage, watch, type Stage } from './stage.ts'

const EVIL = '{"name":"evil","listen":"127.0.0.1:0","upstream":"127.0.0.1:6379"}'
const count = (on: Stage): number => on.admin.proxies.list().length

/** As Chrome 140 and Firefox 142 send them. */
const CHROME = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', Accept: '*/*', 'Accept-Encoding': 'gzip, deflate, br, zstd', 'sec-ch-ua': '"Chromium";v="140"', 'sec-ch-ua-mobile': '?0' }

describe('pages in a browser', () => {
  afterEach(closeAll)

  it('a page on another origin creates nothing, even where the user agent is hidden: fetch, form and no-cors alike', async () => {
    const on = await stage()
    const cross = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'empty', 'Content-Type': 'text/plain;charset=UTF-8', Referer: 'https://evil.example/' }
    const form = { ...cross, Origin: 'null', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Content-Type': 'application/x-www-form-urlencoded' }
    for (const headers of [{ ...CHROME, ...cross }, { ...CHROME, ...form }, { ...cross, 'User-Agent': 'x' }, { ...form, 'User-Agent': 'x' }, { Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
      for (const [method, path] of [['POST', '/proxies'], ['POST', '/populate'], ['POST', '/reset'], ['GET', '/proxies'], ['DELETE', '/proxies/a'], ['GET', '/nope']] as const) {
        const answer = await ask(on.admin.port, method, path, method === 'POST' ? EVIL : undefined, headers)
        assert.equal(answer.status, 403, `${method} ${path} ${JSON.stringify(headers)}`)
      }
    }
    assert.equal(count(on), 0)
  })

  it('a page on another port of this machine creates nothing: same site is not same origin', async () => {
    const on = await stage()
    const headers = { 'User-Agent': 'x', Host: `localhost:${on.admin.port}`, Origin: 'http://localhost:3000', 'Sec-Fetch-Site': 'same-site' }
    assert.equal((await ask(on.admin.port, 'POST', '/proxies', EVIL, headers)).status, 403)
    assert.equal(count(on), 0)
  })

  it('a rebound name creates nothing, although its page has the same origin as the request', async () => {
    const on = await stage()
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example.', 'localhost@evil.example', 'toxiproxy']) {
      const name = `${host}:${on.admin.port}`
      const answer = await ask(on.admin.port, 'POST', '/proxies', EVIL, { ...CHROME, 'User-Agent': 'x', Host: name, Origin: `http://${name}`, 'Sec-Fetch-Site': 'same-origin' })
      assert.ok(answer.status === 403 || answer.status === 400, `${host}: ${answer.status}`)
    }
    assert.equal(count(on), 0)
  })

  it('a preflight is answered 405 or 403, and no answer ever allows another origin', async () => {
    const on = await stage()
    const preflight = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Private-Network': 'true' }
    for (const headers of [{}, preflight]) {
      for (const path of ['/proxies', '/version', '/nope']) {
        const answer = await ask(on.admin.port, 'OPTIONS', path, undefined, headers)
        assert.ok([403, 404, 405].includes(answer.status))
        assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith('access-control')), [])
      }
    }
  })
})

describe('clients', () => {
  afterEach(closeAll)

  it('pass without an Origin, under any name of loopback, any address, and any name that was allowed', async () => {
    const on = await stage({ hosts: ['toxiproxy', 'Chaos.Internal'] })
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '127.9.9.9:80', '[::1]:8474', '192.168.1.5:8474', 'toxiproxy:8474', 'chaos.internal', 'localhost.']) {
      assert.equal((await on.ask('GET', '/proxies', undefined, { Host: host })).status, 200, host)
    }
  })

  it('pass with the Origin of the API itself', async () => {
    const on = await stage()
    const host = `127.0.0.1:${on.admin.port}`
    assert.equal((await on.ask('GET', '/proxies', undefined, { Host: host, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' })).status, 200)
  })

  it('get a 400 without a Host', async () => {
    const on = await stage()
    const raw = async (text: string): Promise<string> => {
      const socket = connect(on.admin.port, '127.0.0.1')
      const seen = watch(socket)
      later(() => socket.destroy())
      socket.write(text)
      await seen.ended
      return seen.text().split('\r\n')[0] ?? ''
    }
    assert.match(await raw('GET /proxies HTTP/1.1\r\nConnection: close\r\n\r\n'), / 400 /)
    assert.match(await raw('GET /proxies HTTP/1.0\r\n\r\n'), / 400 /)
  })

  it('need the token where there is one: for every route, compared as a whole', async () => {
    const on = await stage({ token: 's3cr3t', metrics: { own: true, process: false } })
    for (const path of ['/version', '/proxies', '/metrics', '/nope']) {
      for (const authorization of [undefined, '', 's3cr3t', 'Bearer', 'Bearer s3cr3', 'Bearer s3cr3tt', 'bearer s3cr3t', 'Basic s3cr3t', `Bearer ${'x'.repeat(4000)}`]) {
        const answer = await on.ask('GET', path, undefined, authorization === undefined ? {} : { Authorization: authorization })
        assert.equal(answer.status, 401, `${path} ${authorization}`)
        assert.ok(!answer.text.includes('s3cr3t'))
      }
    }
    assert.equal((await on.ask('GET', '/version', undefined, { Authorization: 'Bearer s3cr3t' })).status, 200)
  })
})

describe('with a token', () => {
  afterEach(closeAll)

  it('bodies must be JSON by their own word; what has none needs none', async () => {
    const on = await stage({ token: 's3cr3t' })
    const send = async (method: string, path: string, body: string | undefined, type: Readonly<Record<string, string>>): Promise<number> =>
      (await on.ask(method, path, body, { Authorization: 'Bearer s3cr3t', ...type })).status
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp']) assert.equal(await send('POST', '/proxies', EVIL, { 'Content-Type': type }), 415, type)
    assert.equal(await send('POST', '/proxies', EVIL, {}), 415)
    assert.equal(await send('POST', '/proxies', EVIL, { 'Content-Type': 'application/json; charset=utf-8' }), 201)
    assert.equal(await send('POST', '/reset', undefined, {}), 204)
    assert.equal(await send('DELETE', '/proxies/evil', undefined, {}), 204)
  })
})

describe('bodies', () => {
  afterEach(closeAll)

  it('that are no JSON, broken or deep are a 400, and the next request is answered', async () => {
    const on = await stage()
    await on.proxy()
    const bodies = ['', ' ', 'x', '{', '[', '"', '{"a"', '{"a":', '{"a":1', '{"a":1,', '\u0000', '{"name":"\u0001"', '-', '01', 'nul', '"\\ud800"', '"\\x"', '{"name":"\\u00"}',
      '['.repeat(100_000), '{"a":'.repeat(100_000), `${'['.repeat(100_000)}${']'.repeat(100_000)}`, `{"name":"x","upstream":"y","toxics":${'['.repeat(70)}${']'.repeat(70)}}`]
    for (const body of bodies) {
      for (const path of ['/proxies', '/populate', '/proxies/cache', '/proxies/cache/toxics']) {
        const answer = await on.ask('POST', path, body)
        assert.equal(answer.status, 400, `${path} ${body.slice(0, 30)}: ${answer.text}`)
        assert.ok(answer.text.length < 400)
      }
    }
    assert.equal((await on.ask('GET', '/proxies')).status, 200)
  })

  it('past 1 MiB are a 413, announced or not', async () => {
    const on = await stage()
    const refused = await on.ask('POST', '/proxies', Buffer.alloc(10 * 1024 ** 2, ' ')).catch((error: NodeJS.ErrnoException) => error.code)
    if (typeof refused === 'object') assert.equal(refused.status, 413)
    // The server need not read ten megabytes to refuse them: the writer may find the connection closed.
    else assert.ok(refused === 'EPIPE' || refused === 'ECONNRESET', refused)
    const chunked = await ask(on.admin.port, 'POST', '/proxies', Buffer.alloc(1024 ** 2 + 1, ' '), { 'Transfer-Encoding': 'chunked' }).catch((error: NodeJS.ErrnoException) => error.code)
    assert.ok(typeof chunked === 'object' ? chunked.status === 413 : chunked === 'EPIPE' || chunked === 'ECONNRESET', JSON.stringify(chunked))
    assert.equal((await on.ask('POST', '/proxies', `${' '.repeat(1024 ** 2 - 200)}${EVIL}`)).status, 201)
  })
})

describe('connections to the API', () => {
  afterEach(closeAll)

  it('that never finish a header, or are too many, harm neither it nor the traffic', async () => {
    const on = await stage()
    const client = await on.client(await on.proxy())
    const idle = Array.from({ length: 200 }, () => {
      const socket = connect(on.admin.port, '127.0.0.1')
      const seen = watch(socket)
      later(() => socket.destroy())
      socket.write('GET /proxies HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
      return seen
    })
    await exchange(client, 'ping', 200)
    // Past the limit they are closed at once, the others when their time is over.
    const ends = await Promise.all(idle.map(({ ended }) => ended))
    assert.equal(ends.length, 200)
    assert.equal((await on.ask('GET', '/proxies')).status, 200)
    await exchange(client, 'ping', 200)
  })
})

describe('listen addresses', () => {
  afterEach(closeAll)

  it('without a host are loopback, which the answer says', async () => {
    const on = await stage()
    for (const [name, listen] of [['a', ''], ['b', ':0'], ['c', null], ['d', undefined]] as const) {
      const answer = await on.ask('POST', '/proxies', { name, upstream: on.upstream, listen })
      assert.match(answer.text, /"listen":"127\.0\.0\.1:\d+"/, String(listen))
    }
  })

  it('other than loopback are refused, and with allowListen taken; every wildcard is the same', async () => {
    const closed = await stage()
    for (const listen of ['0.0.0.0:0', '[::]:0', '10.255.255.1:0', '[0:0:0:0:0:0:0:0]:0', '0:0']) {
      const answer = await closed.ask('POST', '/proxies', { name: 'a', upstream: closed.upstream, listen })
      assert.deepEqual([answer.status, /--allow-listen/.test(answer.text)], [403, true], listen)
    }
    const on = await stage({ allowListen: true })
    const port = await on.proxy('a', { listen: '0.0.0.0:0' })
    const client = await on.client(port)
    for (const listen of [`:${port}`, `0.0.0.0:${port}`, `[::]:${port}`]) {
      assert.match((await on.ask('PATCH', '/proxies/a', { listen })).text, new RegExp(`"listen":"\\[::\\]:${port}"`))
      assert.equal((await on.ask('POST', '/populate', [{ name: 'a', upstream: on.upstream, listen }])).status, 201)
    }
    await exchange(client, 'the connection lived on')
  })
})

describe('upstreams', () => {
  afterEach(closeAll)

  it('that are link-local, unspecified or multicast are refused in every spelling that is an address', async () => {
    const on = await stage()
    for (const host of ['169.254.169.254', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[fe80::1]', '[fd00:ec2::254]', '0.0.0.0', '[::]', '0.1.2.3', '224.0.0.1', '[ff02::1]', '255.255.255.255']) {
      const answer = await on.ask('POST', '/proxies', { name: 'm', listen: '127.0.0.1:0', upstream: `${host}:80` })
      assert.deepEqual([answer.status, /is not allowed/.test(answer.text)], [403, true], host)
    }
    await on.proxy()
    assert.equal((await on.ask('PATCH', '/proxies/cache', { upstream: '169.254.169.254:80' })).status, 403)
    assert.match((await on.ask('GET', '/proxies/cache')).text, new RegExp(`"upstream":"${on.upstream}"`))
  })

  it('that only the resolver makes such addresses of are refused when somebody connects', async () => {
    const on = await stage()
    for (const [index, host] of ['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '0', '0x0'].entries()) {
      const port = await on.proxy(`m${index}`, { upstream: `${host}:80` })
      const client = await on.client(port)
      client.socket.write('GET /latest/meta-data HTTP/1.0\r\n\r\n')
      assert.notEqual(await client.ended, 'close')
      assert.equal(client.bytes(), 0, host)
    }
  })

  it('that are the API itself are refused, and those that a name hides cannot be reached through a proxy', async () => {
    const on = await stage()
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.0.0.2', '[::ffff:127.0.0.1]']) {
      assert.equal((await on.ask('POST', '/proxies', { name: 'self', listen: '127.0.0.1:0', upstream: `${host}:${on.admin.port}` })).status, 403, host)
    }
    for (const [index, host] of ['0x7f.1', '2130706433', '017700000001'].entries()) {
      const client = await on.client(await on.proxy(`hidden${index}`, { upstream: `${host}:${on.admin.port}` }))
      client.socket.write('GET /version HTTP/1.0\r\nHost: localhost\r\n\r\n')
      await client.ended
      assert.equal(client.bytes(), 0, host)
    }
  })

  it('that lead back to the proxy are refused, by itself and by way of others; a chain is not', async () => {
    const on = await stage()
    const a = await on.proxy('a')
    assert.equal((await on.ask('PATCH', '/proxies/a', { upstream: `127.0.0.1:${a}` })).status, 403)
    const b = await on.proxy('b', { upstream: `127.0.0.1:${a}` })
    const c = await on.proxy('c', { upstream: `localhost:${b}` })
    assert.equal((await on.ask('PATCH', '/proxies/a', { upstream: `127.0.0.1:${c}` })).status, 403)
    await exchange(await on.client(c), 'through three')
  })

  it('that were made a circle afterwards are refused when somebody connects', async () => {
    const on = await stage({ metrics: { own: true, process: false } })
    await on.proxy('a', { enabled: false })
    const b = await on.proxy('b')
    await on.ask('PATCH', '/proxies/b', { enabled: false })
    assert.equal((await on.ask('PATCH', '/proxies/a', { upstream: `127.0.0.1:${b}`, enabled: true })).status, 200)
    const open = portOf(await on.ask('GET', '/proxies/a'))
    await on.ask('PATCH', '/proxies/b', { upstream: `0x7f.1:${open}`, enabled: true })
    const client = await on.client(b)
    client.socket.write('x')
    await client.ended
    const accepted = [...(await on.ask('GET', '/metrics')).text.matchAll(/^brownout_connections_total\{.*\} (\d+)$/gm)].map(([, total]) => Number(total))
    assert.ok(accepted.length === 2 && accepted.every((total) => total <= 1), `accepted ${accepted.join()}`)
  })

  it('that nobody can understand are kept as they are, and refuse', async () => {
    const on = await stage()
    for (const [index, upstream] of ['garbage', 'a:b:c', 'x:99999', '\u0000:1', 'h o s t:1', ':1', 'unix:/var/run/docker.sock', '[::1', `${'a'.repeat(5000)}:1`].entries()) {
      const answer = await on.ask('POST', '/proxies', { name: `g${index}`, listen: '127.0.0.1:0', upstream })
      assert.equal(answer.status, 201, upstream)
      assert.equal((answer.json() as { upstream: string }).upstream, upstream)
      // The reset may come before the connection is known to be there.
      const client = await on.client(portOf(answer)).catch((error: NodeJS.ErrnoException) => error.code)
      assert.equal(typeof client === 'object' ? await client.ended : client, 'ECONNRESET', upstream)
    }
  })
})

describe('names', () => {
  afterEach(closeAll)

  it('with slashes, spaces, dots, percents, unicode and the like can be shown, changed and deleted', async () => {
    const on = await stage()
    for (const name of ['a/b', '/', 'a b', 'é', '日本', '100%', '%2F', 'a?b', 'a#b', '.', '..', '../x', '__proto__', 'constructor', '1', '"', '<script>', '\u0000', 'x'.repeat(2000)]) {
      const path = `/proxies/${encodeURIComponent(name).replaceAll('.', '%2E')}`
      await on.proxy(name)
      assert.equal(((await on.ask('GET', path)).json() as { name: string }).name, name)
      assert.equal((await on.ask('POST', `${path}/toxics`, { type: 'latency', name })).status, 200)
      assert.equal((await on.ask('PATCH', `${path}/toxics/${encodeURIComponent(name).replaceAll('.', '%2E')}`, { attributes: { latency: 1 } })).status, 200)
      assert.ok(Object.hasOwn((await on.ask('GET', '/proxies')).json() as object, name))
      assert.equal((await on.ask('DELETE', path)).status, 204, name)
    }
    assert.equal(({} as Record<string, unknown>)['name'], undefined)
    assert.equal(count(on), 0)
  })

  it('of a toxic and its proxy cannot be mistaken for another pair', async () => {
    const on = await stage()
    await on.proxy('a')
    await on.proxy('a/b')
    assert.equal((await on.ask('POST', '/proxies/a/toxics', { type: 'latency', name: 'b/c' })).status, 200)
    assert.equal((await on.ask('POST', '/proxies/a%2Fb/toxics', { type: 'latency', name: 'c' })).status, 200)
    assert.equal((await on.ask('DELETE', '/proxies/a/toxics/b%2Fc')).status, 204)
    assert.match((await on.ask('GET', '/proxies/a%2Fb/toxics')).text, /"name":"c"/)
  })
})

it('listens on loopback only, unless told otherwise', async () => {
  const on = await stage()
  assert.equal(on.admin.url, `http://127.0.0.1:${on.admin.port}`)
  const socket = connect(on.admin.port, '127.0.0.1')
  await once(socket, 'connect')
  assert.equal(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
  await closeAll()
})
