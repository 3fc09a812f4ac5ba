/** Speaks to a running brownout: over its socket, or over the network with its token. */

import { request } from 'node:http'
import { BrownoutError, ERRORS, type ErrorCode } from '../core/errors.ts'
import type { ChangeRequest, Halt, Injection, InjectRequest, Lease, Status } from './contract.ts'

export type Door = { readonly socket: string } | { readonly url: string; readonly token: string | undefined }

const TIMEOUT_MS = 10_000
const ANSWER_MAX = 32 * 1024 ** 2

export class ControlClient {
  readonly #door: Door
  readonly #who: string

  /** `who` is written down where it is told to do something. */
  constructor(door: Door, who: string) {
    this.#door = door
    this.#who = who
  }

  status(): Promise<Status> { return this.ask('GET', '/status') }
  /** Over its socket only: the token that its API asks for. */
  async token(): Promise<string> { return (await this.ask<{ readonly token: string }>('GET', '/token')).token }
  inject(body: InjectRequest): Promise<readonly Injection[]> { return this.ask('POST', '/injections', body) }
  change(id: string, body: ChangeRequest): Promise<Injection> { return this.ask('PATCH', `/injections/${encodeURIComponent(id)}`, body) }
  clear({ id, on }: { readonly id?: string | undefined; readonly on?: string | undefined }): Promise<readonly Injection[]> {
    if (id !== undefined) return this.ask('DELETE', `/injections/${encodeURIComponent(id)}`)
    return this.ask('DELETE', `/injections${on === undefined ? '' : `?on=${encodeURIComponent(on)}`}`)
  }
  halt(reason: string): Promise<{ readonly halted: Halt | null }> { return this.ask('POST', '/halt', { reason }) }
  resume(reason: string): Promise<Status> { return this.ask('POST', '/resume', { reason }) }
  grant(ttl: string): Promise<Lease> { return this.ask('POST', '/leases', { ttl }) }
  renew(lease: string): Promise<Lease> { return this.ask('PUT', `/leases/${lease}`) }
  release(lease: string): Promise<unknown> { return this.ask('DELETE', `/leases/${lease}`) }

  /** NOT_RUNNING where nobody is there, what the other side says is wrong, CONTROL_FAILED for the rest. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.#send(method, `/api/v1${path}`, body)
    const value = parsed(text)
    if (status >= 200 && status < 300 && value !== undefined) return value as T
    const told = typeof value === 'object' && value !== null ? value as { readonly error?: unknown; readonly code?: unknown; readonly hint?: unknown } : {}
    const code = typeof told.code === 'string' && Object.hasOwn(ERRORS, told.code) ? told.code as ErrorCode : 'CONTROL_FAILED'
    const message = typeof told.error === 'string' ? told.error : `${this.#name} answered ${status} to ${method} ${path}`
    throw new BrownoutError(code, { message, hint: typeof told.hint === 'string' ? told.hint : status === 401 ? 'give its token in BROWNOUT_TOKEN' : undefined })
  }

  get #name(): string { return 'socket' in this.#door ? this.#door.socket : this.#door.url }

  #send(method: string, path: string, body: unknown): Promise<{ readonly status: number; readonly text: string }> {
    const door = this.#door
    const content = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      'X-Brownout-Who': this.#who, ...(content === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(content)) }),
      ...('token' in door && door.token !== undefined ? { Authorization: `Bearer ${door.token}` } : {}),
    }
    return new Promise((resolve, reject) => {
      const failed = (cause: NodeJS.ErrnoException): void => reject(new BrownoutError(isAbsent(cause) ? 'NOT_RUNNING' : 'CONTROL_FAILED', { message: `${this.#name}: ${isAbsent(cause) ? 'no brownout is there' : cause.message}`, cause }))
      const options = { method, headers, timeout: TIMEOUT_MS, agent: false as const }
      const sent = 'socket' in door ? request({ ...options, socketPath: door.socket, path, host: 'localhost' }) : request(new URL(path, door.url), options)
      sent.on('error', failed)
      sent.on('timeout', () => { sent.destroy(Object.assign(new Error(`no answer within ${TIMEOUT_MS / 1000} s`), { code: 'ETIMEDOUT' })) })
      sent.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          if (text.length > ANSWER_MAX) response.destroy(new Error('the answer is too long'))
        })
        response.on('error', failed)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      sent.end(content)
    })
  }
}

const isAbsent = ({ code }: NodeJS.ErrnoException): boolean => code === 'ECONNREFUSED' || code === 'ENOENT'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
