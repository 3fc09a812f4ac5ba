/** A place where a dependency is named: one variable or some that go together, and how they are written anew. Pure. */

import { proxiedAddress } from '../experiment/addresses.ts'
import type { Upstream } from '../experiment/upstream.ts'
import type { Protocol } from '../protocols/codec.ts'
import type { TlsOptions } from '../proxy/plane.ts'

/** Where a target is found now. */
export interface Moved {
  readonly host: string
  readonly port: number
  readonly tls: Pick<TlsOptions, 'client' | 'upstream'>
  /** PEM file with the certificate that is shown to who insists on TLS. */
  readonly authority: string | undefined
}

export interface Mention {
  /** What its target is called, unless something else is. */
  readonly name: string
  readonly variables: readonly string[]
  readonly at: Upstream
  readonly protocol: Protocol
  /** A database or cache: wrapped without being asked for. */
  readonly dependency: boolean
  /** Of each variable that must change, its value. */
  rewritten(moved: Moved): Readonly<Record<string, string>>
}

/** What leads somewhere and is left alone. */
export interface Seen { readonly variable: string; readonly value: string; readonly why: string }

/** Modes of libpq that look at the certificate. */
export const verifies = (mode: string | undefined): boolean => mode === 'verify-ca' || mode === 'verify-full'

/** What a Postgres URL says of TLS, in the words of libpq; undefined where it says nothing. Drivers have `ssl` too. */
export function sslmodeOf({ searchParams }: URL): string | undefined {
  const [mode, ssl] = [searchParams.get('sslmode'), searchParams.get('ssl')]
  if (mode !== null || ssl === null) return mode ?? undefined
  return /^(0|false)$/i.test(ssl) ? 'disable' : /^(disable|allow|prefer|verify-ca|verify-full)$/.test(ssl) ? ssl : 'require'
}

/** The URL with the proxy's address in it. Of a Postgres, what it does not say of TLS it is not made to say: not every driver knows those parameters. */
export function proxiedUrl(url: URL, { host, port, tls, authority }: Moved): string {
  const proxied = proxiedAddress({ url, spec: { tls } }, { host, port }).url
  if (!/^postgres(ql)?:$/.test(url.protocol)) return proxied
  const bare = proxied.slice(0, proxied.search(/[?#]|$/))
  const all = [...url.searchParams]
  // A login cannot be bound to a TLS that ends half-way.
  const kept = tls.upstream === 'off' ? all : all.filter(([name, value]) => !name.startsWith('ssl') && (name !== 'channel_binding' || value === 'disable'))
  if (kept.length === all.length) return `${bare}${url.search}${url.hash}`
  const mode = url.searchParams.get('sslmode')
  const said: [string, string][] = mode === null ? [] : verifies(mode) && authority !== undefined ? [['sslmode', mode], ['sslrootcert', authority]] : [['sslmode', 'disable']]
  // libpq takes a plus for a plus.
  const query = new URLSearchParams([...kept, ...said]).toString().replaceAll('+', '%20')
  return `${bare}${query && `?${query}`}${url.hash}`
}
