/** The proxies that an admin API shows, kept in step with the targets and rules of a plane. Every change is applied whole or not at all. */

import type { Registry } from '../fault.ts'
import { formatAddress } from '../proxy/address.ts'
import type { Address, DynamicPlane, TargetSpec } from '../proxy/plane.ts'
import { faultNamed, withDefaults, type Rule } from '../rule.ts'
import { resolveListen, upstreamAddress, type ListenPolicy } from './addresses.ts'
import { Refusal } from './refusal.ts'
import { inOrder, toxicOf, viewOf, type Kept, type ProxyInput, type ProxyPatch, type ProxyView, type ToxicPatch } from './kept.ts'
import { inGoWords, specOf } from './target.ts'
import { checkToxic, ruleId, ruleOf, type Toxic } from './toxics.ts'

/** What of a plane it uses. */
export interface ProxiesPlane extends Pick<DynamicPlane, 'open' | 'change' | 'shut'> { arm(rules: readonly Rule[]): Promise<unknown>; disarm(ids: readonly string[]): Promise<unknown> }

export interface ProxiesOptions {
  readonly plane: ProxiesPlane
  readonly registry: Registry
  readonly listen: ListenPolicy
  /** Throws a Refusal where the proxy may not have that upstream. */
  permitUpstream(proxy: string, upstream: string): void
  /** Before anything of the plane is changed or taken away: the last chance to read its figures. */
  observe(): Promise<void>
  /** The target of that name is closed. */
  forget(name: string): void
  /** Something was changed, or was tried to; before whoever asked for it is answered. */
  changed(): void
}

export class Proxies {
  readonly #options: ProxiesOptions
  readonly #kept = new Map<string, Kept>()
  /** Changes are made one after the other. None waits for a peer, so none waits long. */
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: ProxiesOptions) { this.#options = options }

  /** By name, in the order of its bytes. */
  list(): readonly ProxyView[] {
    return [...this.views()].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  }

  /** In no order. */
  views(): readonly ProxyView[] { return [...this.#kept.values()].map(viewOf) }

  /** Those that are enabled, as targets of the plane. */
  open(): readonly { readonly spec: TargetSpec; readonly listen: TargetSpec['listen'] }[] {
    return [...this.#kept.values()].filter(({ enabled }) => enabled).map(({ input, listen, upstream }) => {
      const address = listen.startsWith('/') || listen.startsWith('unix:') ? input.fixed?.listen ?? { path: listen } : upstreamAddress(listen)
      return { spec: specOf(input, address, upstream), listen: [{ address }] }
    })
  }

  get(name: string): ProxyView { return viewOf(this.#proxy(name)) }

  toxic(proxy: string, name: string): Toxic { return toxicOf(this.#proxy(proxy), name) }

  create(input: ProxyInput): Promise<ProxyView> {
    return this.#alone(async () => {
      if (this.#kept.has(input.name)) throw new Refusal(409, 'proxy already exists')
      return viewOf(await this.#create(input))
    })
  }

  update(name: string, patch: ProxyPatch): Promise<ProxyView> {
    this.#proxy(name)
    return this.#alone(async () => {
      const kept = this.#proxy(name)
      const upstream = patch.upstream ?? kept.upstream
      const enabled = patch.enabled ?? kept.enabled
      const address = await this.#listenAddress(kept.input, patch.listen ?? kept.listen, '')
      const moved = formatAddress(address) !== kept.listen
      if (upstream !== kept.upstream) this.#options.permitUpstream(name, upstream)
      if (enabled && kept.enabled && (moved || upstream !== kept.upstream)) await this.#move(kept, address, upstream)
      else if (enabled && !kept.enabled) await this.#start(kept, address, upstream)
      else if (!enabled) {
        if (kept.enabled) await this.#stop(kept)
        kept.listen = patch.listen ?? kept.listen
      }
      kept.upstream = upstream
      return viewOf(kept)
    })
  }

  delete(name: string): Promise<void> {
    this.#proxy(name)
    return this.#alone(() => this.#delete(this.#proxy(name)))
  }

  /** New ones are created, those with another address are replaced, equal ones are left as they are. `done` grows as it goes: what it holds when this throws was done. */
  populate(inputs: readonly ProxyInput[], done: (view: () => ProxyView) => void): Promise<void> {
    return this.#alone(async () => {
      for (const input of inputs) {
        const kept = await this.#put(input)
        done(() => viewOf(kept))
      }
    })
  }

  /** Every proxy enabled, no toxic left. Goes on past what fails, and then throws it. */
  reset(): Promise<void> {
    return this.#alone(async () => {
      const failures: string[] = []
      for (const kept of this.#kept.values()) {
        await this.#clear(kept)
        if (kept.enabled) continue
        try {
          await this.#start(kept, await this.#listenAddress(kept.input, kept.listen, 'listen tcp: '), kept.upstream)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          failures.push(error.message)
        }
      }
      if (failures.length > 0) throw new Refusal(500, failures.join('; '))
    })
  }

  /** Removes the toxics with these rules. */
  clear(rules: readonly string[]): Promise<void> {
    return this.#alone(async () => {
      for (const kept of this.#kept.values()) await this.#clear(kept, ({ name }) => rules.includes(ruleId(kept.input.name, name)))
    })
  }

  /** Arms again what stands by the configuration, where it was cleared. */
  rearm(): Promise<void> {
    return this.#alone(async () => {
      for (const kept of this.#kept.values()) await this.#arm(kept, [], kept.input.rules)
    })
  }

  addToxic(proxy: string, toxic: Toxic): Promise<Toxic> {
    return this.#alone(async () => {
      const kept = this.#proxy(proxy)
      if (kept.toxics.some(({ name }) => name === toxic.name)) throw new Refusal(409, 'toxic already exists')
      checkToxic(toxic)
      await this.#arm(kept, [toxic])
      kept.toxics = inOrder([...kept.toxics, toxic])
      return toxic
    })
  }

  updateToxic(proxy: string, name: string, { attributes, toxicity }: ToxicPatch): Promise<Toxic> {
    return this.#alone(async () => {
      const kept = this.#proxy(proxy)
      const old = toxicOf(kept, name)
      const toxic = { ...old, attributes: { ...old.attributes, ...attributes }, toxicity: toxicity ?? old.toxicity }
      checkToxic(toxic)
      await this.#arm(kept, [toxic])
      kept.toxics = kept.toxics.map((one) => (one === old ? toxic : one))
      return toxic
    })
  }

  removeToxic(proxy: string, name: string): Promise<void> {
    return this.#alone(async () => {
      const kept = this.#proxy(proxy)
      const toxic = toxicOf(kept, name)
      await this.#options.observe()
      kept.toxics = kept.toxics.filter((one) => one !== toxic)
      await this.#options.plane.disarm([ruleId(proxy, name)])
    })
  }

  /** Of a configuration that was read again: `input` in the place of whatever bears its name. On an error the old one stays. */
  replace(input: ProxyInput): Promise<void> {
    return this.#alone(async () => {
      const old = this.#kept.get(input.name)
      if (!old) return void await this.#create(input)
      await this.#succeed(old, input)
    })
  }

  /** Refuses changes from now on; resolves when the last one is made. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }

  #proxy(name: string): Kept {
    const kept = this.#kept.get(name)
    if (!kept) throw new Refusal(404, 'proxy not found')
    return kept
  }

  #alone<T>(act: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Refusal(503, 'the server is stopping'))
    const turn = this.#last.then(act).finally(() => this.#options.changed())
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #create(input: ProxyInput): Promise<Kept> {
    const { name, listen, upstream, enabled, toxics } = input
    for (const toxic of toxics) checkToxic(toxic)
    this.#options.permitUpstream(name, upstream)
    const kept: Kept = { input, listen, upstream, enabled: false, toxics: inOrder(toxics) }
    if (enabled) await this.#start(kept, await this.#listenAddress(input, listen, 'listen tcp: '), upstream)
    this.#kept.set(name, kept)
    return kept
  }

  async #put(input: ProxyInput): Promise<Kept> {
    const old = this.#kept.get(input.name)
    if (!old) return this.#create(input)
    const same = input.upstream === old.upstream && (input.listen === old.listen || await this.#sameListen(old, input))
    return same ? old : this.#succeed(old, input)
  }

  async #sameListen(old: Kept, input: ProxyInput): Promise<boolean> {
    const wanted = await this.#listenAddress(input, input.listen, 'listen tcp: ')
    if (old.enabled) return formatAddress(wanted) === old.listen
    try {
      return formatAddress(wanted) === formatAddress(await this.#listenAddress(old.input, old.listen, ''))
    } catch (error) {
      // A disabled proxy may have any text for its address.
      if (error instanceof Refusal) return false
      throw error
    }
  }

  /** `input` takes the place of `old`, whose connections end; where it cannot, `old` stays as it was. */
  async #succeed(old: Kept, input: ProxyInput): Promise<Kept> {
    for (const toxic of input.toxics) checkToxic(toxic)
    this.#options.permitUpstream(input.name, input.upstream)
    const kept: Kept = { input, listen: input.listen, upstream: input.upstream, enabled: input.enabled, toxics: inOrder(input.toxics) }
    const rulesOf = (one: Kept): readonly string[] => [...one.toxics.map(({ name }) => ruleId(input.name, name)), ...(one.input.rules ?? []).map(({ id }) => id)]
    if (input.enabled && old.enabled) {
      await this.#move(kept, await this.#listenAddress(input, input.listen, 'listen tcp: '), input.upstream)
      await this.#options.plane.disarm(rulesOf(old))
      await this.#arm(kept, kept.toxics, kept.input.rules)
      old.enabled = false
    } else if (input.enabled) {
      kept.enabled = false
      await this.#start(kept, await this.#listenAddress(input, input.listen, 'listen tcp: '), input.upstream)
    } else if (old.enabled) await this.#stop(old)
    this.#kept.set(input.name, kept)
    return kept
  }

  async #delete(kept: Kept): Promise<void> {
    if (kept.enabled) await this.#stop(kept)
    this.#kept.delete(kept.input.name)
  }

  /** From disabled to enabled, with its toxics, or not at all. */
  async #start(kept: Kept, listen: Address, upstream: string): Promise<void> {
    const [open] = await inGoWords(listen, () => this.#options.plane.open([specOf(kept.input, listen, upstream)]))
    kept.enabled = true
    try {
      await this.#arm(kept, kept.toxics, kept.input.rules)
    } catch (error) {
      await this.#stop(kept)
      throw error
    }
    kept.listen = formatAddress(open?.listen[0]?.address ?? listen)
  }

  async #stop(kept: Kept): Promise<void> {
    await this.#options.observe()
    kept.enabled = false
    const shut = this.#options.plane.shut([kept.input.name])
    this.#options.forget(kept.input.name)
    await shut
  }

  async #move(kept: Kept, listen: Address, upstream: string): Promise<void> {
    await this.#options.observe()
    const open = await inGoWords(listen, () => this.#options.plane.change(specOf(kept.input, listen, upstream)))
    kept.listen = formatAddress(open.listen[0]?.address ?? listen)
  }

  async #clear(kept: Kept, which: (toxic: Toxic) => boolean = () => true): Promise<void> {
    const toxics = kept.toxics.filter(which)
    await this.#options.observe()
    kept.toxics = kept.toxics.filter((toxic) => !toxics.includes(toxic))
    await this.#options.plane.disarm(toxics.map(({ name }) => ruleId(kept.input.name, name)))
  }

  async #arm({ enabled, input }: Kept, toxics: readonly Toxic[], more: readonly Rule[] = []): Promise<void> {
    const { plane, registry } = this.#options
    const complete = (fault: string, params: Readonly<Record<string, unknown>>) => withDefaults(faultNamed(registry, fault), params)
    const rules = [...more, ...toxics.flatMap((toxic) => ruleOf(input.name, toxic, complete) ?? [])]
    if (enabled && rules.length > 0) await plane.arm(rules)
  }

  #listenAddress(input: ProxyInput, text: string, prefix: string): Promise<Address> {
    return input.fixed?.listen && text === input.listen ? Promise.resolve(input.fixed.listen) : resolveListen(text, this.#options.listen, prefix)
  }
}
