import assert from 'node:assert/strict'
import { parseDocument, parse } from 'yaml'
import { BrownoutError } from '../../src/core/errors.ts'
import { dependenciesOf } from '../../src/wrap/compose-dependencies.ts'
import { readCompose } from '../../src/wrap/compose-file.ts'
import { composeOverride } from '../../src/wrap/compose-override.ts'

const SHOP = `
x-logging: &logging { logging: { driver: json-file } }
services:
  web:
    <<: *logging
    build: .
    ports: ["3000:3000"]
    environment: { REDIS_URL: redis://redis:6379, DATABASE_URL: "postgres://app:pw@db/shop" }
    depends_on: [redis, db, payments]
  redis: { image: "redis:\${REDIS_TAG:-7}-alpine", container_name: shop-redis }
  db:
    image: registry.example:5000/bitnami/postgresql@sha256:0123
    networks: { data: { aliases: [database] }, default: {} }
  sessions: { image: valkey/valkey }
  payments: { image: example/payments, expose: ["8080"], depends_on: { db: { condition: service_started }, vault: { condition: service_started } } }
  vault: { image: hashicorp/vault }
  admin: { image: rediscommander/redis-commander, links: [redis] }
networks: { data: {} }
`
interface Laid {
  readonly services: Readonly<Record<string, { readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] }>>; readonly depends_on?: Readonly<Record<string, unknown>>; readonly environment?: unknown; readonly ports?: readonly string[]; readonly command?: readonly string[] }>>
  readonly networks: Readonly<Record<string, unknown>>
}

const lay = (text: string, named: readonly string[] = []) => {
  const services = readCompose(text, 'compose.yaml')
  const result = composeOverride(services, dependenciesOf(services, named), { name: 'brownout', spec: 'brownout@1.2.3', file: 'compose.yaml', overrideFile: 'compose.brownout.yaml' })
  return { ...result, laid: parse(result.override, { logLevel: 'silent' }) as Laid }
}
const refuses = (code: string, part: RegExp) => (error: unknown): boolean => error instanceof BrownoutError && error.code === code && part.test(`${error.message} ${error.hint}`)

describe('brownout compose', () => {
  it('finds databases and caches by image, merge keys and variables notwithstanding, and what merely speaks of them not', () => {
    assert.deepEqual(dependenciesOf(readCompose(SHOP, 'c'), []).map(({ service, protocol, port }) => [service.name, protocol, port]), [['redis', 'redis', 6379], ['db', 'postgres', 5432], ['sessions', 'redis', 6379]])
    const built = 'services: { store: { build: ./store, expose: [6379] }, own: { image: redis, ports: ["127.0.0.1:7000:7001"] } }'
    assert.deepEqual(dependenciesOf(readCompose(built, 'c'), []).map(({ service, port }) => [service.name, port]), [['store', 6379], ['own', 7001]])
  })

  it('takes a dependency out of its networks and its names there upon itself', () => {
    const { laid } = lay(SHOP, ['redis', 'db'])
    assert.deepEqual(laid.services['redis']?.networks, { behind_redis: { aliases: ['behind-redis'] } })
    assert.deepEqual(laid.services['db']?.networks, { behind_db: { aliases: ['behind-db'] } })
    assert.deepEqual(laid.services['brownout']?.networks, {
      default: { aliases: ['redis', 'shop-redis', 'db'] }, data: { aliases: ['db', 'database'] }, behind_redis: {}, behind_db: {},
    })
    assert.deepEqual(Object.keys(laid.networks), ['behind_redis', 'behind_db'])
  })

  it('tells compose to put networks in the place of others only where there are others', () => {
    const services = parseDocument(lay(SHOP, ['redis', 'db']).override, { logLevel: 'silent' })
    const tag = (name: string): unknown => services.getIn(['services', name, 'networks'], true)
    assert.deepEqual([tag('db'), tag('redis')].map((node) => (typeof node === 'object' && node !== null && 'tag' in node ? node.tag : undefined)), ['!override', undefined])
  })

  it('makes who waits for a dependency wait for the proxy, and changes no program and no environment', () => {
    const { laid } = lay(SHOP, ['redis', 'db'])
    assert.deepEqual(laid.services['web'], { depends_on: { brownout: { condition: 'service_healthy' } } })
    assert.deepEqual(Object.keys(laid.services).sort(), ['brownout', 'db', 'payments', 'redis', 'web'])
  })

  it('lets a dependency reach its own: through us where they are behind us, beside us where they are not', () => {
    const { laid } = lay(SHOP, ['db', 'payments'])
    assert.deepEqual(laid.services['brownout']?.networks?.['behind_payments'], { aliases: ['db'] })
    assert.deepEqual(laid.services['vault']?.networks, { default: {}, behind_payments: {} })
  })

  it('gives two dependencies of one port a brownout each', () => {
    const { gateways, laid, configs } = lay(SHOP)
    assert.deepEqual(gateways.map(({ name, dependencies }) => [name, dependencies.map(({ service }) => service.name)]), [['brownout', ['redis', 'db']], ['brownout-2', ['sessions']]])
    assert.deepEqual([laid.services['brownout']?.ports, laid.services['brownout-2']?.ports], [['127.0.0.1:8474:8474'], ['127.0.0.1:8475:8474']])
    assert.deepEqual(configs.map(({ name }) => name), ['brownout.serve.yaml', 'brownout-2.serve.yaml'])
  })

  it('writes what its service is to serve', () => {
    const [config] = lay(SHOP, ['db', 'payments']).configs
    assert.deepEqual(parse(config?.text ?? ''), { targets: {
      db: { protocol: 'postgres', upstream: 'postgres://behind-db:5432', listen: '0.0.0.0:5432' },
      payments: { protocol: 'http', upstream: 'http://behind-payments:8080', listen: '0.0.0.0:8080', host: 'keep' },
    } })
  })

  it('warns of links that would lead past it', () => {
    assert.match(lay(SHOP).warnings.join(), /admin links to redis/)
  })

  it('says what it cannot do with what was asked or written', () => {
    assert.throws(() => lay(SHOP, ['rediss']), refuses('USAGE', /did you mean "redis"/))
    assert.throws(() => lay(SHOP, ['vault']), refuses('USAGE', /--service vault=http:8080/))
    assert.throws(() => lay(SHOP, ['db=oracle']), refuses('USAGE', /protocols are/))
    assert.throws(() => lay('services: { web: { image: nginx } }'), refuses('NOTHING_TO_WRAP', /web.*--service NAME/))
    assert.throws(() => lay('services: { redis: { image: redis, network_mode: host } }'), refuses('COMPOSE_INVALID', /network_mode: host/))
    assert.throws(() => lay('services: { redis: { image: redis }, brownout: { image: x } }'), refuses('NAME_TAKEN', /--name/))
    assert.throws(() => readCompose('services:\n  - web: [', 'c.yaml'), (error: unknown) => error instanceof BrownoutError && error.code === 'COMPOSE_INVALID' && error.place?.line === 2)
    assert.throws(() => readCompose('a: 1', 'c.yaml'), refuses('COMPOSE_INVALID', /no services/))
    const bomb = `a: &a [${'x,'.repeat(50)}x]\nb: &b [${'*a,'.repeat(50)}*a]\nc: &c [${'*b,'.repeat(50)}*b]\nservices: { redis: { image: redis, x: [${'*c,'.repeat(50)}*c] } }`
    assert.throws(() => readCompose(bomb, 'c.yaml'), refuses('COMPOSE_INVALID', /alias/i))
  })
})
