import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAuthority } from '../../src/wrap/authority.ts'

const read = (file: string | undefined): string => readFileSync(file ?? assert.fail('no file is named'), 'utf8')

describe('whom a wrapped command trusts', () => {
  it('is the proxies\' certificate beside all that it trusts already, in files for its owner that are taken away', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'brownout-authority-'))
    try {
      const own = { NODE_EXTRA_CA_CERTS: join(folder, 'node.pem'), SSL_CERT_FILE: join(folder, 'all.pem') }
      writeFileSync(own.NODE_EXTRA_CA_CERTS, 'OF NODE')
      writeFileSync(own.SSL_CERT_FILE, 'OF ALL')
      const authority = await makeAuthority(own)
      const { cert, key } = authority.made
      assert.equal(read(authority.env['NODE_EXTRA_CA_CERTS']), `OF NODE\n${cert.trimEnd()}\n`)
      assert.equal(read(authority.env['SSL_CERT_FILE']), `OF ALL\n${cert.trimEnd()}\n`)
      assert.equal(read(authority.env['PGSSLROOTCERT']), `${cert.trimEnd()}\n`)
      for (const file of Object.values(authority.env)) {
        assert.equal(statSync(file).mode & 0o777, 0o600)
        assert.ok(!read(file).includes(key.trim()))
      }
      authority.remove()
      assert.ok(!existsSync(authority.folder))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('is the system\'s authorities where nothing else is named', async () => {
    const authority = await makeAuthority({})
    try {
      assert.ok(read(authority.env['SSL_CERT_FILE']).split('BEGIN CERTIFICATE').length > 20)
      assert.equal(authority.env['NODE_EXTRA_CA_CERTS'], authority.file)
    } finally {
      authority.remove()
    }
  })
})
