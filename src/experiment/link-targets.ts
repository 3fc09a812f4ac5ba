/** Targets: upstream, listeners and TLS, and what goes together. */

import { isIP } from 'node:net'
import type { Protocol } from '../protocols/codec.ts'
import type { Address, TlsOptions } from '../proxy/plane.ts'
import { ms } from '../core/units.ts'
import { goesTogether } from './link-demo.ts'
import { appNames, fromFile, type Linking } from './linking.ts'
import type { PlannedTarget } from './plan.ts'
import type { Named } from './read.ts'
import type { TargetInput } from './schema.ts'
import type { Path } from './tree.ts'
import { ROUTE_MAX } from '../protocols/http/routes.ts'
import { parseVia, type ViaRoute } from '../via/route.ts'
import { parseListen, parseUpstream, type Upstream } from './upstream.ts'

const DIAL_TIMEOUT = ms(10_000)
const FREE_PORT: Address = { host: '127.0.0.1', port: 0 }

type Context = Pick<Linking, 'reader' | 'draft' | 'cwd'>

export const linkTargets = (linking: Context): readonly PlannedTarget[] =>
  linking.draft.targets.flatMap((named) => linkTarget(linking, named) ?? [])

function linkTarget(linking: Context, { name, path, input }: Named<TargetInput>): PlannedTarget | undefined {
  const { reader, draft } = linking
  if (!input) return undefined
  const at = [...path, 'upstream']
  const upstream = parseUpstream(input.upstream, input.protocol)
  if ('wrong' in upstream) return void reader.fail('UPSTREAM_INVALID', at, `${name}: ${upstream.wrong}`, upstream.hint)
  if (!isStarted(linking, at, name, upstream) || !goesTogether(linking, at, name, upstream.demo)) return undefined
  const protocol = protocolOf(linking, path, input, upstream)
  const tls = protocol && linkTls(linking, path, input, upstream, protocol)
  const listen = linkListen(linking, path, input)
  const via = linkVia(linking, path, input, upstream, tls)
  const cluster = protocol && tls && linkCluster(linking, path, input, upstream, protocol, tls)
  const host = protocol && tls && linkHost(linking, path, input, upstream, protocol, tls)
  if (protocol) linkRoutes(linking, path, input, protocol)
  if (!protocol || !tls || !listen || via === 'wrong' || cluster === 'wrong' || host === 'wrong') return undefined
  // Each app has a listener of its own beside the common one, so that a rule can tell whose connections it hits.
  const own = appNames(draft).filter((app) => app !== '').map((from) => ({ from, address: FREE_PORT }))
  return {
    spec: { name, protocol, upstream: upstream.address, listen: [{ address: listen }, ...own], tls, dialTimeout: input.dial_timeout ?? DIAL_TIMEOUT, ...(cluster ? { cluster } : {}), ...(host ? { host: upstream.url.host } : {}), ...(input.routes ? { routes: input.routes } : {}) },
    url: upstream.url, demo: upstream.demo, app: upstream.app, ...(via ? { via } : {}), ...(input.observe === false ? { unobserved: true } : {}),
  }
}

/** An upstream that is an app of the experiment must be declared, and say when it is up. */
function isStarted({ reader, draft }: Context, at: Path, name: string, { app }: Upstream): boolean {
  if (app === undefined) return true
  const found = app === '' ? draft.app : draft.apps.find((one) => one.name === app)
  if (!found) reader.fail('UPSTREAM_INVALID', at, `${name}: there is no such app`, 'declare it under `apps:` and write app:NAME, or `app` for the one of `app:`')
  else if (found.input && !found.input.ready) reader.fail('UPSTREAM_INVALID', at, `${name}: nothing says when the app is up`, 'give it `ready:`')
  else return true
  return false
}

function protocolOf({ reader }: Context, path: Path, { protocol }: TargetInput, upstream: Upstream): Protocol | undefined {
  const told = upstream.protocol
  // tcp is always true: it means that brownout shall not look inside.
  if (protocol === undefined || told === undefined || protocol === told || protocol === 'tcp' || (protocol === 'websocket' && told === 'http')) return protocol ?? told ?? 'tcp'
  reader.fail('UPSTREAM_INVALID', [...path, 'upstream'], `the target speaks ${protocol}, its upstream ${told}`, 'make `protocol` and the scheme of `upstream` agree')
  return undefined
}

function linkVia({ reader }: Context, path: Path, { via }: TargetInput, { address }: Upstream, tls: TlsOptions | undefined): ViaRoute | 'wrong' | undefined {
  if (via === undefined) return undefined
  const at = [...path, 'via']
  const route = parseVia(via)
  if ('wrong' in route) reader.fail('VALUE_INVALID', at, `via: ${route.wrong}`, route.hint)
  else if ('path' in address) reader.fail('VIA_UNSUPPORTED', [...path, 'upstream'], 'Toxiproxy reaches its upstream by TCP only', 'name a host and a port')
  else if (tls && tls.upstream !== 'off' && tls.verify) reader.fail('VIA_UNSUPPORTED', at, 'the certificate of the upstream would be checked against the name of the Toxiproxy', 'let the application speak TLS (`tls: { upstream: off }`), or set `verify: false`')
  else return route
  return 'wrong'
}

/** What would let a client past the proxies is refused: addresses that cannot be read, nodes that cannot be reached through us. */
function linkCluster({ reader }: Context, path: Path, { cluster, via }: TargetInput, { address, demo, url }: Upstream, protocol: Protocol, tls: TlsOptions): true | undefined | 'wrong' {
  if (!(cluster ?? (demo === 'redis-cluster' || demo === 'redis-cluster-replicas'))) return undefined
  const at = [...path, 'cluster']
  if (protocol !== 'redis') reader.fail('VALUE_INVALID', at, `cluster: the target speaks ${protocol}`, 'it is for targets that speak redis')
  else if (via !== undefined) reader.fail('VIA_UNSUPPORTED', at, 'a Toxiproxy does not rewrite the addresses of nodes', 'leave out `via` or `cluster`')
  else if ('path' in address) reader.fail('UPSTREAM_INVALID', [...path, 'upstream'], 'the nodes of a cluster are reached by TCP only', 'name a host and a port')
  else if (url.protocol === 'rediss:' && tls.upstream === 'off') reader.fail('TLS_UNSUPPORTED', at, 'cluster: addresses in what goes through encrypted cannot be rewritten', 'let the proxy speak TLS to the upstream: leave out `tls.upstream`')
  else return true
  return 'wrong'
}

/** Whether requests are sent anew, with the Host of the upstream. */
function linkHost({ reader }: Context, path: Path, { host }: TargetInput, { address, tls: secure }: Upstream, protocol: Protocol, tls: TlsOptions): boolean | 'wrong' {
  const at = [...path, 'host']
  const speaks = protocol === 'http' || protocol === 'websocket'
  if (host !== undefined && !speaks) reader.fail('VALUE_INVALID', at, `host: the target speaks ${protocol}`, 'it is for targets that speak http or websocket')
  else if (host === 'upstream' && 'path' in address) reader.fail('VALUE_INVALID', at, 'host: a unix socket has no name', 'leave out `host`')
  else if (host === 'upstream' && secure && tls.upstream === 'off') reader.fail('TLS_UNSUPPORTED', at, 'host: nothing can be changed in what goes through encrypted', 'let the proxy speak TLS to the upstream: leave out `tls.upstream`')
  else if (!speaks || 'path' in address) return false
  else if (host !== undefined) return host === 'upstream'
  // Who is asked for by an address of this machine or of none else answers to any name.
  else return secure ? tls.upstream !== 'off' : isIP(address.host) === 0 && !/(^|\.)localhost$/i.test(address.host)
  return 'wrong'
}

function linkRoutes({ reader }: Context, path: Path, { routes = [] }: TargetInput, protocol: Protocol): void {
  if (routes.length > 0 && protocol !== 'http' && protocol !== 'websocket') return reader.fail('VALUE_INVALID', [...path, 'routes'], `routes: the target speaks ${protocol}`, 'they are for targets that speak http or websocket')
  routes.forEach((route, index) => {
    if (!/^\/[^?#*\s]*$/.test(route) || route.length > ROUTE_MAX) reader.fail('VALUE_INVALID', [...path, 'routes', index], `"${route}" is no route`, 'write a path, such as /orders/:id/items')
  })
}

function linkListen({ reader }: Context, path: Path, { listen }: TargetInput): Address | undefined {
  if (listen === undefined) return FREE_PORT
  const address = parseListen(listen)
  if ('wrong' in address) return void reader.fail('VALUE_INVALID', [...path, 'listen'], `listen: ${address.wrong}`, 'write 127.0.0.1:6380, [::1]:6380 or unix:/path; port 0 takes a free one')
  return address
}

function linkTls(linking: Context, path: Path, { tls = {} }: TargetInput, upstream: Upstream, protocol: Protocol): TlsOptions | undefined {
  const { reader } = linking
  const at = [...path, 'tls']
  const told = protocol === 'postgres' ? sslOf(linking, path, upstream, tls.upstream) : { upstream: upstream.tls ? 'require' as const : 'off' as const, verify: true }
  if (!told) return undefined
  const asked = tls.upstream ?? told.upstream
  const client = tls.client ?? 'passthrough'
  if (asked === 'prefer' && protocol !== 'postgres') return void reader.fail('TLS_UNSUPPORTED', [...at, 'upstream'], `\`prefer\` is for postgres alone: with ${protocol} nobody negotiates whether there is TLS`, 'write require or off')
  if ((tls.cert === undefined) !== (tls.key === undefined)) return void reader.fail('VALUE_INVALID', at, 'tls: `cert` and `key` need each other')
  if (tls.cert !== undefined && client !== 'terminate') return void reader.fail('VALUE_INVALID', at, 'tls: a certificate is only shown with `client: terminate`')
  const file = (key: 'cert' | 'key' | 'ca'): Partial<Record<'cert' | 'key' | 'ca', string>> => {
    const written = tls[key]
    return written === undefined ? {} : { [key]: fromFile(linking, [...at, key], written) }
  }
  return { client, upstream: asked, verify: tls.verify ?? told.verify, ...(asked === 'off' || !told.ca ? {} : { ca: told.ca }), ...file('cert'), ...file('key'), ...file('ca') }
}

type Told = Pick<TlsOptions, 'upstream' | 'verify' | 'ca'>
/** As libpq reads them, but that `allow` asks for TLS first. Where a name is given with an authority, both are checked. */
const SSLMODES: Readonly<Record<string, Told>> = {
  disable: { upstream: 'off', verify: true },
  allow: { upstream: 'prefer', verify: false },
  prefer: { upstream: 'prefer', verify: false },
  require: { upstream: 'require', verify: false },
  'no-verify': { upstream: 'require', verify: false },
  'verify-ca': { upstream: 'require', verify: true },
  'verify-full': { upstream: 'require', verify: true },
}

/** What the URL of a Postgres says of TLS. `written`: what stands under `tls.upstream`. */
function sslOf(linking: Context, path: Path, { url: { searchParams } }: Upstream, written: TlsOptions['upstream'] | undefined): Told | undefined {
  const { reader } = linking
  const at = [...path, 'upstream']
  const mode = searchParams.get('sslmode')
  const told = mode === null ? { upstream: 'off' as const, verify: true } : SSLMODES[mode]
  if (!told) return void reader.fail('UPSTREAM_INVALID', at, `the sslmode "${mode}" is not known`, `libpq knows disable, allow, prefer, require, verify-ca and verify-full`)
  if (searchParams.has('sslcert') && (written ?? told.upstream) !== 'off') {
    return void reader.fail('TLS_UNSUPPORTED', at, 'the proxy has no certificate of a client to show', 'leave TLS to the application: `tls: { upstream: off }`')
  }
  const root = searchParams.get('sslrootcert')
  return { ...told, ...(root === null || root === 'system' ? {} : { ca: fromFile(linking, at, root) }) }
}
