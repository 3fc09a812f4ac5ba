/** HTTP operations over kept-alive connections, one request at a time on each. */

import { Pool, type Dispatcher } from 'undici'
import { isLoopback } from '../core/loopback.ts'
import { NOTHING_SENT, reasonOf, template, type Client, type Done, type Sent } from './client.ts'
import type { HttpRequest, LoadSpec } from './spec.ts'

/** Certificates are verified but on loopback, where a proxy of ours shows one made for the run. */
export function openHttp({ ok, timeout, inFlightMax }: LoadSpec, { method, url, headers, body }: HttpRequest): Client {
  const { origin, pathname, search, hostname, username, password } = new URL(url)
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  const isOk = statusMatcher(ok)
  const path = template(`${pathname}${search}`.replaceAll('%7Bn%7D', '{n}'))
  const content = body === undefined ? () => null : template(body)
  const sentHeaders = { ...(username ? { authorization: `Basic ${credentials}` } : {}), ...headers }
  // Its own timeouts are off: an operation is given up when it is late, never earlier. `connections` is never the limit: operations in flight are.
  const pool = new Pool(origin, { connections: inFlightMax, headersTimeout: 0, bodyTimeout: 0, connect: { timeout, rejectUnauthorized: !isLoopback(hostname) } })
  let closed: Promise<void> | undefined
  return {
    opened: Promise.resolve(),
    send(n, done) {
      const exchange = new Exchange(isOk, done)
      try {
        pool.dispatch({ method, path: path(n), headers: sentHeaders, body: content(n) }, exchange)
        return exchange
      } catch (error) {
        done('error', reasonOf(error))
        return NOTHING_SENT
      }
    },
    close: () => { closed ??= pool.destroy(); return closed },
  }
}

/** One request: remembers its last status, lets the body drain and ends once. */
class Exchange implements Dispatcher.DispatchHandler, Sent {
  readonly #isOk: (status: number) => boolean
  readonly #done: Done
  #controller: Dispatcher.DispatchController | undefined
  #abandoned = false
  #status = 0

  constructor(isOk: (status: number) => boolean, done: Done) {
    this.#isOk = isOk
    this.#done = done
  }

  abandon(): void {
    this.#abandoned = true
    this.#controller?.abort(new Error('late'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It was still waiting for its connection when it became late.
    if (this.#abandoned) controller.abort(new Error('late'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void { this.#status = status }

  onResponseData(): void { this.#controller?.resume() }

  onResponseEnd(): void {
    if (this.#isOk(this.#status)) this.#done('ok')
    else this.#done('error', `status ${this.#status}`)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void { this.#done('error', reasonOf(error)) }
}

/** `2xx`, `200`, `2xx,404` as a function of the status. */
export function statusMatcher(ok: string): (status: number) => boolean {
  const patterns = ok.split(',').map((one) => new RegExp(`^${one.trim().toLowerCase().replaceAll('x', '\\d')}$`))
  return (status) => patterns.some((pattern) => pattern.test(String(status)))
}
