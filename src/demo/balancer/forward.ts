/** Passes requests and WebSockets on to who has least to do. A GET whose answer did not come is asked of another instance, once; what may have changed something is not. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { monotonicNow } from '../../core/clock.ts'
import type { Fleet } from './fleet.ts'
import type { Instance } from './instance.ts'

export interface Forwarding {
  readonly request: RequestListener
  readonly upgrade: (request: IncomingMessage, near: Duplex, head: Buffer) => void
  /** Asked of another instance. */
  readonly retries: number
  /** That nobody could answer. */
  readonly failures: number
  /** How long each took since the last call, in ms. */
  taken(): readonly number[]
}

/** They are about one connection. (RFC 9110, 7.6.1) */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'expect', 'content-length'])
const IDEMPOTENT: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD'])

export function forwarding(fleet: Fleet, log: (line: string) => void): Forwarding {
  let [retries, failures] = [0, 0]
  let taken: number[] = []

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const begun = monotonicNow()
    let instance = fleet.least('inFlight')
    for (let tries = 1; instance; tries++) {
      const outcome = await attempt(instance, request, response)
      if (outcome === 'answered') return void taken.push(monotonicNow() - begun)
      if (outcome === 'left') return
      const next = tries === 1 && !response.headersSent && IDEMPOTENT.has(request.method) && !hasBody(request) ? fleet.least('inFlight', instance) : undefined
      if (!next) return fail(response, 502, 'an instance did not answer')
      retries++
      instance = next
    }
    fail(response, 503, 'no instance serves')
  }

  function fail(response: ServerResponse, status: 502 | 503, error: string): void {
    failures++
    if (response.headersSent) return void response.destroy()
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' }).end(JSON.stringify({ error }))
  }

  function join(request: IncomingMessage, near: Duplex, head: Buffer, not?: Instance): void {
    const instance = fleet.least('sockets', not)
    if (!instance) return void near.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    const far = connect({ port: instance.port, host: '127.0.0.1', noDelay: true })
    let stood = false
    instance.sockets++
    far.once('connect', () => {
      stood = true
      far.write(headOf(request))
      if (head.length > 0) far.write(head)
      near.pipe(far).pipe(near)
    })
    far.once('close', () => {
      instance.sockets--
      if (stood) return void near.destroy()
      instance.failed(monotonicNow())
      if (!near.destroyed && !not) return join(request, near, head, instance)
      near.destroy()
    })
    far.on('error', (error) => log(`instance ${instance.number}: ${error.message}`))
    near.on('error', () => far.destroy())
    near.on('close', () => far.destroy())
  }

  return {
    get retries() { return retries },
    get failures() { return failures },
    taken() {
      const all = taken
      taken = []
      return all
    },
    request: (request, response) => { pass(request, response).catch((error: unknown) => { log(String(error)); response.destroy() }) },
    upgrade: (request, near, head) => join(request, near, head),
  }
}

/** `left`: the client did, and it is nobody's fault. */
type Outcome = 'answered' | 'failed' | 'left'

async function attempt(instance: Instance, request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
  const { method = 'GET', url = '/' } = request
  instance.inFlight++
  try {
    await instance.pool.stream({ method, path: url, headers: headersOf(request), body: hasBody(request) ? request : null }, ({ statusCode, headers }) => {
      for (const [name, value] of Object.entries(headers)) if (value !== undefined && name !== 'connection' && name !== 'keep-alive' && name !== 'transfer-encoding') response.setHeader(name, value)
      response.writeHead(statusCode)
      return response
    })
    instance.answered()
    return 'answered'
  } catch (error) {
    if (response.destroyed || (request.destroyed && !request.complete)) return 'left'
    if (!(error instanceof Error)) throw error
    instance.failed(monotonicNow())
    return 'failed'
  } finally {
    instance.inFlight--
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** As they came, in pairs; and from whom. */
function headersOf({ rawHeaders, headers, socket }: IncomingMessage): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]]
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) kept.push(name, value)
  }
  if (headers['content-length'] !== undefined && Number(headers['content-length']) > 0) kept.push('content-length', headers['content-length'])
  kept.push('x-forwarded-for', socket.remoteAddress ?? '')
  return kept
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/1.1\r\n`
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`
  return `${head}\r\n`
}
