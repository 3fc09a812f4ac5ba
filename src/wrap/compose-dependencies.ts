/** Which services of a compose file are dependencies, and what they speak. Pure. */

import { BrownoutError, nearest } from '../core/errors.ts'
import type { Protocol } from '../protocols/codec.ts'
import type { Service } from './compose-file.ts'

export interface Dependency { readonly service: Service; readonly protocol: Protocol; readonly port: number }
interface Kind { readonly protocol: Protocol; readonly port: number }

const [REDIS, POSTGRES, MYSQL, MEMCACHED, MONGO]: readonly Kind[] = [
  { protocol: 'redis', port: 6379 }, { protocol: 'postgres', port: 5432 }, { protocol: 'tcp', port: 3306 }, { protocol: 'tcp', port: 11_211 }, { protocol: 'tcp', port: 27_017 },
]
const KINDS = [REDIS, POSTGRES, MYSQL, MEMCACHED, MONGO].flatMap((kind) => kind ?? [])
/** By the last word of an image's path. `redis-commander` and `postgres-exporter` are none of them. */
const IMAGES: Readonly<Record<string, Kind | undefined>> = {
  redis: REDIS, 'redis-stack': REDIS, 'redis-stack-server': REDIS, valkey: REDIS, keydb: REDIS, dragonfly: REDIS,
  postgres: POSTGRES, postgresql: POSTGRES, postgis: POSTGRES, pgvector: POSTGRES, timescaledb: POSTGRES, 'timescaledb-ha': POSTGRES, pgbouncer: POSTGRES,
  mysql: MYSQL, mariadb: MYSQL, 'percona-server': MYSQL, percona: MYSQL, memcached: MEMCACHED, mongo: MONGO, mongodb: MONGO,
}
const PROTOCOLS: readonly Protocol[] = ['tcp', 'redis', 'postgres', 'http', 'websocket']

/** Databases and caches, by their image or a port that is only theirs; with `named` (NAME, NAME=PROTOCOL or NAME=PROTOCOL:PORT) those alone. USAGE, NOTHING_TO_WRAP. */
export function dependenciesOf(services: readonly Service[], named: readonly string[]): readonly Dependency[] {
  const found = named.length > 0 ? named.map((text) => namedBy(text, services)) : services.flatMap((service) => {
    const kind = kindOf(service)
    return kind ? [{ service, protocol: kind.protocol, port: portOf(service, kind) ?? kind.port }] : []
  })
  if (found.length === 0) throw new BrownoutError('NOTHING_TO_WRAP', { message: `no service is a database or cache by its image or port: there are ${services.map(({ name }) => name).join(', ')}`, hint: 'name one: --service NAME, or --service NAME=http:8080' })
  for (const { service } of found) {
    if (service.networkMode !== undefined) throw new BrownoutError('COMPOSE_INVALID', { message: `${service.name}: with network_mode: ${service.networkMode} it is in no network that it could be moved to`, hint: 'give it a network, or name the others by --service' })
  }
  return found
}

function kindOf({ image, ports }: Service): Kind | undefined {
  const name = image.slice(image.lastIndexOf('/') + 1).split(/[:@]/)[0] ?? ''
  if (Object.hasOwn(IMAGES, name)) return IMAGES[name]
  return KINDS.find(({ port }) => ports.length === 1 && ports.includes(port))
}

/** Its usual port, unless it says that it has one other. */
const portOf = ({ ports }: Service, { port }: Kind): number | undefined => (ports.length === 1 && !ports.includes(port) ? ports[0] : port)

function namedBy(text: string, services: readonly Service[]): Dependency {
  const [, name = '', protocol, port] = /^([^=]+)(?:=([a-z]+)(?::(\d{1,5}))?)?$/.exec(text) ?? []
  const spoken = protocol === undefined ? undefined : PROTOCOLS.find((one) => one === protocol)
  if (name === '' || (protocol !== undefined && spoken === undefined)) throw new BrownoutError('USAGE', { message: `--service ${text}: expected NAME, NAME=PROTOCOL or NAME=PROTOCOL:PORT`, hint: `protocols are ${PROTOCOLS.join(', ')}` })
  const service = services.find((one) => one.name === name)
  if (!service) {
    const near = nearest(name, services.map((one) => one.name))
    throw new BrownoutError('USAGE', { message: `--service ${name}: there is no such service`, hint: near ? `did you mean "${near}"?` : `there are ${services.map((one) => one.name).join(', ')}` })
  }
  const kind = kindOf(service)
  const at = port === undefined ? (kind ? portOf(service, kind) : service.ports.length === 1 ? service.ports[0] : undefined) : Number(port)
  if (at === undefined || at < 1 || at > 65_535) throw new BrownoutError('USAGE', { message: `--service ${name}: the file does not say at which port it serves`, hint: `write it: --service ${name}=${spoken ?? 'http'}:8080` })
  return { service, protocol: spoken ?? kind?.protocol ?? 'http', port: at }
}
