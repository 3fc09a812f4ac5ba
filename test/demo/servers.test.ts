import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { BrownoutError } from '../../src/core/errors.ts'
import { freePort } from '../../src/demo/daemon.ts'
import { startPostgres } from '../../src/demo/postgres.ts'
import { packagedPostgres, postgresHome } from '../../src/demo/postgres-home.ts'
import { findRedis, startRedis } from '../../src/demo/redis.ts'
import { runs, until } from '../support/processes.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'

/** Runs `body` with a temporary folder of its own, so that what it leaves there is its own too. */
async function inTemporary(body: (folder: string) => Promise<void>): Promise<void> {
  const [folder, before] = [mkdtempSync(join(tmpdir(), 'brownout-test-servers-')), process.env['TMPDIR']]
  // Postgres may have to run as another account.
  chmodSync(folder, 0o755)
  process.env['TMPDIR'] = folder
  try {
    await body(folder)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(folder, { recursive: true })
  }
}
const codeOf = (code: string) => (error: unknown): boolean => error instanceof BrownoutError && error.code === code

describe('embedded Postgres', () => {
  it('answers a query, over TCP on 127.0.0.1 only', async () => {
    const { url } = await postgres()
    const client = new pg.Client(url)
    await client.connect()
    const { rows } = await client.query("select current_setting('listen_addresses') as at, current_setting('unix_socket_directories') as sockets, current_setting('server_encoding') as encoding")
    assert.deepEqual(rows, [{ at: '127.0.0.1', sockets: '', encoding: 'UTF8' }])
    await client.end()
  })

  it('stops with a client in mid-transaction, and takes its folder along', () => inTemporary(async (folder) => {
    const server = await startPostgres()
    assert.equal(readdirSync(folder).length, 1)
    const client = new pg.Client(server.url)
    const errors: string[] = []
    client.on('error', (error) => errors.push(String(error)))
    await client.connect()
    await client.query('begin')
    await server.stop()
    await server.exited
    assert.equal(runs(server.pid), false)
    assert.deepEqual(readdirSync(folder), [])
    assert.notEqual(await until(() => errors.length > 0, 1000), undefined)
    assert.match(errors[0] ?? '', /terminating connection due to administrator command/)
    await server.stop()
  }))

  it('refuses a port that is taken, by its number, and leaves no folder', () => inTemporary(async (folder) => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const address = holder.address()
    assert.ok(address !== null && typeof address === 'object')
    await assert.rejects(startPostgres({ port: address.port }), (error) => codeOf('PORT_IN_USE')(error) && String(error).includes(String(address.port)))
    assert.deepEqual(readdirSync(folder), [])
    holder.close()
  }))

  it('runs from a copy where the package cannot be read by the account that it runs as', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'brownout-test-home-'))
    const closed = join(folder, 'closed')
    await cp(packagedPostgres(), closed, { recursive: true, filter: (path) => !/\.(a|so[.\d]*)$|timezone/.test(path) })
    const account = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    // The folder of mkdtemp is 0700: nobody else gets through it.
    const home = await postgresHome(closed, folder, account)
    assert.equal(home, join(folder, 'native'))
    assert.equal(existsSync(join(home, 'bin/postgres')), true)
    assert.equal(await postgresHome(closed, folder, undefined), closed)
    await rm(folder, { recursive: true })
  })
})

describe('embedded Redis', () => {
  before(function () { if (!hasRedis) this.skip() })

  it('answers, keeps nothing, and is gone after stop', async () => {
    const { url } = await redis()
    const client = new Redis(url)
    assert.equal(await client.ping(), 'PONG')
    assert.deepEqual(await client.config('GET', 'save'), ['save', ''])
    await client.quit()
  })

  it('comes back on the port it had', async () => {
    const port = await freePort()
    const first = await startRedis({ port })
    await first.stop()
    assert.equal(runs(first.pid), false)
    const second = await startRedis({ port })
    assert.equal(second.port, port)
    await second.stop()
  })

  it('tells when it has died unasked', async () => {
    const server = await startRedis()
    process.kill(server.pid, 'SIGKILL')
    await server.exited
    assert.notEqual(await until(() => !runs(server.pid), 1000), undefined)
    await server.stop()
  })
})

describe('finding Redis', () => {
  it('finds none where there is none, and says what to install', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'brownout-test-path-'))
    assert.equal(findRedis({ PATH: empty, HOME: empty }), undefined)
    const path = process.env['PATH']
    const cache = process.env['XDG_CACHE_HOME']
    process.env['PATH'] = empty
    process.env['XDG_CACHE_HOME'] = empty
    try {
      await assert.rejects(startRedis(), (error) => codeOf('REDIS_MISSING')(error) && error instanceof BrownoutError && /apt-get install redis-server/.test(error.hint))
    } finally {
      process.env['PATH'] = path
      if (cache === undefined) delete process.env['XDG_CACHE_HOME']
      else process.env['XDG_CACHE_HOME'] = cache
      rmSync(empty, { recursive: true })
    }
  })
})
