/** One target's proxy in a Toxiproxy: made or adopted, given toxics and relieved of them, left as it was found. */

import { BrownoutError } from '../core/errors.ts'
import { isLoopback } from '../core/loopback.ts'
import { formatAddress } from '../proxy/address.ts'
import type { Address, TargetSpec } from '../proxy/plane.ts'
import type { Undo } from './keeper.ts'
import type { Mapping, ToxicPlan } from './mapping.ts'
import { isLeftover, ownName } from './owner.ts'
import { reachable, type ViaRoute } from './route.ts'
import { ToxiproxyServer, type RemoteProxy, type RemoteState } from './server.ts'

/** Does nothing itself: its name says to a later run that the proxy was switched off by us. */
const MARK: ToxicPlan = { type: 'latency', stream: 'downstream', toxicity: 0, attributes: { latency: 0, jitter: 0 } }
const MARK_END = '.off'

export class Remote {
  readonly address: Address
  readonly #server: ToxiproxyServer
  readonly #proxy: RemoteProxy
  readonly #made: boolean
  readonly #onChange: () => void
  /** Names of toxics that may be there, by rule. */
  readonly #toxics = new Map<string, readonly string[]>()
  /** Rules that want the proxy switched off. */
  readonly #off = new Set<string>()
  #last: Promise<unknown> = Promise.resolve()

  private constructor(server: ToxiproxyServer, proxy: RemoteProxy, made: boolean, address: Address, onChange: () => void) {
    this.#server = server
    this.#proxy = proxy
    this.#made = made
    this.address = address
    this.#onChange = onChange
  }

  /** `onChange` is called before anything is done that would have to be undone. VIA_FAILED. */
  static async open(route: ViaRoute, { name, upstream }: Pick<TargetSpec, 'name' | 'upstream'>, onChange: () => void): Promise<Remote> {
    const server = new ToxiproxyServer(route.server)
    const wanted = route.proxy ?? ownName(name)
    const target = formatAddress(upstream)
    const there = (await server.all()).find((one) => one.name === wanted)
    // One of this very process that could not be deleted before.
    if (there && route.proxy === undefined) await server.remove(wanted)
    const adopted = there && route.proxy !== undefined ? adoptable(there, target) : undefined
    const proxy = adopted ? await server.proxy(wanted) : await server.create(wanted, route.listen, target)
    return new Remote(server, proxy, adopted === undefined, reachable(proxy.listen, route), onChange)
  }

  /** What undoes all that is ours on it as it stands, or as it will stand in a moment. */
  get undo(): readonly Undo[] {
    const path = `${this.#server.url}/proxies/${this.#proxy.name}`
    if (this.#made) return [{ method: 'DELETE', url: path }]
    const toxics = [...this.#toxics.values()].flat().map((name): Undo => ({ method: 'DELETE', url: `${path}/toxics/${name}` }))
    const { listen, upstream } = this.#proxy
    return this.#off.size > 0 ? [...toxics, { method: 'POST', url: path, body: { listen, upstream, enabled: true } }] : toxics
  }

  /** Resolves when the server has acknowledged all of it; when it rejects, some of it may be there: `take` is still due. */
  put(rule: string, { toxics, disabled }: Mapping): Promise<void> {
    return this.#inTurn(async () => {
      const named = disabled ? [[`${ownName(rule)}${MARK_END}`, MARK] as const] : toxics.map((plan) => [ownName(rule, plan.stream), plan] as const)
      this.#toxics.set(rule, named.map(([name]) => name))
      if (disabled) this.#off.add(rule)
      this.#onChange()
      for (const [name, plan] of named) await this.#server.addToxic(this.#proxy, name, plan)
      if (disabled) await this.#server.enable(this.#proxy, false)
    })
  }

  /** Resolves when the server has acknowledged that nothing of the rule is left. */
  take(rule: string): Promise<void> { return this.#inTurn(() => this.#relieve(rule)) }

  /** Deletes the proxy if we made it. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const rule of [...this.#toxics.keys()]) await this.#relieve(rule)
      if (this.#made) await this.#server.remove(this.#proxy.name)
    })
  }

  async #relieve(rule: string): Promise<void> {
    if (this.#off.has(rule) && this.#off.size === 1) await this.#server.enable(this.#proxy, true)
    this.#off.delete(rule)
    for (const name of this.#toxics.get(rule) ?? []) await this.#server.remove(`${this.#proxy.name}/toxics/${name}`)
    this.#toxics.delete(rule)
    this.#onChange()
  }

  /** One change at a time: switching off, on and off again must not overtake itself. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn
    turn.catch(() => undefined)
    return turn
  }
}

/** Takes what a crashed run of this machine has left on a server. */
export async function sweep(url: string): Promise<void> {
  const server = new ToxiproxyServer(url)
  for (const { name, listen, upstream, toxics } of await server.all()) {
    if (isLeftover(name)) await server.remove(name)
    else for (const { name: toxic } of toxics.filter((one) => isLeftover(one.name))) {
      if (toxic.endsWith(MARK_END)) await server.enable({ name, listen, upstream }, true)
      await server.remove(`${name}/toxics/${toxic}`)
    }
  }
}

function adoptable(there: RemoteState, target: string): RemoteState {
  const wrong = !sameAddress(there.upstream, target) ? `leads to ${there.upstream}, and the target is ${target}` : there.enabled ? undefined : 'is switched off'
  if (wrong) throw new BrownoutError('VIA_FAILED', { message: `the proxy "${there.name}" that is there ${wrong}`, hint: 'name another one, or leave the name out and let brownout make its own' })
  return there
}

/** `localhost:6379` is `127.0.0.1:6379`. */
function sameAddress(one: string, other: string): boolean {
  const [host, port] = parts(one)
  const [otherHost, otherPort] = parts(other)
  return port === otherPort && (host === otherHost || (isLoopback(host) && isLoopback(otherHost)))
}

const parts = (address: string): readonly [string, string] => {
  const at = address.lastIndexOf(':')
  return [address.slice(0, at), address.slice(at + 1)]
}
