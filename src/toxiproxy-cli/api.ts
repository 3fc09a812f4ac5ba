/** The admin API of a Toxiproxy server, or of brownout, as this command line uses it. */

import { arch, platform } from 'node:os'

export interface ToxicJson {
  readonly name: string
  readonly type: string
  readonly stream: string
  readonly toxicity: number
  readonly attributes: Readonly<Record<string, unknown>>
}
export interface ProxyJson {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly toxics: readonly ToxicJson[]
}

export interface ApiOptions { readonly url: string; readonly token: string | undefined; readonly version: string }

/** Longer than the 25 s after which a Toxiproxy gives up a call by itself. */
const PATIENCE_MS = 30_000
/** What is shown of an answer that is no JSON. */
const EXCERPT_MAX = 200

/** A call that was refused, with the server's own words, or that never came to anything. Both end the command. */
export class ApiError extends Error {}

export class Api {
  readonly #options: ApiOptions

  constructor(options: ApiOptions) { this.#options = options }

  /** Sorted by name. */
  async proxies(): Promise<readonly ProxyJson[]> {
    const all = (await this.#call('GET', '/proxies')) as Readonly<Record<string, ProxyJson>>
    return Object.values(all).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async proxy(name: string): Promise<ProxyJson> { return (await this.#call('GET', path(name))) as ProxyJson }

  async create(proxy: Pick<ProxyJson, 'name' | 'listen' | 'upstream'>): Promise<ProxyJson> {
    return (await this.#call('POST', '/proxies', { ...proxy, enabled: true })) as ProxyJson
  }

  // POST for changes: servers before 2.6 know nothing else, and those since take both.
  async enable({ name, listen, upstream }: ProxyJson, enabled: boolean): Promise<ProxyJson> {
    return (await this.#call('POST', path(name), { listen, upstream, enabled })) as ProxyJson
  }

  async delete(name: string): Promise<void> { await this.#call('DELETE', path(name)) }

  async addToxic(proxy: string, toxic: ToxicJson): Promise<ToxicJson> { return (await this.#call('POST', `${path(proxy)}/toxics`, toxic)) as ToxicJson }

  /** Changes what is given and leaves the rest as it is. */
  async updateToxic(proxy: string, name: string, change: Partial<Pick<ToxicJson, 'toxicity' | 'attributes'>>): Promise<ToxicJson> {
    return (await this.#call('POST', `${path(proxy)}/toxics/${encodeURIComponent(name)}`, change)) as ToxicJson
  }

  async removeToxic(proxy: string, name: string): Promise<void> { await this.#call('DELETE', `${path(proxy)}/toxics/${encodeURIComponent(name)}`) }

  async #call(method: string, route: string, body?: unknown): Promise<unknown> {
    const { url, token, version } = this.#options
    let response: Response
    let text: string
    try {
      response = await fetch(`${url}${route}`, {
        method, signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          'user-agent': `toxiproxy-cli/${version} (${platform()}/${arch()})`,
          ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      text = await response.text()
    } catch (cause) {
      throw new ApiError(`${url} does not answer: ${whyOf(cause)}`, { cause })
    }
    const json = parsed(text)
    if (!response.ok) throw new ApiError(`HTTP ${response.status}: ${errorOf(json) ?? (text.trim().slice(0, EXCERPT_MAX) || response.statusText)}`)
    if (text !== '' && json === undefined) throw new ApiError(`${url} answers no JSON: is it the admin API?`)
    return json
  }
}

const path = (name: string): string => `/proxies/${encodeURIComponent(name)}`

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON is judged by the caller: an error page is, an empty body may be right.
    return undefined
  }
}

const errorOf = (json: unknown): string | undefined =>
  typeof json === 'object' && json !== null && 'error' in json && typeof json.error === 'string' ? json.error : undefined

/** `fetch failed` says nothing: its cause does. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof AggregateError && 'code' in cause) return String(cause.code)
  return cause instanceof Error ? cause.message : error.message
}
