/** `brownout compose` as a process: what it writes is read by a parser of YAML, and served by `brownout serve`. */

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { parse } from 'yaml'
import { freePort } from '../../src/demo/daemon.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'
import { brownout, endAll, until } from './brownout.ts'

describe('brownout compose, as a process', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-compose-')) })
  afterEach(() => {
    endAll()
    rmSync(folder, { recursive: true, force: true })
  })
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

  it('writes an override and a configuration that serve takes as it stands, and never over files that are there', async function () {
    if (!hasRedis) this.skip()
    const [db, cache] = await Promise.all([postgres(), redis()])
    const [dbPort, cachePort] = [await freePort(), await freePort()]
    writeFileSync(join(folder, 'compose.yaml'), `services:\n  web: { image: example/web, depends_on: [cache, db] }\n  cache: { image: redis:7, expose: ["${cachePort}"] }\n  db: { image: postgres:16, expose: ["${dbPort}"] }\n`)
    const written = await brownout(['compose', 'compose.yaml'], folder).ended
    assert.equal(written.exit, 0, written.stderr)
    assert.match(written.stderr, /^wrote compose\.brownout\.yaml, brownout\.serve\.yaml\n[\s\S]*docker compose -f compose\.yaml -f compose\.brownout\.yaml up -d\n$/)
    const { services } = parse(read('compose.brownout.yaml')) as { services: Record<string, { command?: readonly string[]; environment?: unknown }> }
    assert.deepEqual(Object.keys(services).sort(), ['brownout', 'cache', 'db', 'web'])
    assert.equal(services['web']?.environment, undefined)

    // The flags of its service, in a machine that knows no names of containers.
    writeFileSync(join(folder, 'brownout.serve.yaml'), read('brownout.serve.yaml').replace(`behind-cache:${cachePort}`, `127.0.0.1:${cache.port}`).replace(`behind-db:${dbPort}`, `127.0.0.1:${db.port}`))
    const [, , , ...serve] = services['brownout']?.command ?? []
    const args = serve.map((word) => (word.startsWith('/brownout/') ? join(folder, word.slice('/brownout/'.length)) : word === '8474' ? '0' : word))
    const served = brownout(args, folder, { BROWNOUT_TOKEN: 'token-of-the-test' })
    await until(() => served.stderr().includes('"proxy":"db"') || served.child.exitCode !== null, 30_000)
    const client = new pg.Client(db.url.replace(`:${db.port}`, `:${dbPort}`))
    await client.connect()
    assert.deepEqual((await client.query('select inet_server_port() as port')).rows, [{ port: db.port }])
    await client.end()
    const store = new Redis({ host: '127.0.0.1', port: cachePort })
    assert.equal(await store.ping(), 'PONG')
    store.disconnect()

    const again = await brownout(['compose', 'compose.yaml'], folder).ended
    assert.equal(again.exit, 64)
    assert.match(again.stderr, /error FILE_EXISTS: compose\.brownout\.yaml is there already\n {2}--force writes over it/)
    assert.equal((await brownout(['compose', 'compose.yaml', '--force', '--service', 'cache'], folder).ended).exit, 0)
    assert.deepEqual(Object.keys((parse(read('brownout.serve.yaml')) as { targets: object }).targets), ['cache'])
  })

  it('says with a code and a hint what it cannot read', async () => {
    const missing = await brownout(['compose', 'none.yaml'], folder).ended
    assert.equal(missing.exit, 64)
    assert.match(missing.stderr, /error FILE_UNREADABLE: none\.yaml cannot be read: ENOENT\n {2}\S/)
  })
})
