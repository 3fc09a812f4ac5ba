/** A compose file as far as it matters who depends on whom and how they find one another. */

import { LineCounter, parseDocument } from 'yaml'
import { BrownoutError } from '../core/errors.ts'
import { isMap } from '../experiment/tree.ts'

export interface Service {
  readonly name: string
  /** With defaults put in for variables; empty where it is built. */
  readonly image: string
  /** Ports inside the container that it says to have. */
  readonly ports: readonly number[]
  /** Its aliases by network; undefined: it is in the default one. */
  readonly networks: ReadonlyMap<string, readonly string[]> | undefined
  readonly dependsOn: readonly string[]
  readonly links: readonly string[]
  readonly containerName: string | undefined
  readonly networkMode: string | undefined
}

const BYTES_MAX = 1024 * 1024
const ALIASES_MAX = 200

/** COMPOSE_INVALID. Merge keys and tags are compose's own affair: they are followed, and passed over. */
export function readCompose(text: string, file: string): readonly Service[] {
  const invalid = (message: string, place = { line: 1, column: 1 }): never => { throw new BrownoutError('COMPOSE_INVALID', { message, place: { file, ...place } }) }
  if (Buffer.byteLength(text) > BYTES_MAX) invalid(`the file is larger than ${BYTES_MAX / 1024} KiB`)
  const lines = new LineCounter()
  const document = parseDocument(text, { merge: true, lineCounter: lines, logLevel: 'silent' })
  const [error] = document.errors
  if (error) {
    const { line, col } = lines.linePos(error.pos[0])
    invalid(error.message.split('\n')[0] ?? error.message, { line, column: col })
  }
  const tree = treeOf(() => document.toJS({ maxAliasCount: ALIASES_MAX }), invalid)
  const services = mapOf(mapOf(tree)['services'])
  const found = Object.entries(services).flatMap(([name, one]) => (isMap(one) ? [serviceOf(name, mapOf(one))] : []))
  return found.length > 0 ? found : invalid('there are no services in it')
}

function treeOf(read: () => unknown, invalid: (message: string) => never): unknown {
  try {
    return read()
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error))
  }
}

function serviceOf(name: string, one: Readonly<Record<string, unknown>>): Service {
  const networks = one['networks']
  return {
    name, image: expanded(textOf(one['image']) ?? ''),
    ports: [...new Set([...listOf(one['expose']), ...listOf(one['ports'])].flatMap(portOf))],
    networks: networks === undefined || networks === null ? undefined : Array.isArray(networks) ? new Map(namesOf(networks).map((network) => [network, []])) : new Map(Object.entries(mapOf(networks)).map(([network, how]) => [network, namesOf(mapOf(how)['aliases'])])),
    dependsOn: namesOf(one['depends_on']), links: namesOf(one['links']).map((link) => link.split(':')[0] ?? ''),
    containerName: textOf(one['container_name']), networkMode: textOf(one['network_mode']),
  }
}

/** `6379`, `6379/tcp`, `127.0.0.1:8080:80`, `{ target: 80 }`: the container's side. Ranges are not told apart. */
function portOf(entry: unknown): readonly number[] {
  const text = isMap(entry) ? String(mapOf(entry)['target'] ?? '') : expanded(String(entry))
  const port = Number(/(?:^|:)(\d{1,5})(?:\/tcp)?$/.exec(text)?.[1])
  return port > 0 && port < 65_536 ? [port] : []
}

/** `${TAG:-7}` is 7; a variable that has no default is nothing. */
const expanded = (text: string): string => text.replace(/\$\{[A-Za-z_]\w*(?::?-([^}]*))?[^}]*\}|\$[A-Za-z_]\w*/g, (_whole, otherwise: string | undefined) => otherwise ?? '')

const mapOf = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {})
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
/** Of a list, or the keys of a mapping. */
const namesOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : Object.keys(mapOf(value)))
