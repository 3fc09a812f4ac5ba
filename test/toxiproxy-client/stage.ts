/** brownout's admin API, driven by toxiproxy-node-client, with a server behind a proxy called `cache`; all closed after each test. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Toxiproxy, type Proxy as RemoteProxy, type Toxic, type ToxicDirection, type ToxicType } from 'toxiproxy-node-client'
import { registry } from '../../faults/index.ts'
import { startAdmin, type Admin } from '../../src/admin/server.ts'
import { echo, later, listenOn, LOCAL, watch, type Seen } from '../proxy/stage.ts'

export interface Served {
  readonly admin: Admin
  readonly client: Toxiproxy
  readonly proxy: RemoteProxy
  readonly upstream: string
  /** Sockets that the server has accepted, oldest first. */
  readonly served: Seen[]
  connect(): Promise<Seen>
  toxic(type: string, attributes: object, more?: { name?: string; stream?: ToxicDirection; toxicity?: number }): Promise<Toxic<object>>
}

export const portOf = (listen: string): number => Number(listen.slice(listen.lastIndexOf(':') + 1))

export async function dial(port: number): Promise<Seen> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  later(() => socket.destroy())
  const seen = watch(socket)
  await once(socket, 'connect')
  return seen
}

export async function serve(onSocket: (socket: Socket) => void = echo): Promise<Served> {
  const served: Seen[] = []
  const { address } = await listenOn(LOCAL, (socket) => { served.push(watch(socket)); onSocket(socket) })
  const upstream = `127.0.0.1:${'port' in address ? address.port : 0}`
  const admin = await startAdmin({ registry, seed: 1 })
  later(() => admin.close())
  const client = new Toxiproxy(admin.url)
  const proxy = await client.createProxy({ name: 'cache', listen: '127.0.0.1:0', upstream, enabled: true })
  return {
    admin, client, proxy, upstream, served,
    connect: () => dial(portOf(proxy.listen)),
    // The client's types leave out the toxics that are newer than it.
    toxic: (type, attributes, { name = type, stream = 'downstream', toxicity = 1 } = {}) => proxy.addToxic({ name, type: type as ToxicType, stream, toxicity, attributes }),
  }
}

/** Bytes at a time. */
const PUSH = Buffer.alloc(16_384, 'x')
/** Sends `size` bytes as fast as they are taken. */
export function push(socket: Socket, size: number): void {
  let left = size
  const more = (): void => {
    while (left > 0) {
      const chunk = PUSH.subarray(0, Math.min(left, PUSH.length))
      left -= chunk.length
      if (!socket.write(chunk)) { socket.once('drain', more); return }
    }
  }
  more()
}
