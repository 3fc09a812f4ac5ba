import assert from 'node:assert/strict'
import { addressesOf, proxiedAddress, resolveTargets, withAddresses, type Addresses } from '../../src/experiment/addresses.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { planOf } from './fake-faults.ts'

const targetOf = async (upstream: string, rest = '') => {
  const [target] = (await planOf(`name: x\ntargets: { c: { upstream: "${upstream}"${rest} } }`)).targets
  assert.ok(target)
  return target
}
const AT = { host: '127.0.0.1', port: 7001 }

describe('the URL through the proxy', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['redis://user:p%40ss@cache.internal:6379/2?x=1', '', 'redis://user:p%40ss@127.0.0.1:7001/2?x=1'],
    ['postgres://shop:pw@db/shop?application_name=a', '', 'postgres://shop:pw@127.0.0.1:7001/shop?application_name=a'],
    ['postgresql://db/shop', '', 'postgresql://127.0.0.1:7001/shop'],
    ['http://api/v1', '', 'http://127.0.0.1:7001/v1'],
    ['redis://[::1]:6379', '', 'redis://127.0.0.1:7001'],
    ['mail:25', '', 'tcp://127.0.0.1:7001'],
    ['rediss://cache', '', 'redis://127.0.0.1:7001'],
    ['rediss://cache', ', tls: { client: terminate }', 'rediss://127.0.0.1:7001'],
    ['rediss://cache', ', tls: { upstream: off }', 'rediss://127.0.0.1:7001'],
    ['redis://cache', ', tls: { client: terminate }', 'rediss://127.0.0.1:7001'],
    ['http://api', ', tls: { client: terminate }', 'https://127.0.0.1:7001/'],
    ['https://u:p@api.example/v1?x=1', '', 'http://u:p@127.0.0.1:7001/v1?x=1'],
    ['https://api.example/v1/', ', tls: { client: terminate }', 'https://127.0.0.1:7001/v1/'],
    ['https://api.example', ', tls: { upstream: off }', 'https://127.0.0.1:7001'],
    ['wss://api.example/live', '', 'ws://127.0.0.1:7001/live'],
    ['postgres://db/shop?sslmode=require&sslrootcert=a.pem&application_name=a', '', 'postgres://127.0.0.1:7001/shop?application_name=a&sslmode=disable'],
    ['postgres://db/shop?sslmode=verify-full&channel_binding=require', ', tls: { client: terminate }', 'postgres://127.0.0.1:7001/shop?sslmode=require'],
    ['postgres://db/shop?channel_binding=disable', ', tls: { client: terminate }', 'postgres://127.0.0.1:7001/shop?channel_binding=disable&sslmode=require'],
    ['postgres://db/shop?sslmode=require', ', tls: { upstream: off }', 'postgres://127.0.0.1:7001/shop?sslmode=require'],
    ['postgres://db/shop?sslmode=disable', '', 'postgres://127.0.0.1:7001/shop?sslmode=disable'],
    ['postgres://db/shop?sslmode=require', ', protocol: tcp', 'postgres://127.0.0.1:7001/shop?sslmode=require'],
  ]
  const withPassword = 'redis://:only-a-password@c'
  it('keeps a password that has no user', async () => {
    assert.equal(proxiedAddress(await targetOf(withPassword), AT).url, 'redis://:only-a-password@127.0.0.1:7001')
  })
  for (const [upstream, rest, url] of cases) {
    it(`of ${upstream}${rest} keeps user, password, path and query: ${url}`, async () => {
      const proxied = proxiedAddress(await targetOf(upstream, rest), AT)
      assert.equal(new URL(proxied.url).href, new URL(url).href)
    })
  }

  it('speaks TLS to the upstream of rediss:// and checks its certificate unless told otherwise', async () => {
    assert.deepEqual((await targetOf('rediss://cache')).spec.tls, { client: 'passthrough', upstream: 'require', verify: true })
    assert.deepEqual((await targetOf('rediss://cache', ', tls: { verify: false }')).spec.tls, { client: 'passthrough', upstream: 'require', verify: false })
  })

  it('speaks to a Postgres as its sslmode says, which libpq checks no certificate for below verify-ca', async () => {
    const cases = [['disable', 'off', true], ['allow', 'prefer', false], ['prefer', 'prefer', false], ['require', 'require', false], ['no-verify', 'require', false], ['verify-ca', 'require', true], ['verify-full', 'require', true]] as const
    for (const [mode, upstream, verify] of cases) {
      assert.deepEqual((await targetOf(`postgres://db?sslmode=${mode}`)).spec.tls, { client: 'passthrough', upstream, verify })
    }
    assert.deepEqual((await targetOf('postgres://db')).spec.tls, { client: 'passthrough', upstream: 'off', verify: true })
    assert.deepEqual((await targetOf('postgres://db?sslmode=require', ', tls: { client: terminate, verify: true }')).spec.tls, { client: 'terminate', upstream: 'require', verify: true })
    assert.equal((await targetOf('postgres://db?sslmode=verify-full&sslrootcert=/etc/ca.pem')).spec.tls.ca, '/etc/ca.pem')
    assert.equal((await targetOf('postgres://db?sslmode=verify-full&sslrootcert=/etc/ca.pem', ', tls: { ca: /own.pem }')).spec.tls.ca, '/own.pem')
    assert.equal((await targetOf('postgres://db?sslmode=verify-full&sslrootcert=system')).spec.tls.ca, undefined)
  })

  it('of no path has none: what is written behind it has one slash', async () => {
    assert.deepEqual(await Promise.all(['https://api.example', 'http://127.0.0.1:80/', 'https://api.example/v1'].map(async (upstream) => proxiedAddress(await targetOf(upstream), AT).url)),
      ['http://127.0.0.1:7001', 'http://127.0.0.1:7001', 'http://127.0.0.1:7001/v1'])
  })

  it('puts an IPv6 listener into brackets', async () => {
    assert.equal(proxiedAddress(await targetOf('redis://c'), { host: '::1', port: 1 }).url, 'redis://[::1]:1')
  })
})

describe('a Host of the upstream\'s', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['https://api.example', '', 'api.example'],
    ['https://api.example:8443/v1', '', 'api.example:8443'],
    ['https://10.0.0.5', '', '10.0.0.5'],
    ['wss://[::1]:8443', '', '[::1]:8443'],
    ['https://api.example', ', tls: { upstream: off }', undefined],
    ['https://api.example', ', host: keep', undefined],
    ['https://api.example', ', protocol: tcp', undefined],
    ['http://api.internal:8080', '', 'api.internal:8080'],
    ['http://api.internal', ', protocol: websocket', 'api.internal'],
    ['http://api.internal', ', host: keep', undefined],
    ['ws://api.internal', '', 'api.internal'],
    ['http://127.0.0.1:3000', '', undefined],
    ['http://127.0.0.1:3000', ', host: upstream', '127.0.0.1:3000'],
    ['http://localhost:3000', '', undefined],
    ['http://shop.localhost:3000', '', undefined],
    ['http://[::1]:3000', '', undefined],
    ['http://10.0.0.5', '', undefined],
    ['unix:/run/api.sock', ', protocol: http', undefined],
    ['redis://cache', '', undefined],
    ['api.internal:80', '', undefined],
  ]
  for (const [upstream, rest, host] of cases) {
    it(`of ${upstream}${rest} is ${host ?? 'the client\'s own'}`, async () => { assert.equal((await targetOf(upstream, rest)).spec.host, host) })
  }
})

describe('references', () => {
  const addresses: Addresses = { targets: new Map([['cache', { url: 'redis://127.0.0.1:1', host: '127.0.0.1', port: 1 }], ['six', { url: 'redis://[::1]:2', host: '::1', port: 2 }]]), ports: new Map([['', 3000], ['b', 3001]]) }

  it('are put in once the listeners are open', () => {
    assert.equal(resolveTargets(`a \${targets.cache.url} \${targets.cache.host}:\${targets.cache.port} \${app.port} \${apps.b.port} z`, addresses), 'a redis://127.0.0.1:1 127.0.0.1:1 3000 3001 z')
  })

  it('bracket an IPv6 host where a port follows, and only there', () => {
    assert.equal(resolveTargets(`\${targets.six.host} \${targets.six.host}:\${targets.six.port}`, addresses), '::1 [::1]:2')
  })

  it('are put into every text of an app, a load or a probe', () => {
    assert.deepEqual(withAddresses({ a: [`\${app.port}`], b: { c: `x\${app.port}`, d: 1, e: undefined } }, addresses), { a: ['3000'], b: { c: 'x3000', d: 1, e: undefined } })
  })

  it('that lead to nothing are a typed error', () => {
    assert.throws(() => resolveTargets(`\${targets.nowhere.url}`, addresses), (error) => error instanceof BrownoutError && error.code === 'VARIABLE_UNKNOWN')
  })

  it('let a literal ${ through, from the file and from a variable\'s value', async () => {
    const plan = await planOf('name: x\napp: { command: [a, "$${HOME}"], env: { A: "${V}", B: "${vars.v}" } }\nvars: { v: "$${x}" }', { env: { V: `p\${w` } })
    const [app] = plan.apps
    assert.ok(app)
    const { command, env } = withAddresses(app, addresses)
    assert.deepEqual([command[1], env['A'], env['B']], [`\${HOME}`, `p\${w`, `\${x}`])
  })

  it('give a tcp probe its host and port', async () => {
    const { probes } = await planOf('name: x\ntargets: { cache: { upstream: "redis://h" } }\nprobes: { a: { tcp: "${targets.cache.host}:${targets.cache.port}" }, b: { tcp: "[::1]:9" } }')
    assert.deepEqual(probes.map((probe) => withAddresses(probe, addresses).check), [{ kind: 'tcp', host: '127.0.0.1', port: 1 }, { kind: 'tcp', host: '::1', port: 9 }])
  })

  it('of an app lead to its own listener, of load and probes to the common one', async () => {
    const { targets } = await planOf('name: x\ntargets: { cache: { upstream: "redis://h" } }\napps: { a: { command: [a] }, b: { command: [b] } }')
    const open = [{ name: 'cache', listen: [{ address: { host: '127.0.0.1', port: 1 } }, { from: 'a', address: { host: '127.0.0.1', port: 2 } }, { from: 'b', address: { host: '127.0.0.1', port: 3 } }] }]
    assert.deepEqual([undefined, 'a', 'b'].map((from) => addressesOf(targets, open, new Map(), from).targets.get('cache')?.port), [1, 2, 3])
  })
})
