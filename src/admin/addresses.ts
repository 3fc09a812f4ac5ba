/** Addresses as Toxiproxy takes them, and which of them may be listened on and connected to. */

import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopback } from '../core/loopback.ts'
import type { Address } from '../proxy/plane.ts'
import { Refusal } from './refusal.ts'

interface HostPort { readonly host: string; readonly port: string }
export type TcpAddress = Extract<Address, { readonly port: number }>

/** Go's words for what is wrong with an address. */
class AddressError extends Error {}

const WILDCARD = '::'

/** As Go's SplitHostPort. */
function splitHostPort(text: string): HostPort {
  if (text === '') return { host: '', port: '' }
  const found = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text)
  if (found) return { host: found[1] ?? found[2] ?? '', port: found[3] ?? '' }
  throw new AddressError(`address ${text}: ${/^(\[[^\]]*\]|[^:]*)$/.test(text) ? 'missing port in address' : 'too many colons in address'}`)
}

function portOf(text: string): number {
  if (text === '') return 0
  if (!/^[+-]?\d+$/.test(text)) throw new AddressError(`address tcp/${text}: unknown port`)
  const port = Number(text)
  if (port < 0 || port > 65_535) throw new AddressError(`address ${text}: invalid port`)
  return port
}

async function resolveHost(host: string): Promise<string> {
  if (isIP(host)) return host
  try {
    // IPv4 where there is any, as Go: clients take `listen` apart at its colon.
    const found = await lookup(host, { all: true })
    const address = (found.find(({ family }) => family === 4) ?? found[0])?.address
    if (address !== undefined) return address
  } catch (cause) {
    throw Object.assign(new AddressError(`lookup ${host}: no such host`), { cause })
  }
  throw new AddressError(`lookup ${host}: no such host`)
}

export interface ListenPolicy {
  /** Addresses other than loopback may be listened on. */
  readonly allowListen: boolean
  /** Told when no host was given and loopback was put in its place. */
  onDefault(listen: string): void
}

/** A listen text as a numeric address. Every spelling of the wildcard is `::`, so that they compare equal. Refusal 500 with Go's words (after `prefix`), 403 where it is not allowed. */
export async function resolveListen(text: string, { allowListen, onDefault }: ListenPolicy, prefix: string): Promise<TcpAddress> {
  try {
    const { host: written, port: writtenPort } = splitHostPort(text)
    const port = portOf(writtenPort)
    if (written === '' && !allowListen) {
      onDefault(text)
      return { host: '127.0.0.1', port }
    }
    const host = written === '' ? WILDCARD : await resolveHost(written)
    if (!allowListen && !isLoopback(host)) throw new Refusal(403, `listen address ${text} is not loopback: brownout serves it only when started with --allow-listen`)
    return { host: host === '0.0.0.0' || isWildcard6(host) ? WILDCARD : host, port }
  } catch (error) {
    throw error instanceof AddressError ? new Refusal(500, `${prefix}${error.message}`, error) : error
  }
}

const isWildcard6 = (host: string): boolean => isIPv6(host) && /^[0:]+$/.test(host)

/** An upstream text as an address to dial. It is not checked until somebody connects: what cannot be understood is an address that refuses. */
export function upstreamAddress(text: string): TcpAddress {
  const nowhere = { host: '127.0.0.1', port: 0 }
  try {
    const { host, port } = splitHostPort(text)
    return /^[\w.:%-]*$/.test(host) ? { host: host === '' ? 'localhost' : host, port: portOf(port) } : nowhere
  } catch (error) {
    if (error instanceof AddressError) return nowhere
    throw error
  }
}

/** Where no proxy has any business: cloud metadata and what is only this host's link, in any spelling of it. */
const DENIED: readonly (readonly [readonly string[], string])[] = [
  [['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128'], 'a link-local address'],
  [['0.0.0.0/8', '::/128'], 'not an address to connect to'],
  [['255.255.255.255/32', '224.0.0.0/4', 'ff00::/8'], 'a broadcast or multicast address'],
]
const DENY_LISTS = DENIED.map(([blocks, why]) => {
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/')
    list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  return { list, why }
})

/** Why a numeric address may not be connected to; undefined where it may, and for names. */
export function deniedAddress(host: string): string | undefined {
  const family = isIP(host)
  return family === 0 ? undefined : DENY_LISTS.find(({ list }) => list.check(host, family === 6 ? 'ipv6' : 'ipv4'))?.why
}

/** Whether a host is this machine: loopback, the wildcard, or an address of one of its interfaces. */
export function isOwnHost(host: string): boolean {
  const plain = host.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  return isLoopback(plain) || plain === '0.0.0.0' || plain === WILDCARD || Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === plain))
}
