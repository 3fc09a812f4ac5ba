/** A Toxiproxy server, through the client that people use for it, with deadlines and errors of our own. */

import { Toxiproxy, type Proxy as RemoteProxy } from 'toxiproxy-node-client'
import { realClock, type Timer } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import type { ToxicPlan } from './mapping.ts'

export type { RemoteProxy }
export interface RemoteState { readonly name: string; readonly upstream: string; readonly listen: string; readonly enabled: boolean; readonly toxics: readonly { readonly name: string }[] }

/** Longer than removing a toxic takes that is in the midst of its wait; see RESET_WAIT_MAX. A server that has not answered by then hangs. */
const PATIENCE: Ms = ms(10_000)

export class ToxiproxyServer {
  readonly url: string
  readonly #client: Toxiproxy
  readonly #patience: Ms

  constructor(url: string, patience: Ms = PATIENCE) {
    this.url = url
    this.#patience = patience
    this.#client = new Toxiproxy(url)
  }

  /** Everything there is. */
  async all(): Promise<readonly RemoteState[]> {
    const { data } = await this.#asked('list the proxies', this.#client.getApi().get<unknown>(`${this.url}/proxies`))
    const states: readonly unknown[] = typeof data === 'object' && data !== null ? Object.values(data) : [data]
    if (!states.every(isState)) throw this.#stranger('list the proxies')
    return states
  }

  proxy(name: string): Promise<RemoteProxy> { return this.#asked(`find the proxy ${name}`, this.#client.get(name)) }

  async create(name: string, listen: string, upstream: string): Promise<RemoteProxy> {
    const proxy = await this.#asked(`create the proxy ${name} on ${listen}`, this.#client.createProxy({ name, listen, upstream, enabled: true }))
    if (proxy.name === name && typeof proxy.listen === 'string') return proxy
    throw this.#stranger(`create the proxy ${name}`)
  }

  enable({ name, listen, upstream }: Pick<RemoteState, 'name' | 'listen' | 'upstream'>, enabled: boolean): Promise<void> {
    const url = `${this.url}/proxies/${name}`
    return this.#asked(`${enabled ? 'enable' : 'disable'} the proxy ${name}`, this.#client.getApi().post(url, { listen, upstream, enabled })).then(() => undefined)
  }

  async addToxic(proxy: RemoteProxy, name: string, { type, stream, toxicity, attributes }: ToxicPlan): Promise<void> {
    await this.#asked(`add the toxic ${name}`, proxy.addToxic({ name, type, stream, toxicity, attributes }))
  }

  /** What is not there any more counts as removed. */
  async remove(path: string): Promise<void> {
    await this.#asked(`remove ${path}`, this.#client.getApi().delete(`${this.url}/proxies/${path}`).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.endsWith(' 404'))) throw error
    }))
  }

  #stranger(what: string): BrownoutError {
    return new BrownoutError('VIA_FAILED', { message: `${this.url} did not ${what}: what answers there is no Toxiproxy` })
  }

  /** VIA_FAILED when it is refused, fails or takes too long. */
  async #asked<T>(what: string, request: Promise<T>): Promise<T> {
    const failed = (why: string, cause?: unknown): BrownoutError => new BrownoutError('VIA_FAILED', { message: `${this.url} did not ${what}: ${why}`, cause })
    let timer: Timer | undefined
    const late = new Promise<never>((_, reject) => {
      timer = realClock.at(ms(realClock.now() + this.#patience), () => reject(failed(`no answer within ${formatDuration(this.#patience)}`)))
    })
    try {
      return await Promise.race([request, late])
    } catch (cause) {
      throw cause instanceof BrownoutError ? cause : failed(cause instanceof Error ? cause.message : String(cause), cause)
    } finally {
      timer?.cancel()
    }
  }
}

const isState = (value: unknown): value is RemoteState =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && 'listen' in value && typeof value.listen === 'string'
  && 'upstream' in value && typeof value.upstream === 'string' && 'enabled' in value && 'toxics' in value && Array.isArray(value.toxics)
