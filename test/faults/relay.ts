/** A relay that keeps what passes and can cut it into crumbs: to stand before or behind a proxy. */

import { connect, type Socket } from 'node:net'
import type { Address } from '../../src/proxy/plane.ts'
import { listenOn, LOCAL, later } from '../proxy/stage.ts'

export interface Relay {
  readonly port: number
  /** What clients and servers have said, over all connections. */
  said(by: 'client' | 'server'): Buffer
}

/** `crumbs`: in pieces of 1 to 7 bytes, each a chunk of its own to whoever reads. */
export async function relay(to: { readonly host: string; readonly port: number }, crumbs = false): Promise<Relay> {
  const said: Record<'client' | 'server', Buffer[]> = { client: [], server: [] }
  const { address } = await listenOn(LOCAL, (client) => {
    const server = connect({ ...to, noDelay: true, allowHalfOpen: true })
    later(() => server.destroy())
    pass(client, server, said.client, crumbs)
    pass(server, client, said.server, crumbs)
  })
  return { port: portOf(address), said: (by) => Buffer.concat(said[by]) }
}

export const portOf = (address: Address | undefined): number => (address && 'port' in address ? address.port : 0)

function pass(from: Socket, to: Socket, said: Buffer[], crumbs: boolean): void {
  let writing = Promise.resolve()
  from.on('data', (chunk) => {
    said.push(chunk)
    if (crumbs) writing = writing.then(() => crumble(chunk, to))
    else to.write(chunk)
  })
  from.on('end', () => { writing = writing.then(() => { to.end() }) })
  from.on('error', () => { to.destroy() })
  from.on('close', () => { writing = writing.then(() => { to.destroy() }) })
}

/** Of a chunk longer than twice this the inside goes in one piece. */
const EDGE = process.env['TEST_ALL'] ? 1024 : 256

async function crumble(chunk: Buffer, to: Socket): Promise<void> {
  for (let at = 0, turn = 0, size = 1; at < chunk.length && to.writable; at += size) {
    size = at >= EDGE && at < chunk.length - EDGE ? chunk.length - EDGE - at : (turn++ % 7) + 1
    to.write(chunk.subarray(at, at + size))
    // The reader must have had a turn, or the kernel joins the pieces again.
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}
