import assert from 'node:assert/strict'
import { parseVia, reachable, type ViaRoute } from '../../src/via/route.ts'

describe('via: addresses', () => {
  const routes: readonly (readonly [string, ViaRoute])[] = [
    ['toxiproxy://localhost', { server: 'http://localhost:8474', host: 'localhost', proxy: undefined, listen: '127.0.0.1:0' }],
    ['toxiproxy://toxi.internal:9000', { server: 'http://toxi.internal:9000', host: 'toxi.internal', proxy: undefined, listen: '0.0.0.0:0' }],
    ['toxiproxy://toxi:8474/redis_master', { server: 'http://toxi:8474', host: 'toxi', proxy: 'redis_master', listen: '0.0.0.0:0' }],
    ['toxiproxy://127.0.0.1:8474?listen=0.0.0.0:26379', { server: 'http://127.0.0.1:8474', host: '127.0.0.1', proxy: undefined, listen: '0.0.0.0:26379' }],
    ['toxiproxy://[::1]:8474', { server: 'http://[::1]:8474', host: '::1', proxy: undefined, listen: '127.0.0.1:0' }],
  ]
  for (const [text, route] of routes) it(text, () => assert.deepEqual(parseVia(text), route))

  for (const text of ['http://h:8474', 'toxiproxy://', 'toxiproxy://u:p@h', 'toxiproxy://h/a/b', 'toxiproxy://h/a%2fb', 'toxiproxy://h?liste=1', 'toxiproxy://h?listen=1.2.3.4', '']) {
    it(`refuses "${text}" and says what to write`, () => {
      const parsed = parseVia(text)
      assert.ok('wrong' in parsed, JSON.stringify(parsed))
      assert.ok(parsed.hint.length > 10)
    })
  }

  it('reaches a wildcard, or the loopback of another machine, by the host of the admin API', () => {
    assert.deepEqual(reachable('[::]:26379', { host: 'toxi' }), { host: 'toxi', port: 26_379 })
    assert.deepEqual(reachable('127.0.0.1:26379', { host: 'toxi' }), { host: 'toxi', port: 26_379 })
    assert.deepEqual(reachable('127.0.0.1:26379', { host: 'localhost' }), { host: '127.0.0.1', port: 26_379 })
    assert.deepEqual(reachable('10.0.0.7:26379', { host: 'toxi' }), { host: '10.0.0.7', port: 26_379 })
    assert.deepEqual(reachable('[::1]:26379', { host: '::1' }), { host: '::1', port: 26_379 })
  })
})
