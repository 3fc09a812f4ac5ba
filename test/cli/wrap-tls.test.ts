/** `brownout wrap` around programs that speak TLS: with the proxy where they insist, and not at all where they need not. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { throwAway } from '../../src/proxy/tls.ts'
import { securePostgres, type SecurePostgres } from '../support/secure-postgres.ts'
import { until } from './brownout.ts'
import { wrapping } from './wrapped.ts'

const NODE_APP = `
const { Client } = require('pg')
const main = async () => {
  const db = new Client({ connectionString: process.env.DATABASE_URL })
  await db.connect()
  const { rows } = await db.query('select current_user as who, (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as ssl')
  console.log(JSON.stringify({ ...rows[0], encrypted: Boolean(db.connection.stream.encrypted) }))
  await db.end()
}
main().catch((error) => { console.error(error.message); process.exitCode = 3 })
`
/** Tells of files that are gone when it is. */
const WEB_APP = `
const { statSync, readFileSync } = require('node:fs')
fetch(process.env.API_URL).then((answer) => answer.text()).then((text) => console.log(JSON.stringify({
  text, url: process.env.API_URL, modes: ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'].map((name) => statSync(process.env[name]).mode & 0o777), authorities: readFileSync(process.env.SSL_CERT_FILE, 'utf8').split('BEGIN CERTIFICATE').length - 1, pg: process.env.PGSSLROOTCERT ?? null,
}))).catch((error) => { console.error(error.cause ?? error); process.exitCode = 3 })
`

describe('brownout wrap, with TLS', function () {
  this.timeout(60_000)
  let folder: string
  let db: SecurePostgres
  before(async () => { db = await securePostgres() })
  after(() => db.stop())
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-wrap-test-')) })
  afterEach(() => { rmSync(folder, { recursive: true, force: true }) })
  const left = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('brownout-wrap-') && !name.startsWith('brownout-wrap-test-') && statSync(join(tmpdir(), name)).uid === process.getuid?.())
  const urlWith = (query: string): string => `postgres://secured:secret@localhost:${db.port}/postgres${query}`

  for (const [query, encrypted] of [['?sslmode=verify-full&sslrootcert=CA', true], ['?sslmode=no-verify', false], ['', false]] as const) {
    it(`reaches a Postgres that will have TLS and a password, as ${query || 'a URL that says nothing of it'} has it`, async () => {
      writeFileSync(join(folder, 'app.cjs'), NODE_APP)
      const { exit, stdout, stderr } = await wrapping(['--', 'node', 'app.cjs'], folder, { DATABASE_URL: urlWith(query.replace('CA', encodeURIComponent(db.ca))) }).ended
      assert.equal(exit, 0, stderr)
      assert.deepEqual(JSON.parse(stdout), { who: 'secured', ssl: true, encrypted })
      assert.deepEqual(left(), [])
    })
  }

  for (const [how, modes] of [['looks at the certificate by PGSSLROOTCERT and finds ours', ['verify-full']], ['may have TLS or not, as it likes', ['prefer', undefined]]] as const) {
    it(`psql ${how}`, async function () {
      if (spawnSync('psql', ['--version']).status !== 0) this.skip()
      for (const mode of modes) {
        const { exit, stdout, stderr } = await wrapping(['--', 'psql', '-Atc', 'select current_user', '-c', '\\conninfo'], folder, {
          PGHOST: 'localhost', PGPORT: String(db.port), PGUSER: 'secured', PGPASSWORD: 'secret', PGDATABASE: 'postgres', PGSSLMODE: mode, PGSSLROOTCERT: mode === 'verify-full' ? db.ca : undefined,
        }).ended
        assert.equal(exit, 0, stderr)
        assert.match(stdout, /^secured\n/)
        // What says nothing of TLS is left so, and libpq then takes it where it can have it.
        assert.equal(stdout.includes('SSL connection'), mode !== 'prefer', stdout)
        assert.ok(!stderr.includes('secret'), stderr)
      }
    })
  }

  it('says of a server whose certificate does not hold what its client cannot know', async () => {
    const program = wrapping(['--', 'sleep', '60'], folder, { DATABASE_URL: urlWith('?sslmode=verify-full') })
    await until(() => /^brownout: database hangs up on the proxy: .*--insecure database/m.test(program.stderr()), 30_000)
    program.signal('SIGTERM')
    assert.equal((await program.ended).exit, 143)
  })

  it('an https target stays https; its client is told whom to trust, with all that it trusts already', async () => {
    const { cert, key } = await throwAway()
    const server: Server = createServer({ cert, key }, (request, response) => { response.end(`asked for ${request.headers.host}`) })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    try {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      writeFileSync(join(folder, 'app.cjs'), WEB_APP)
      const { exit, stdout, stderr } = await wrapping(['--target', 'api=API_URL', '--insecure', 'api', '--', 'node', 'app.cjs'], folder, { API_URL: `https://localhost:${port}/v1` }).ended
      assert.equal(exit, 0, stderr)
      const { text, url, modes, authorities, pg } = JSON.parse(stdout) as { text: string; url: string; modes: readonly number[]; authorities: number; pg: string | null }
      assert.match(url, /^https:\/\/127\.0\.0\.1:\d+\/v1$/)
      assert.equal(text, `asked for localhost:${port}`)
      assert.deepEqual([modes, pg], [[0o600, 0o600], null])
      assert.ok(authorities > 20, `${authorities}`)
      assert.deepEqual(left(), [])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
