import assert from 'node:assert/strict'
import { parseHostPort, parseListen, parseUpstream } from '../../src/experiment/upstream.ts'

describe('an upstream', () => {
  const cases: readonly (readonly [string, unknown, string | undefined, string])[] = [
    ['redis://cache', { host: 'cache', port: 6379 }, 'redis', 'the default port of redis'],
    ['rediss://u:p@cache:7000/3', { host: 'cache', port: 7000 }, 'redis', 'TLS by its scheme'],
    ['postgres://u:p%40ss@db.internal/shop?x=1', { host: 'db.internal', port: 5432 }, 'postgres', 'the default port of postgres'],
    ['postgresql://db', { host: 'db', port: 5432 }, 'postgres', 'the long scheme'],
    ['http://api:8080/v1', { host: 'api', port: 8080 }, 'http', 'a path'],
    ['http://api', { host: 'api', port: 80 }, 'http', 'the default port of http'],
    ['https://api.example/v1', { host: 'api.example', port: 443 }, 'http', 'the default port of https'],
    ['https://api.example:8443', { host: 'api.example', port: 8443 }, 'http', 'another port'],
    ['wss://api/live', { host: 'api', port: 443 }, 'websocket', 'a websocket over TLS'],
    ['ws://api/live', { host: 'api', port: 80 }, 'websocket', 'a websocket'],
    ['tcp://10.0.0.1:25', { host: '10.0.0.1', port: 25 }, undefined, 'any protocol'],
    ['mail.internal:25', { host: 'mail.internal', port: 25 }, undefined, 'no scheme'],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }, 'redis', 'IPv6, its brackets taken off'],
    ['[fe80::1]:25', { host: 'fe80::1', port: 25 }, undefined, 'IPv6 without a scheme'],
    ['unix:/run/redis.sock', { path: '/run/redis.sock' }, undefined, 'a unix socket'],
    ['unix:///run/redis.sock', { path: '/run/redis.sock' }, undefined, 'a unix socket as a URL'],
    ['redis+unix:///run/redis.sock?db=1', { path: '/run/redis.sock' }, 'redis', 'a unix socket that says what it speaks'],
    ['postgres:///shop?host=/run/postgresql&port=5433', { path: '/run/postgresql/.s.PGSQL.5433' }, 'postgres', 'libpq\'s folder of sockets'],
  ]
  for (const [text, address, protocol, what] of cases) {
    it(`is read from ${text}: ${what}`, () => {
      const upstream = parseUpstream(text, undefined)
      assert.ok(!('wrong' in upstream), JSON.stringify(upstream))
      assert.deepEqual([upstream.address, upstream.protocol, upstream.tls], [address, protocol, /^(rediss|https|wss):/.test(text)])
    })
  }

  it('that cannot be is refused without its password', () => {
    for (const text of ['', 'x', 'redis://', 'redis://:s3cr3t@', 'redis://:s3cr3t/a@h', 'tcp://h', 'tcp://h:0', 'tcp://h:99999', 'mongodb://u:s3cr3t@h', 'https://u:s3cr3t@h:x', 'unix:relative.sock', 'h:1:2', 'redis://h:6379x', 'http:/h']) {
      const upstream = parseUpstream(text, undefined)
      assert.ok('wrong' in upstream, text)
      assert.ok(!JSON.stringify(upstream).includes('s3cr3t'), JSON.stringify(upstream))
    }
  })

  it('may be an application of the experiment, with a path, in the scheme of what the target speaks', () => {
    const read = (text: string, protocol: 'http' | 'websocket' | undefined): unknown => {
      const upstream = parseUpstream(text, protocol)
      return 'wrong' in upstream ? upstream.wrong : [upstream.app, upstream.url.href]
    }
    assert.deepEqual(read('app:payment', 'http'), ['payment', 'http://127.0.0.1:1/'])
    assert.deepEqual(read('app:shop/orders/live', 'websocket'), ['shop', 'ws://127.0.0.1:1/orders/live'])
    assert.deepEqual(read('app', undefined), ['', 'tcp://127.0.0.1:1'])
    for (const text of ['app:', 'app:Shop', 'apps', 'app:a b']) assert.match(String(read(text, 'http')), /no address/)
  })

  it('of a unix socket gets the scheme of what the target speaks, so that the application is given a URL it knows', () => {
    const upstream = parseUpstream('unix:/run/x.sock', 'redis')
    assert.ok(!('wrong' in upstream))
    assert.equal(upstream.url.protocol, 'redis:')
  })
})

describe('a listener', () => {
  it('is HOST:PORT or a unix socket', () => {
    assert.deepEqual(['127.0.0.1:0', '[::1]:6380', 'unix:/tmp/x.sock'].map(parseListen), [{ host: '127.0.0.1', port: 0 }, { host: '::1', port: 6380 }, { path: '/tmp/x.sock' }])
    for (const text of ['6380', 'h:70000', '::1:80', 'unix:x', 'h:', ':80', 'h:80/']) assert.ok('wrong' in parseListen(text), text)
  })

  it('HOST:PORT takes time in proportion to its length', () => {
    const from = performance.now()
    parseHostPort(`${'a.'.repeat(50_000)}!`)
    assert.ok(performance.now() - from < 100)
  })
})
