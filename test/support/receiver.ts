/** An HTTP server on loopback that keeps what it is sent and answers as it is told: a webhook, a Grafana, a collector. */

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

export interface Received { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: unknown }
export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  /** What of the bodies that came there. */
  at(path: string): readonly unknown[]
  close(): Promise<void>
}

/** `answer` gets the number of the request, from 1; 200 with an empty object unless given. */
export async function receiver(answer: (response: ServerResponse, number: number) => void = (response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{}') }): Promise<Receiver> {
  const received: Received[] = []
  let number = 0
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      const text = Buffer.concat(parts).toString()
      received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: text === '' ? undefined : JSON.parse(text) })
      answer(response, ++number)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, received,
    at: (path) => received.filter((one) => one.path === path).map(({ body }) => body),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
    },
  }
}
