/**
 * What is laid over a compose file so that dependencies are behind a proxy and nothing else is changed, neither programs nor their environment:
 *
 *   web ── default ──▶ brownout, called `redis` there ── behind_redis ──▶ redis, called `behind-redis` there
 *
 * A dependency leaves the networks that it was in for one that it shares with brownout alone, and brownout takes its names in those it left.
 */

import { Document, isMap, stringify } from 'yaml'
import { BrownoutError } from '../core/errors.ts'
import { literal } from '../experiment/interpolate.ts'
import type { Dependency } from './compose-dependencies.ts'
import type { Service } from './compose-file.ts'

export interface ComposeOptions {
  /** Of the brownout service; a second and third (`brownout-2`) where two dependencies have one port. */
  readonly name: string
  /** The package that is run: `brownout@0.1.0`. */
  readonly spec: string
  /** What the override is laid over, for people. */
  readonly file: string
  readonly overrideFile: string
}
export interface ComposeFile { readonly name: string; readonly text: string }
export interface ComposeResult {
  readonly override: string
  /** One for each brownout service. */
  readonly configs: readonly ComposeFile[]
  readonly gateways: readonly { readonly name: string; readonly adminPort: number; readonly dependencies: readonly Dependency[] }[]
  readonly warnings: readonly string[]
}

const IMAGE = 'node:20-slim'
const ADMIN_PORT = 8474
const DEFAULT = 'default'

interface Gateway { readonly name: string; readonly adminPort: number; readonly dependencies: Dependency[] }

export function composeOverride(services: readonly Service[], dependencies: readonly Dependency[], options: ComposeOptions): ComposeResult {
  const gateways = gatewaysOf(dependencies, options.name)
  const taken = gateways.find(({ name }) => services.some((one) => one.name === name))
  if (taken) throw new BrownoutError('NAME_TAKEN', { message: `there is a service named "${taken.name}" already`, hint: 'name ours otherwise: --name chaos' })
  const gatewayOf = new Map(gateways.flatMap(({ name, dependencies: all }) => all.map(({ service }) => [service.name, name] as const)))
  return {
    gateways, warnings: warningsOf(services, gatewayOf),
    override: overrideText(services, gateways, gatewayOf, options),
    configs: gateways.map((gateway) => ({ name: configName(gateway), text: configText(gateway, options) })),
  }
}

/** A listener has its dependency's own port, for that is where clients look: of one port there is one in each service. */
function gatewaysOf(dependencies: readonly Dependency[], name: string): readonly Gateway[] {
  const gateways: Gateway[] = []
  for (const one of dependencies) {
    const free = gateways.find((gateway) => gateway.dependencies.every(({ port }) => port !== one.port))
    const ordinal = gateways.length + 1
    if (free) free.dependencies.push(one)
    else gateways.push({ name: ordinal === 1 ? name : `${name}-${ordinal}`, adminPort: ADMIN_PORT + gateways.length, dependencies: [one] })
  }
  return gateways
}

const configName = ({ name }: Pick<Gateway, 'name'>): string => `${name}.serve.yaml`
const behind = (name: string): string => `behind_${name.replace(/[^A-Za-z0-9_-]/g, '_')}`
const alias = (name: string): string => `behind-${name}`
const targetName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9_-]/g, '-').replace(/^[^a-z0-9]+/, '') || 'target'

type Tree = Record<string, unknown>

function overrideText(services: readonly Service[], gateways: readonly Gateway[], gatewayOf: ReadonlyMap<string, string>, { spec, file, overrideFile }: ComposeOptions): string {
  const moved = new Map(gateways.flatMap(({ dependencies }) => dependencies.map((one) => [one.service.name, one] as const)))
  const laid: Record<string, Tree> = {}
  for (const gateway of gateways) laid[gateway.name] = gatewayService(gateway, moved, spec)
  for (const { service } of moved.values()) laid[service.name] = { ...laid[service.name], networks: { [behind(service.name)]: { aliases: [alias(service.name)] } } }
  for (const service of services) {
    // Who waits for a dependency must wait for what has taken its place.
    const gates = [...new Set(service.dependsOn.flatMap((name) => gatewayOf.get(name) ?? []))]
    if (gates.length > 0 && !moved.has(service.name)) laid[service.name] = { ...laid[service.name], depends_on: Object.fromEntries(gates.map((name) => [name, { condition: 'service_healthy' }])) }
    // A dependency that has dependencies of its own must still reach them.
    for (const name of moved.has(service.name) ? service.dependsOn : []) {
      const other = services.find((one) => one.name === name)
      if (!other || moved.has(name)) continue
      const networks = laid[name]?.['networks']
      laid[name] = { ...laid[name], networks: { ...(other.networks ? {} : { [DEFAULT]: {} }), ...(typeof networks === 'object' ? networks : {}), [behind(service.name)]: {} } }
    }
  }
  const document = new Document({ services: laid, networks: Object.fromEntries([...moved.keys()].map((name) => [behind(name), {}])) })
  for (const { service } of moved.values()) {
    // Lists and mappings of networks are joined, unless compose is told to put one in the place of the other.
    const networks = document.getIn(['services', service.name, 'networks'], true)
    if (service.networks && isMap(networks)) networks.tag = '!override'
  }
  document.commentBefore = ` Written by \`brownout compose ${file}\`: it puts ${[...moved.keys()].join(', ')} behind brownout.\n   BROWNOUT_TOKEN=… docker compose -f ${file} -f ${overrideFile} up`
  return document.toString({ lineWidth: 0 })
}

function gatewayService(gateway: Gateway, moved: ReadonlyMap<string, Dependency>, spec: string): Tree {
  const { adminPort, dependencies } = gateway
  const networks: Record<string, { aliases?: string[] }> = {}
  const join = (network: string, names: readonly string[]): void => {
    const there = networks[network]?.aliases ?? []
    const all = [...new Set([...there, ...names])]
    networks[network] = all.length > 0 ? { aliases: all } : {}
  }
  for (const { service } of dependencies) {
    for (const [network, aliases] of service.networks ?? new Map<string, readonly string[]>([[DEFAULT, []]])) join(network, [service.name, ...(service.containerName === undefined ? [] : [service.containerName]), ...aliases])
    join(behind(service.name), [])
    // What is behind us and depends on another that is, finds it here too.
    for (const other of moved.values()) if (other.service.dependsOn.includes(service.name)) join(behind(other.service.name), [service.name])
  }
  return {
    image: IMAGE,
    command: ['npx', '--yes', spec, 'serve', '--config', `/brownout/${configName(gateway)}`, '--host', '0.0.0.0', '--port', String(ADMIN_PORT), '--allow-listen',
      // Whatever they are called: a service named `live` is not production for that.
      ...dependencies.flatMap(({ service, port }) => ['--allow-upstream', `${alias(service.name)}:${port}`])],
    // The embedded servers are of no use there.
    environment: { NPM_CONFIG_OMIT: 'optional', BROWNOUT_TOKEN: '${BROWNOUT_TOKEN:?a secret that the API of brownout asks for}' },
    volumes: [`./${configName(gateway)}:/brownout/${configName(gateway)}:ro`],
    ports: [`127.0.0.1:${adminPort}:${ADMIN_PORT}`],
    networks,
    healthcheck: { test: ['CMD', 'node', '-e', `require('node:net').connect(${ADMIN_PORT}, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))`], interval: '2s', timeout: '2s', retries: 60 },
  }
}

function configText({ name, dependencies }: Gateway, { file }: ComposeOptions): string {
  const targets = Object.fromEntries(dependencies.map(({ service, protocol, port }) => [targetName(service.name), {
    protocol, upstream: `${protocol === 'websocket' ? 'ws' : protocol}://${alias(service.name)}:${port}`, listen: `0.0.0.0:${port}`,
    // The name that it is asked for is the one that it has for everybody else.
    ...(protocol === 'http' || protocol === 'websocket' ? { host: 'keep' } : {}),
  }]))
  return `# Written by \`brownout compose ${file}\`, for its service ${name}.\n${stringify(JSON.parse(literal({ targets })), { lineWidth: 0, flowCollectionPadding: true })}`
}

function warningsOf(services: readonly Service[], gatewayOf: ReadonlyMap<string, string>): readonly string[] {
  return services.flatMap((service) => [
    ...service.links.filter((name) => gatewayOf.has(name)).map((name) => `${service.name} links to ${name}: a link leads nowhere now; take it out, the name alone is enough`),
    ...(service.networkMode === 'host' && service.dependsOn.some((name) => gatewayOf.has(name)) ? [`${service.name} is in the network of the host: it goes past brownout`] : []),
  ])
}
