import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { seek } from '../../src/wrap/seek.ts'
import { targetsOf, type Asked, type Wrapped } from '../../src/wrap/targets.ts'
import { variablesOf } from '../../src/wrap/variables.ts'

const NOTHING: Asked = { named: [], ignore: [], tls: [], insecure: [], cluster: [], known: [] }

function wrap(env: NodeJS.ProcessEnv, asked: Partial<Asked> = {}, file: Readonly<Record<string, string>> = {}) {
  const variables = variablesOf(env, file)
  return targetsOf(seek(variables), variables.values, { ...NOTHING, ...asked }, { registry, env: {}, cwd: '/' })
}
/** What the command would find, with the proxy of every target at port 4000. */
const rewritten = ({ targets }: { readonly targets: readonly Wrapped[] }): Readonly<Record<string, string>> => Object.assign({}, ...targets.flatMap(({ mentions, trusts, planned }) =>
  mentions.map((mention) => mention.rewritten({ host: '127.0.0.1', port: 4000, tls: planned.spec.tls, authority: trusts ? '/ca.pem' : undefined })))) as Record<string, string>
const shape = ({ targets }: { readonly targets: readonly Wrapped[] }): readonly unknown[] => targets.map(({ name, mentions, planned: { spec } }) => [name, spec.protocol, spec.upstream, mentions.flatMap(({ variables }) => variables)])
const refuses = (code: string, part: RegExp) => (error: unknown): boolean => error instanceof BrownoutError && error.code === code && part.test(`${error.message} ${error.hint}`)

describe('wrap finds dependencies', () => {
  it('by URL: each target is called after its variable; user, password, database and options stay', () => {
    const found = wrap({ REDIS_URL: 'redis://:pa%20ss@cache:6390/2', DATABASE_URL: 'postgresql://app:s3cret@db/shop?application_name=web', SESSION_STORE_URI: 'valkey://sessions' })
    assert.deepEqual(shape(found), [
      ['database', 'postgres', { host: 'db', port: 5432 }, ['DATABASE_URL']],
      ['redis', 'redis', { host: 'cache', port: 6390 }, ['REDIS_URL']],
      ['session_store', 'redis', { host: 'sessions', port: 6379 }, ['SESSION_STORE_URI']],
    ])
    assert.deepEqual(rewritten(found), {
      REDIS_URL: 'redis://:pa%20ss@127.0.0.1:4000/2', DATABASE_URL: 'postgresql://app:s3cret@127.0.0.1:4000/shop?application_name=web', SESSION_STORE_URI: 'valkey://127.0.0.1:4000',
    })
  })

  it('spells URLs as their drivers do: JDBC, SQLAlchemy, MySQL', () => {
    const found = wrap({ SPRING_DATASOURCE_URL: 'jdbc:postgresql://db:5432/shop?user=app', DATABASE_URL: 'postgresql+asyncpg://app:x@db2/shop', LEGACY_URL: 'mysql://root:pw@old/shop', CELERY_BROKER: 'redis://queue/1' })
    assert.deepEqual(rewritten(found), {
      SPRING_DATASOURCE_URL: 'jdbc:postgresql://127.0.0.1:4000/shop?user=app', DATABASE_URL: 'postgresql+asyncpg://app:x@127.0.0.1:4000/shop', LEGACY_URL: 'mysql://root:pw@127.0.0.1:4000/shop', CELERY_BROKER: 'redis://127.0.0.1:4000/1',
    })
    assert.deepEqual(shape(found).find((one) => Array.isArray(one) && one[0] === 'legacy'), ['legacy', 'tcp', { host: 'old', port: 3306 }, ['LEGACY_URL']])
  })

  it('by the variables of libpq, a socket\'s folder too; a port alone does not say whose', () => {
    assert.deepEqual(rewritten(wrap({ PGHOST: 'db', PGUSER: 'app', PGDATABASE: 'shop' })), { PGHOST: '127.0.0.1', PGPORT: '4000' })
    const socket = wrap({ PGHOST: '/run/postgresql', PGPORT: '5433' })
    assert.deepEqual(shape(socket), [['postgres', 'postgres', { path: '/run/postgresql/.s.PGSQL.5433' }, ['PGHOST', 'PGPORT']]])
    assert.deepEqual(wrap({ PGPORT: '5433' }).seen.map(({ variable }) => variable), ['PGPORT'])
  })

  it('by pairs of HOST and PORT that are called after a database or cache, and not where the application listens', () => {
    const found = wrap({ HOST: '0.0.0.0', PORT: '3000', REDIS_HOST: 'cache', REDIS_PORT: '6379', DB_HOST: 'db', DB_PORT: '15432', DB_CONNECTION: 'pgsql', SMTP_HOST: 'mail', SMTP_PORT: '25' })
    assert.deepEqual(shape(found), [
      ['db', 'postgres', { host: 'db', port: 15_432 }, ['DB_HOST', 'DB_PORT']],
      ['redis', 'redis', { host: 'cache', port: 6379 }, ['REDIS_HOST', 'REDIS_PORT']],
    ])
    assert.deepEqual(rewritten(found), { DB_HOST: '127.0.0.1', DB_PORT: '4000', REDIS_HOST: '127.0.0.1', REDIS_PORT: '4000' })
    assert.match(wrap({ REDIS_HOST: 'cache' }).seen[0]?.why ?? '', /there is no REDIS_PORT/)
  })

  it('equal upstreams are one target, however they are spelt; unequal ones of one name are two', () => {
    const found = wrap({ DATABASE_URL: 'postgres://app@localhost/shop', PGHOST: '127.0.0.1', DB_HOST: 'LOCALHOST', DB_PORT: '5432', REDIS_URL: 'redis://a', REDIS_URI: 'redis://b' })
    assert.deepEqual(shape(found).map((one) => (Array.isArray(one) ? [one[0], one[3]] : one)), [['database', ['DATABASE_URL', 'PGHOST', 'DB_HOST', 'DB_PORT']], ['redis', ['REDIS_URI']], ['redis-2', ['REDIS_URL']]])
  })

  it('the environment wins over .env, an empty value too; references in .env are put in', () => {
    const found = wrap({ REDIS_URL: 'redis://env', CACHE_URL: '' }, {}, { REDIS_URL: 'redis://file', CACHE_URL: 'redis://file2', DB_PASS: 'x', DATABASE_URL: 'postgres://app:${DB_PASS}@${DB:-db}/shop' })
    assert.deepEqual(rewritten(found), { REDIS_URL: 'redis://127.0.0.1:4000', DATABASE_URL: 'postgres://app:x@127.0.0.1:4000/shop' })
    assert.deepEqual(shape(found).map((one) => (Array.isArray(one) ? one[2] : one)), [{ host: 'db', port: 5432 }, { host: 'env', port: 6379 }])
  })

  it('leaves http, ws and the rest alone and says so, until they are named', () => {
    const env = { REDIS_URL: 'redis://cache', PUBLIC_URL: 'https://shop.example', PAYMENTS_URL: 'https://pay.example/v1', BROKER_URL: 'amqp://guest:pw@mq:5672/vhost', HTTP_PROXY: 'http://proxy:3128' }
    const plain = wrap(env)
    assert.deepEqual(plain.targets.map(({ name }) => name), ['redis'])
    assert.deepEqual(plain.seen.map(({ variable }) => variable), ['BROKER_URL', 'PAYMENTS_URL', 'PUBLIC_URL'])
    const named = wrap(env, { named: ['payments=PAYMENTS_URL', 'mq=tcp://mq:5672'] })
    assert.deepEqual(rewritten(named), { PAYMENTS_URL: 'https://127.0.0.1:4000/v1', BROKER_URL: 'amqp://guest:pw@127.0.0.1:4000/vhost', REDIS_URL: 'redis://127.0.0.1:4000' })
    assert.deepEqual(named.targets.map(({ name, trusts }) => [name, trusts]), [['payments', true], ['mq', false], ['redis', false]])
    assert.deepEqual(named.seen.map(({ variable }) => variable), ['PUBLIC_URL'])
  })

  it('leaves several servers alone, and what is ignored by target or by variable', () => {
    assert.match(wrap({ DATABASE_URL: 'postgres://a:5432,b:5432/shop' }).seen[0]?.why ?? '', /several servers/)
    const env = { REDIS_URL: 'redis://cache', CACHE_URL: 'redis://cache', DATABASE_URL: 'postgres://db' }
    assert.deepEqual(rewritten(wrap(env, { ignore: ['database', 'CACHE_URL'] })), { REDIS_URL: 'redis://127.0.0.1:4000' })
  })

  it('says what it cannot do with what was asked', () => {
    const env = { REDIS_URL: 'redis://cache', DATABASE_URL: 'postgres://db' }
    assert.throws(() => wrap(env, { ignore: ['rediss'] }), refuses('USAGE', /did you mean "redis"/))
    assert.throws(() => wrap(env, { named: ['https://pay.example'] }), refuses('USAGE', /expected NAME=URL/))
    assert.throws(() => wrap(env, { named: ['pay=PAYMENTS_URL'] }), refuses('UPSTREAM_INVALID', /there is no variable PAYMENTS_URL/))
    assert.throws(() => wrap(env, { named: ['Pay=https://pay.example'] }), refuses('NAME_INVALID', /Pay/))
    assert.throws(() => wrap({ DATABASE_URL: 'postgres://db/shop?sslmode=require&sslcert=me.pem' }), refuses('TLS_UNSUPPORTED', /certificate of a client.*--ignore database/))
  })
})

describe('wrap moves TLS behind the proxy', () => {
  it('of Redis: rediss becomes redis, valkeys becomes valkey; with --tls they stay', () => {
    const env = { REDIS_URL: 'rediss://:pw@cache:6380', CACHE_URL: 'valkeys://other' }
    const found = wrap(env)
    assert.deepEqual(rewritten(found), { REDIS_URL: 'redis://:pw@127.0.0.1:4000', CACHE_URL: 'valkey://127.0.0.1:4000' })
    assert.deepEqual(found.targets.map(({ planned: { spec: { tls } } }) => [tls.client, tls.upstream, tls.verify]), [['passthrough', 'require', true], ['passthrough', 'require', true]])
    const pair = wrap({ REDIS_HOST: 'cache', REDIS_PORT: '6380' }, { tls: ['redis'] }).targets[0]
    assert.deepEqual([pair?.trusts, pair?.planned.spec.tls.client, pair?.planned.spec.tls.upstream], [true, 'terminate', 'require'])
    const kept = wrap(env, { tls: ['redis'], insecure: ['cache'] })
    assert.equal(rewritten(kept)['REDIS_URL'], 'rediss://:pw@127.0.0.1:4000')
    assert.deepEqual(kept.targets.map(({ trusts, planned: { spec: { tls } } }) => [trusts, tls.client, tls.verify]), [[false, 'passthrough', false], [true, 'terminate', true]])
  })

  it('of Postgres: as sslmode has it; who looks at the certificate is given ours to trust', () => {
    const of = (query: string) => {
      const { targets } = wrap({ DATABASE_URL: `postgres://db/shop${query}` })
      const { client, upstream, verify } = targets[0]?.planned.spec.tls ?? assert.fail('no target')
      return [rewritten({ targets })['DATABASE_URL']?.replace('postgres://127.0.0.1:4000/shop', ''), client, upstream, verify]
    }
    assert.deepEqual(of(''), ['', 'terminate', 'prefer', false])
    assert.deepEqual(of('?sslmode=disable'), ['?sslmode=disable', 'passthrough', 'off', true])
    assert.deepEqual(of('?sslmode=require&options=-c%20a%3Db&channel_binding=require'), ['?options=-c%20a%3Db&sslmode=disable', 'terminate', 'require', false])
    assert.deepEqual(of('?ssl=require'), ['', 'terminate', 'require', false])
    assert.deepEqual(of('?sslmode=verify-full&sslrootcert=/db.pem'), ['?sslmode=verify-full&sslrootcert=%2Fca.pem', 'terminate', 'require', true])
  })

  it('of libpq\'s variables too', () => {
    assert.deepEqual(rewritten(wrap({ PGHOST: 'db', PGSSLMODE: 'require' })), { PGHOST: '127.0.0.1', PGPORT: '4000', PGSSLMODE: 'disable' })
    assert.deepEqual(rewritten(wrap({ PGHOST: 'db', PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/db.pem' })), { PGHOST: '127.0.0.1', PGPORT: '4000', PGSSLROOTCERT: '/ca.pem' })
  })

  it('of one server that several variables name, as the strictest of them has it', () => {
    const { targets } = wrap({ A_URL: 'postgres://db/a', B_URL: 'postgres://db/b?sslmode=verify-ca&sslrootcert=/db.pem' })
    assert.deepEqual(targets.map(({ name, planned: { spec: { tls } } }) => [name, tls.upstream, tls.ca]), [['a', 'require', '/db.pem']])
  })
})
