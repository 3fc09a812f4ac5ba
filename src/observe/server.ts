/** Which server behind a target can be asked, and how it is reached: past the proxy, with the credentials of its URL. */

import type { ConnectionOptions } from 'node:tls'
import { isLoopback } from '../core/loopback.ts'

export interface ServerSpec {
  readonly name: string
  readonly protocol: string
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  /** With its secrets. */
  readonly url: URL
  /** Undefined: no TLS. */
  readonly tls?: ConnectionOptions | undefined
}

export interface Credentials { readonly user: string | undefined; readonly password: string | undefined; readonly database: string }

/** Of a URL, decoded; the database without its slash. */
export function credentialsOf({ username, password, pathname }: URL): Credentials {
  const decoded = (text: string): string | undefined => (text === '' ? undefined : decodeURIComponent(text))
  return { user: decoded(username), password: decoded(password), database: decoded(pathname.slice(1)) ?? '' }
}

/** TLS as the proxy speaks it to that server; of this machine no certificate is checked. */
export const tlsFor = (host: string, { verify, ca }: { readonly verify: boolean; readonly ca?: string | undefined }): ConnectionOptions =>
  ({ rejectUnauthorized: verify && !isLoopback(host), servername: /^[\d.]+$|:/.test(host) ? '' : host, ...(ca === undefined ? {} : { ca }) })
