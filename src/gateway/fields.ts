/** Fields of HTTP heads on their way through the gateway: as they were written, but for what names one side to the other. */

import type { ClientRequest, IncomingMessage } from 'node:http'

/** A field with all its values, named as it was written. Node joins fields of one name or drops them, and forgets their capitals. */
interface Field { readonly name: string; readonly values: readonly string[] }

/** By name in small letters, in the order in which they came. */
function fieldsOf(raw: readonly string[]): ReadonlyMap<string, Field> {
  const fields = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [raw[at] ?? '', raw[at + 1] ?? '']
    const there = fields.get(name.toLowerCase())
    if (there) there.values.push(value)
    else fields.set(name.toLowerCase(), { name, values: [value] })
  }
  return fields
}

/** What asks for another protocol on the same connection, and goes no further than that. */
const OFFERS = ['upgrade', 'http2-settings']

/** The fields of a request without any offer to upgrade. */
export function withoutOffers(raw: readonly string[]): readonly string[] {
  return [...fieldsOf(raw)].filter(([key]) => !OFFERS.includes(key)).flatMap(([key, { name, values }]) => {
    const kept = key === 'connection' ? values.map(withoutTokens).filter((value) => value !== '') : values
    return kept.flatMap((value) => [name, value])
  })
}

const withoutTokens = (connection: string): string =>
  connection.split(',').map((token) => token.trim()).filter((token) => !OFFERS.includes(token.toLowerCase())).join(', ')

/** Gives a request that was not sent yet the fields of the client's, with `host` in the place of its own. */
export function carryFields(onto: ClientRequest, raw: readonly string[], host: string): void {
  // Of what was taken away Node adds nothing of its own.
  for (const name of [...onto.getHeaderNames(), 'connection']) onto.removeHeader(name)
  const fields = fieldsOf(raw)
  if (!fields.has('host')) onto.setHeader('Host', host)
  for (const [key, { name, values }] of fields) onto.setHeader(name, key === 'host' ? host : values)
}

export interface Origins {
  /** `https://api.example:8443`, as URL has it. */
  readonly upstream: string
  /** How the client found us, `http://127.0.0.1:4000`; undefined where it did not say. */
  readonly client: string | undefined
}

/** Fields of an answer as the client is to have them: it stays with us where the upstream speaks of itself, and can keep its cookies. `as`: named in small letters, or as they were written. */
export function answerFields({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, origins: Origins, as: 'small' | 'written'): Record<string, string | string[]> {
  const secure = origins.client?.startsWith('https:') ?? false
  const told = (key: string, value: string): string => {
    if (key === 'location') return localLocation(value, origins)
    return key === 'set-cookie' ? localCookie(value, secure) : value
  }
  return Object.fromEntries([...fieldsOf(rawHeaders)].map(([key, { name, values }]) => {
    const [first = '', ...more] = values.map((value) => told(key, value))
    return [as === 'small' ? key : name, more.length > 0 ? [first, ...more] : first]
  }))
}

/** A reference without a scheme takes that of the upstream; one without a host leads to the client's own anyway. */
function localLocation(location: string, { upstream, client }: Origins): string {
  const authority = /^(?:https?:)?\/\/[^/?#]*/i.exec(location)?.[0]
  if (authority === undefined || client === undefined) return location
  const whole = authority.startsWith('//') ? `${new URL(upstream).protocol}${authority}` : authority
  return URL.canParse(whole) && new URL(whole).origin === upstream ? `${client}${location.slice(authority.length)}` : location
}

function localCookie(cookie: string, secure: boolean): string {
  const own = cookie.replace(/;\s*domain\s*=[^;]*/gi, '')
  return secure ? own : own.replace(/;\s*secure\s*(?=;|$)/gi, '')
}
