/**
 * Where nodes of a Redis Cluster, replicas and Sentinels are, as servers tell it: found in a reply, and told otherwise, so that a
 * client that believes it comes to a proxy. Everything else in the reply stays as it is, byte for byte.
 */

import { infoText, type NodeAddress, nodesText, redirected, sentinelEvent, type Swap } from './topology-text.ts'
import { Edits, fieldOf, readValue, type Value } from './value.ts'

/** Where clients are to find a node; undefined where that is not known, or not yet. */
export type NodeMap = (node: NodeAddress) => NodeAddress | undefined

export interface Rewritten {
  /** The very buffer where it names no node. */
  readonly raw: Buffer
  /** Nodes that the map does not know: in `raw` they are NOWHERE. Rewrite the reply again once they are known. */
  readonly unknown: readonly NodeAddress[]
}

/** Nobody can listen there: what must not be reached is written so. */
export const NOWHERE: NodeAddress = { host: '127.0.0.1', port: 0 }

interface Telling { readonly edits: Edits; readonly swap: Swap; readonly tls: boolean }
type Teller = (value: Value, telling: Telling) => void

/** A node says its name where it is told to and does not have one. */
const UNNAMED = '?'
const PORT_MAX = 65_535

const each = (teller: Teller): Teller => ({ items }, telling) => { for (const item of items) teller(item, telling) }
const asText = (change: (text: string, swap: Swap) => string): Teller => (value, { edits, swap }) => {
  if (isString(value)) edits.say(value, change(value.text, swap))
}

/** By command, as `commandNamed` names it. */
const TELLERS: Readonly<Record<string, Teller>> = {
  'CLUSTER SLOTS': each(({ items: [, , ...nodes] }, telling) => { for (const node of nodes) slotsNode(node, telling) }),
  'CLUSTER SHARDS': each((shard, telling) => { for (const node of fieldOf(shard, 'nodes')?.items ?? []) shardsNode(node, telling) }),
  'CLUSTER NODES': asText(nodesText),
  'CLUSTER REPLICAS': each(asText(nodesText)),
  'CLUSTER SLAVES': each(asText(nodesText)),
  'SENTINEL GET-MASTER-ADDR-BY-NAME': ({ items: [host, port] }, telling) => pair(host, port, telling),
  'SENTINEL MASTERS': each(sentinelInstance),
  'SENTINEL MASTER': sentinelInstance,
  'SENTINEL REPLICAS': each(sentinelInstance),
  'SENTINEL SLAVES': each(sentinelInstance),
  'SENTINEL SENTINELS': each(sentinelInstance),
  ROLE: role,
  INFO: asText(infoText),
}

/** Its answer tells where nodes are. */
export const tellsNodes = (command: string): boolean => Object.hasOwn(TELLERS, command)

export interface Asked {
  /** The command that is answered; undefined of what answers none, such as a message of pub/sub. */
  readonly command: string | undefined
  /** Of an EXEC: which of its commands answers where, those that tell nodes at least. */
  readonly queued?: ReadonlyMap<number, string>
}

/**
 * A complete reply, its addresses rewritten. `tls`: the port at which a node speaks TLS is the one meant, where both are told.
 * What cannot be read, or says something else than it should, stays as it is. Never throws.
 */
export function rewriteNodes(raw: Buffer, { command, queued }: Asked, map: NodeMap, tls = false): Rewritten {
  const unknown = new Map<string, NodeAddress>()
  const swap: Swap = (host, written) => {
    const port = /^[1-9]\d{0,4}$/.test(written) ? Number(written) : 0
    if (port === 0 || port > PORT_MAX || host === UNNAMED) return undefined
    const node = { host, port }
    const found = map(node)
    if (!found) unknown.set(`${host}:${port}`, node)
    return found ?? NOWHERE
  }
  const value = readValue(raw)
  if (!value) return { raw, unknown: [] }
  const telling: Telling = { edits: new Edits(raw), swap, tls }
  if (isError(value)) redirection(value, telling)
  else if (command === 'EXEC') for (const [index, item] of value.items.entries()) answered(item, queued?.get(index), telling)
  else answered(value, command, telling)
  if (command === undefined && (value.type === 'Push' || value.type === 'Array')) published(value, telling)
  return { raw: telling.edits.result, unknown: [...unknown.values()] }
}

function answered(value: Value, command: string | undefined, telling: Telling): void {
  if (isError(value)) redirection(value, telling)
  else if (command !== undefined && tellsNodes(command)) TELLERS[command]?.(value, telling)
}

function redirection(value: Value, { edits, swap }: Telling): void { edits.say(value, redirected(value.text, swap)) }

/** `message CHANNEL TEXT` and `pmessage PATTERN CHANNEL TEXT`: what a Sentinel publishes. */
function published({ items }: Value, { edits, swap }: Telling): void {
  const [kind, ...rest] = items
  const word = kind?.text
  if ((word !== 'message' || items.length !== 3) && (word !== 'pmessage' || items.length !== 4)) return
  const [channel, text] = rest.slice(-2)
  if (channel && text && isString(text)) edits.say(text, sentinelEvent(channel.text, text.text, swap))
}

/** HOST PORT ID FIELDS: the host may be null, an address, a name or `?`; the fields hold what of `ip` and `hostname` it is not. */
function slotsNode({ items: [host, port, , more] }: Value, telling: Telling): void {
  if (!host || !port) return
  const others = more ? ['ip', 'hostname'].flatMap((name) => fieldOf(more, name) ?? []) : []
  const named = host.text === UNNAMED ? others.find((one) => one.text !== '') : host
  const node = named && telling.swap(named.text, port.text)
  if (!node) return
  if (host === named) telling.edits.say(host, node.host)
  told(others, node.host, telling)
  telling.edits.say(port, String(node.port))
}

/** Both ports lead to one listener: a client takes the one that it speaks. */
function shardsNode(node: Value, telling: Telling): void {
  const [ip, endpoint, hostname, plain, secure] = ['ip', 'endpoint', 'hostname', 'port', 'tls-port'].map((name) => fieldOf(node, name))
  const host = [endpoint, ip, hostname].find((one) => one !== undefined && one.text !== UNNAMED)
  const ports = [plain, secure].filter((one) => one !== undefined)
  const port = telling.tls ? secure ?? plain : plain ?? secure
  const found = host && port && telling.swap(host.text, port.text)
  if (!found) return
  told([ip, endpoint, hostname], found.host, telling)
  for (const one of ports) telling.edits.say(one, String(found.port))
}

/** Names of one node: those that name nothing stay so. */
function told(names: readonly (Value | undefined)[], host: string, { edits }: Telling): void {
  for (const name of names) if (name && name.text !== '' && name.text !== UNNAMED) edits.say(name, host)
}

/** master OFFSET ((HOST PORT OFFSET) …), or slave HOST PORT STATE OFFSET. */
function role({ items: [kind, second, third] }: Value, telling: Telling): void {
  const word = kind?.text
  if (word === 'slave') pair(second, third, telling)
  if (word === 'master') for (const { items: [host, port] } of third?.items ?? []) pair(host, port, telling)
}

/** A replica is called by its address; a master and a Sentinel have names of their own. */
function sentinelInstance(instance: Value, telling: Telling): void {
  const [name, ip, port, masterHost, masterPort] = ['name', 'ip', 'port', 'master-host', 'master-port'].map((field) => fieldOf(instance, field))
  if (name && ip && port && name.text === `${ip.text}:${port.text}`) {
    const node = telling.swap(ip.text, port.text)
    if (node) telling.edits.say(name, `${node.host}:${node.port}`)
  }
  pair(ip, port, telling)
  pair(masterHost, masterPort, telling)
}

function pair(host: Value | undefined, port: Value | undefined, { edits, swap }: Telling): void {
  const node = host && port && !host.nil ? swap(host.text, port.text) : undefined
  if (!host || !port || !node) return
  edits.say(host, node.host)
  edits.say(port, String(node.port))
}

const isError = ({ type }: Value): boolean => type === 'SimpleError' || type === 'BulkError'
const isString = ({ type }: Value): boolean => type === 'BulkString' || type === 'VerbatimString' || type === 'SimpleString'
