/** What the page asks of the brownout that served it. */

export interface Refused { readonly status: number; readonly message: string; readonly code?: string | undefined; readonly hint?: string | undefined }

/** An answer that is no success, in the words of the server. `status` 0: nobody answered. */
export class ApiError extends Error {
  readonly refused: Refused
  constructor(refused: Refused) {
    super(refused.message)
    this.refused = refused
  }
}

export class Api {
  #token: string | undefined
  /** Who is written down for what this page does. */
  readonly #who: () => string

  constructor(token: string | undefined, who: () => string) {
    this.#token = token
    this.#who = who
  }

  set token(token: string) { this.#token = token }

  async get<T>(path: string): Promise<T> { return await (await this.#ask('GET', path)).json() as T }

  /** What it answers; undefined where that is nothing. */
  async send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const text = await (await this.#ask(method, path, body)).text()
    return text === '' ? undefined : JSON.parse(text)
  }

  /** The stream, from its first byte. */
  async open(signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await this.#ask('GET', 'stream', undefined, { signal, headers: { Accept: 'text/event-stream' } })
    if (!body) throw new ApiError({ status: 0, message: 'the stream is empty' })
    return body
  }

  async #ask(method: string, path: string, body?: unknown, options: RequestInit = {}): Promise<Response> {
    const headers = new Headers(options.headers)
    if (this.#token !== undefined) headers.set('Authorization', `Bearer ${this.#token}`)
    headers.set('X-Brownout-Who', plainName(this.#who()))
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    const answer = await this.#fetch(`../api/v1/${path}`, { ...options, method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!answer.ok) throw new ApiError({ status: answer.status, ...refusalIn(await answer.text()) })
    return answer
  }

  async #fetch(path: string, options: RequestInit): Promise<Response> {
    try {
      return await fetch(path, options)
    } catch (error) {
      throw new ApiError({ status: 0, message: error instanceof Error && error.name === 'AbortError' ? 'given up' : 'brownout does not answer' })
    }
  }
}

/** A header takes no other characters. */
export const plainName = (name: string): string => name.normalize('NFKD').replaceAll(/[^ -~]/g, '').trim().slice(0, 64) || 'dashboard'

/** `{ error, code, hint }`, or whatever else stands there. */
export function refusalIn(text: string): Omit<Refused, 'status'> {
  const read = parsed(text)
  const of = (key: string): string | undefined => {
    const value: unknown = typeof read === 'object' && read !== null ? Reflect.get(read, key) : undefined
    return typeof value === 'string' ? value : undefined
  }
  return { message: of('error') ?? (text.trim().slice(0, 300) || 'refused without a word'), code: of('code'), hint: of('hint') }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const refusedBy = (error: unknown): Refused =>
  error instanceof ApiError ? error.refused : { status: 0, message: error instanceof Error ? error.message : String(error) }
