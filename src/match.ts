/** Which connections a rule concerns. */

import { BlockList, isIP } from 'node:net'
import type { Where } from './rule.ts'

/** What is known of a connection before its first byte. */
export interface Facets { readonly client: string; readonly from?: string | undefined }

/** A predicate for `where`; an absent or empty one matches everything. An address that is none matches nothing. */
export function matcher(where: Where | undefined): (facets: Facets) => boolean {
  const { client, from } = where ?? {}
  const blocks = client === undefined ? undefined : blockList(client)
  return (facets) =>
    (from === undefined || facets.from === from) &&
    (blocks === undefined || blocks.check(unmapped(facets.client), isIP(unmapped(facets.client)) === 6 ? 'ipv6' : 'ipv4'))
}

/** True where `text` is an address or a CIDR block. */
export function isClientPattern(text: string): boolean {
  const [address = '', prefix] = text.split('/')
  const family = isIP(address)
  return family !== 0 && (prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)))
}

function blockList(client: string): BlockList {
  const list = new BlockList()
  if (!isClientPattern(client)) return list
  const [address = '', prefix] = client.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (prefix === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(prefix), family)
  return list
}

/** A dual-stack listener sees IPv4 clients as ::ffff:a.b.c.d. */
const unmapped = (address: string): string => (address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address)
