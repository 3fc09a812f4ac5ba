/** A client of node:http, for what it says where undici says something else. */

import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http'
import { later } from '../../proxy/stage.ts'

/** How a request ended: `error` is the code of whichever error came, `complete` is what node says of the body. */
export interface Told { readonly status: number | undefined; readonly rawHeaders: readonly string[]; readonly text: string; readonly complete: boolean; readonly error: string | undefined; readonly interim: readonly number[]; readonly reused: boolean }

export type Node = (path: string, options?: RequestOptions & { readonly body?: string | Buffer }) => Promise<Told>

/** Requests over one kept-alive connection, unless `agent` is another. Never rejects. */
export function nodeClient(port: number): Node {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  later(() => agent.destroy())
  return (path, { body, ...options } = {}) => new Promise((resolve) => {
    const chunks: Buffer[] = []
    const interim: number[] = []
    let answer: IncomingMessage | undefined
    let error: string | undefined
    const failed = (cause: NodeJS.ErrnoException): void => { error ??= cause.code ?? cause.message }
    const asked = request({ host: '127.0.0.1', port, path, agent, ...options })
    asked.on('response', (response) => {
      answer = response
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', failed).on('close', tell)
    })
    asked.on('information', ({ statusCode }) => interim.push(statusCode))
    asked.on('error', failed)
    const tell = (): void => resolve({ status: answer?.statusCode, rawHeaders: answer?.rawHeaders ?? [], text: Buffer.concat(chunks).toString('latin1'), complete: answer?.complete ?? false, error, interim, reused: asked.reusedSocket })
    asked.on('close', () => { if (!answer) tell() })
    asked.end(body)
  })
}
