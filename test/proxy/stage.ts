/** A real target on real sockets: a server, a plane in front of it, clients; all closed after each test. */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { registry as shipped } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import type { AnyFault, Registry } from '../../src/fault.ts'
import { ClusterPlane } from '../../src/proxy/cluster/plane.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { Address, DynamicPlane, OpenTarget, PlaneEvent, TargetSpec, TlsOptions } from '../../src/proxy/plane.ts'
import { onFin } from '../../src/proxy/socket.ts'
import { withDefaults, type Rule } from '../../src/rule.ts'
import { pooledWorker } from '../support/workers.ts'

export const PLAIN: TlsOptions = { client: 'passthrough', upstream: 'off', verify: true }
export const LOCAL: Address = { host: '127.0.0.1', port: 0 }

/** In that many worker processes; 0: in this one. */
export const WORKERS = Number(process.env['BROWNOUT_TEST_WORKERS'] ?? 0)
/** Faults of tests: those in odd-faults.ts only, where there are workers. */
export const planeFor = (registry: Registry, seed = 1): DynamicPlane =>
  (WORKERS > 0 ? new ClusterPlane({ registry, seed, workers: WORKERS, start: pooledWorker }) : new LocalPlane({ registry, seed }))

/** What a socket has seen: its bytes, and how it ended. */
export interface Seen { readonly socket: Socket; text(): string; bytes(): number; readonly ended: Promise<string> }

/** What `text` keeps; `bytes` counts all. */
const TEXT_MAX = 1024 ** 2

/** `ended` resolves with `end` (FIN), or the code of the error (ECONNRESET). */
export function watch(socket: Socket): Seen {
  const chunks: Buffer[] = []
  let size = 0
  socket.on('data', (chunk) => { if (size < TEXT_MAX) chunks.push(chunk); size += chunk.length })
  const ended = new Promise<string>((resolve) => {
    onFin(socket, () => resolve('end'))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('close'))
  })
  return { socket, text: () => Buffer.concat(chunks).toString('latin1'), bytes: () => size, ended }
}

/** Turns the loop until `condition` holds; fails loudly after `within` ms. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, within = 5000): Promise<void> {
  const deadline = performance.now() + within
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${within} ms: ${what}`)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}

export interface Target {
  readonly plane: DynamicPlane
  readonly events: PlaneEvent[]
  readonly address: Address
  /** Of all its listeners, those for apps too. */
  readonly listen: OpenTarget['listen']
  /** Sockets that the server has accepted, oldest first. */
  readonly served: Seen[]
  client(): Promise<Seen>
  arm(id: string, fault: string, params?: Readonly<Record<string, unknown>>, more?: Partial<Rule>): Promise<void>
}

interface Options {
  /** What the server does with a connection; absent: it echoes, and answers FIN with FIN. */
  readonly serve?: (socket: Socket) => void
  readonly listen?: Address
  readonly upstream?: Address
  readonly tls?: TlsOptions
  readonly faults?: readonly AnyFault[]
  readonly seed?: number
  readonly dialTimeout?: number
  /** What else the target is. */
  readonly spec?: Partial<TargetSpec>
}

const open: (() => Promise<unknown> | unknown)[] = []
/** For `afterEach`: closes what the test opened, newest first. */
export async function closeAll(): Promise<void> { for (const close of open.splice(0).reverse()) await close() }
export const later = (close: () => Promise<unknown> | unknown): void => { open.push(close) }

export function echo(socket: Socket): void {
  socket.on('data', (chunk) => socket.write(chunk))
  socket.on('end', () => socket.end())
}

export async function listenOn(address: Address, onSocket: (socket: Socket) => void): Promise<{ server: Server; address: Address }> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  server.listen({ ...address })
  await once(server, 'listening')
  later(() => { for (const socket of sockets) socket.destroy(); server.close() })
  const bound = server.address()
  return { server, address: typeof bound === 'object' && bound !== null && 'port' in address ? { host: address.host, port: (bound as AddressInfo).port } : address }
}

export async function target({ serve = echo, listen = LOCAL, upstream, tls = PLAIN, faults, seed = 1, dialTimeout = 2000, spec: more = {} }: Options = {}): Promise<Target> {
  const served: Seen[] = []
  const server = upstream ? undefined : await listenOn(LOCAL, (socket) => { served.push(watch(socket)); serve(socket) })
  const registry: Registry = faults ? new Map(faults.map((fault) => [fault.name, fault])) : shipped
  const plane = planeFor(registry, seed)
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  const spec: TargetSpec = { name: 'cache', protocol: 'tcp', upstream: upstream ?? server?.address ?? LOCAL, listen: [{ address: listen }], tls, dialTimeout: ms(dialTimeout), ...more }
  const [opened] = await plane.open([spec])
  later(() => plane.close())
  const address = opened?.listen[0]?.address ?? LOCAL
  return {
    plane, events, address, served, listen: opened?.listen ?? [],
    async client() {
      const socket = connect({ ...address, allowHalfOpen: true, noDelay: true })
      const seen = watch(socket)
      later(() => socket.destroy())
      await once(socket, 'connect')
      return seen
    },
    async arm(id, fault, params = {}, more = { standing: true }) {
      const found = registry.get(fault)
      if (!found) throw new Error(`no fault ${fault}`)
      await plane.arm([{ id, fault, on: 'cache', params: withDefaults(found, params), ...more }])
    },
  }
}

/** Sends `text` and waits until as much has come back. */
export async function exchange(client: Seen, text: string, within?: number): Promise<number> {
  const want = client.bytes() + text.length
  const start = performance.now()
  client.socket.write(text)
  await until(() => client.bytes() >= want, `the answer to ${text}`, within)
  return performance.now() - start
}
