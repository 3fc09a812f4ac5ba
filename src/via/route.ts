/** Where a target's proxy lives when it is not ours: `via: toxiproxy://HOST:8474/NAME?listen=HOST:PORT`. */

import { isLoopback } from '../core/loopback.ts'

export interface ViaRoute {
  /** The admin API: `http://host:8474`. */
  readonly server: string
  readonly host: string
  /** The proxy to adopt, or to make where there is none; undefined: one of our own. */
  readonly proxy: string | undefined
  /** Where a proxy that is made listens, as Toxiproxy writes it; port 0 takes a free one. */
  readonly listen: string
}

const ADMIN_PORT = '8474'
const FORM = 'write toxiproxy://HOST:8474, with /NAME for a proxy that is there, with ?listen=HOST:PORT for where a new one shall listen'
/** The client puts names into paths as they are: these need no escape there. */
const NAME = /^[A-Za-z0-9._~-]{1,128}$/

export function parseVia(text: string): ViaRoute | { readonly wrong: string; readonly hint: string } {
  if (!text.startsWith('toxiproxy://') || !URL.canParse(text)) return { wrong: 'expected toxiproxy://HOST:PORT', hint: FORM }
  const { hostname, port, pathname, searchParams, username, password, hash } = new URL(text)
  if (hostname === '') return { wrong: 'the URL names no host', hint: FORM }
  if (username || password || hash) return { wrong: 'a user, a password or a fragment means nothing to a Toxiproxy', hint: FORM }
  const proxy = pathname.replace(/^\//, '')
  if (proxy !== '' && !NAME.test(proxy)) return { wrong: `"${proxy}" cannot be used as the name of a proxy`, hint: 'letters, digits, dot, dash, underscore and tilde' }
  const unknown = [...searchParams.keys()].find((key) => key !== 'listen')
  if (unknown !== undefined) return { wrong: `"${unknown}" means nothing here`, hint: FORM }
  const listen = searchParams.get('listen') ?? `${isLoopback(hostname) ? '127.0.0.1' : '0.0.0.0'}:0`
  if (!/:\d{1,5}$/.test(listen)) return { wrong: `listen: expected HOST:PORT, not "${listen}"`, hint: FORM }
  return { server: `http://${hostname}:${port || ADMIN_PORT}`, host: hostname.replace(/^\[|\]$/g, ''), proxy: proxy || undefined, listen }
}

/** How we reach what a Toxiproxy listens on: its wildcards and its own loopback mean nothing to us where it is another machine. */
export function reachable(listen: string, { host }: Pick<ViaRoute, 'host'>): { readonly host: string; readonly port: number } {
  const at = listen.lastIndexOf(':')
  const bound = listen.slice(0, at).replace(/^\[|\]$/g, '')
  const wildcard = bound === '' || bound === '::' || bound === '0.0.0.0'
  return { host: wildcard || (isLoopback(bound) && !isLoopback(host)) ? host : bound, port: Number(listen.slice(at + 1)) }
}
