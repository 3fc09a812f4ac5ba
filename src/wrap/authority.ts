/** Whom an application has to trust to speak TLS with the proxies: a certificate made for them, in files that are gone when the command is. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { throwAway } from '../proxy/tls.ts'

export interface Authority {
  readonly folder: string
  /** PEM text, for the proxies. */
  readonly made: { readonly cert: string; readonly key: string }
  /** PEM file of the certificate. */
  readonly file: string
  /** What programs are told it by. */
  readonly env: Readonly<Record<string, string>>
  remove(): void
}

/** Where systems keep the authorities that programs trust. */
const SYSTEM = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem', '/opt/homebrew/etc/ca-certificates/cert.pem']

/** NODE_EXTRA_CA_CERTS adds to what Node trusts; SSL_CERT_FILE takes the place of what OpenSSL does, so all of that is in its file too; PGSSLROOTCERT is for libpq. */
export async function makeAuthority(env: NodeJS.ProcessEnv): Promise<Authority> {
  const made = await throwAway()
  const folder = mkdtempSync(join(tmpdir(), 'brownout-wrap-'))
  const write = (name: string, ...parts: readonly string[]): string => {
    const file = join(folder, name)
    writeFileSync(file, parts.filter((part) => part !== '').map((part) => `${part.trimEnd()}\n`).join(''), { mode: 0o600, flag: 'wx' })
    return file
  }
  const system = (env['SSL_CERT_FILE'] ? textOf(env['SSL_CERT_FILE']) : SYSTEM.map(textOf).find((text) => text !== '')) || rootCertificates.join('\n')
  const file = write('authority.pem', made.cert)
  return {
    folder, made, file,
    env: {
      NODE_EXTRA_CA_CERTS: env['NODE_EXTRA_CA_CERTS'] ? write('node.pem', textOf(env['NODE_EXTRA_CA_CERTS']), made.cert) : file,
      SSL_CERT_FILE: write('bundle.pem', system, made.cert),
      PGSSLROOTCERT: file,
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Empty where it cannot be read: the program would not have read it either. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error) return ''
    throw error
  }
}
