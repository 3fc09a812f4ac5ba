/** An admin API of its own for a test, with an upstream behind it; all closed after each test. */

import { once } from 'node:events'
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { registry } from '../../faults/index.ts'
import { startAdmin, type Admin, type AdminOptions } from '../../src/admin/server.ts'
import { echo, later, listenOn, LOCAL, watch, type Seen } from '../proxy/stage.ts'

export { closeAll, exchange, later, listenOn, LOCAL, until, watch, type Seen } from '../proxy/stage.ts'

export interface Answer { readonly status: number; readonly text: string; readonly headers: IncomingHttpHeaders; json(): unknown }

/** One request as it is written: no path is cleaned, no header added but Host and the length. Each has a connection of its own. */
export function ask(port: number, method: string, path: string, body?: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length: Record<string, string> = body === undefined || 'Transfer-Encoding' in headers ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const sent = request({ host: '127.0.0.1', port, method, path, agent: false, headers: { ...length, ...headers } }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers, json: () => JSON.parse(text) as unknown })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export interface Stage {
  readonly admin: Admin
  /** HOST:PORT of the server behind the proxies. */
  readonly upstream: string
  /** Sockets that the server has accepted, oldest first. */
  readonly served: Seen[]
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** A proxy in front of the server; the answer is its port. */
  proxy(name?: string, more?: object): Promise<number>
  toxic(type: string, attributes?: object, more?: object): Promise<Answer>
  client(port: number): Promise<Seen>
}

export async function stage(options: Partial<AdminOptions> = {}, serve: (socket: Socket) => void = echo): Promise<Stage> {
  const served: Seen[] = []
  const server = await listenOn(LOCAL, (socket) => { served.push(watch(socket)); serve(socket) })
  const upstream = 'port' in server.address ? `127.0.0.1:${server.address.port}` : ''
  const admin = await startAdmin({ registry, port: 0, seed: 1, ...options })
  later(() => admin.close())
  const asked: Stage['ask'] = (method, path, body, headers) =>
    ask(admin.port, method, path, body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body), headers)
  return {
    admin, upstream, served, ask: asked,
    async proxy(name = 'cache', more = {}) {
      const answer = await asked('POST', '/proxies', { name, upstream, listen: '127.0.0.1:0', ...more })
      if (answer.status !== 201) throw new Error(answer.text)
      return portOf(answer)
    },
    toxic: (type, attributes = {}, more = {}) => asked('POST', '/proxies/cache/toxics', { type, attributes, ...more }),
    async client(port) {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
      const seen = watch(socket)
      later(() => socket.destroy())
      await once(socket, 'connect')
      return seen
    },
  }
}

export const portOf = (answer: Answer): number => Number(/"listen":"[^"]*:(\d+)"/.exec(answer.text)?.[1])
