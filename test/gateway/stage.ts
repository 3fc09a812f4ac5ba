/** A real HTTPS server that a gateway stands in front of, and what comes of a request through it. */

import { once } from 'node:events'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { Client, type Dispatcher } from 'undici'
import type { TlsOptions } from '../../src/proxy/plane.ts'
import { later, target, type Target } from '../proxy/stage.ts'

export interface Secure {
  readonly server: Server
  readonly port: number
  /** PEM file of who has signed its certificate: itself. */
  readonly ca: string
  /** Connections that are open, as the server has them. */
  readonly open: Set<Socket>
  /** What is on the wire below them. */
  readonly wires: Set<Socket>
  readonly accepted: () => number
}

/** For localhost, with a certificate for that name. */
export async function secure(answer: RequestListener): Promise<Secure> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: 'localhost' }] }]
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256', extensions })
  const folder = mkdtempSync(join(tmpdir(), 'brownout-gateway-'))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, cert)
  const server = createServer({ key, cert, requestTimeout: 0 }, answer)
  const open = new Set<Socket>()
  let accepted = 0
  server.on('secureConnection', (socket) => {
    accepted++
    open.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket))
  })
  const wires = new Set<Socket>()
  server.on('connection', (socket: Socket) => { wires.add(socket.on('close', () => wires.delete(socket))) })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => {
    rmSync(folder, { recursive: true, force: true })
    server.closeAllConnections()
    for (const socket of wires) socket.destroy()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port, ca, open, wires, accepted: () => accepted }
}

/** A target whose upstream is https://localhost:PORT. */
export function gated({ port, ca }: Pick<Secure, 'port' | 'ca'>, { tls = {}, ...spec }: { readonly tls?: Partial<TlsOptions>; readonly protocol?: 'http' | 'websocket'; readonly host?: string } = {}): Promise<Target> {
  return target({
    upstream: { host: 'localhost', port }, tls: { client: 'passthrough', upstream: 'require', verify: true, ca, ...tls },
    spec: { protocol: 'http', host: `localhost:${port}`, ...spec },
  })
}

export const originOf = ({ address }: Target): string => ('port' in address ? `http://${address.host}:${address.port}` : '')

/** One connection of undici's. */
export function clientOf(stage: Target, options: Client.Options = {}, scheme: 'http' | 'https' = 'http'): Client {
  const client = new Client(originOf(stage).replace('http:', `${scheme}:`), options)
  later(() => client.destroy())
  return client
}

export interface Answer { readonly status: number; readonly headers: Dispatcher.ResponseData['headers']; readonly text: string }
export async function ask(client: Client, path = '/', more: Partial<Dispatcher.RequestOptions> = {}): Promise<Answer> {
  const { statusCode, headers, body } = await client.request({ method: 'GET', path, ...more })
  return { status: statusCode, headers, text: await body.text() }
}

export const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void
