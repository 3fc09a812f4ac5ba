/** Where the clients of a target come to: its listeners, in the state that the armed rules want of them, and those of its other servers. */

import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../core/clock.ts'
import { ratio } from '../core/units.ts'
import type { Verdict } from '../fault.ts'
import { isAmong } from '../match.ts'
import type { NodeAddress } from '../protocols/redis/topology-text.ts'
import type { Rule } from '../rule.ts'
import { formatAddress } from './address.ts'
import type { ArmedRule } from './armed.ts'
import { Listener, relisten, type Accepts, type ListenerState } from './listener.ts'
import { Nodes, type View, type Viewer } from './nodes.ts'
import type { Address, PlaneEvent, TargetSpec } from './plane.ts'

/** The listener that a client came through. */
export type Way = Pick<Listener, 'from' | 'node' | 'address'>

export interface FrontHost {
  readonly clock: Clock
  /** In their order. */
  armed(): readonly ArmedRule[]
  connections(): number
  accept(socket: Socket, way: Way): void
  /** A rule has taken hold of a listener. */
  told(armed: ArmedRule, did: string): void
  emit(event: PlaneEvent): void
}

export interface Front {
  /** PORT_IN_USE, LISTEN_FAILED. */
  open(): Promise<void>
  /** The ways of another spec in the place of those of the old one, or, where that fails, as before. */
  change(spec: TargetSpec): Promise<void>
  /** Those of the target itself. */
  readonly ways: readonly Way[]
  /** What the rewriter of a session needs to know; undefined where the target is one server. */
  view(viewer: Viewer): View | undefined
  /** Brings all listeners into the state that the armed rules want. */
  settle(): Promise<void>
  /** No new connections. */
  close(): Promise<void>
}
export type FrontMaker = (spec: TargetSpec, host: FrontHost) => Front

/** Listeners of this process. */
export class ListeningFront implements Front {
  readonly #host: FrontHost
  readonly #accepts: Accepts
  #spec: TargetSpec
  #listeners: readonly Listener[]
  #nodes: Nodes<Listener> | undefined

  /** `to hand on`: nothing is read of a client before another process has it. */
  constructor(spec: TargetSpec, host: FrontHost, accepts: Accepts = 'to serve') {
    this.#spec = spec
    this.#host = host
    this.#accepts = accepts
    this.#listeners = spec.listen.map(({ address, from }) => this.#listener(spec, address, from))
    this.#nodes = this.#nodesOf(spec, this.#listeners)
  }

  get ways(): readonly Way[] { return this.#listeners }

  async open(): Promise<void> { for (const listener of this.#listeners) await listener.open() }

  async change(spec: TargetSpec): Promise<void> {
    const old = this.#listeners
    const kept = (address: Address, from: string | undefined): Listener | undefined =>
      old.find((one) => one.from === from && isDeepStrictEqual([one.address, one.node], [address, seedOf(spec)]))
    const listeners = spec.listen.map(({ address, from }) => kept(address, from) ?? this.#listener(spec, address, from))
    await relisten(old.filter((one) => !listeners.includes(one)), listeners.filter((one) => !old.includes(one)))
    await this.#nodes?.close()
    this.#spec = spec
    this.#listeners = listeners
    this.#nodes = this.#nodesOf(spec, listeners)
  }

  view(viewer: Viewer): View | undefined { return this.#nodes?.view(viewer) }

  /** A server of the target that was named elsewhere: opens the listener that leads to it. Undefined where there is no room, or the target is one server. */
  async node(node: NodeAddress, from: string | undefined): Promise<Address | undefined> { return this.#nodes?.open(node, from) }

  async settle(): Promise<void> {
    await Promise.all([...this.#listeners, ...(this.#nodes?.listeners ?? [])].map((listener) => listener.become(this.#stateOf(listener))))
  }

  async close(): Promise<void> { await Promise.all([...this.#listeners, ...(this.#nodes ? [this.#nodes] : [])].map((one) => one.close())) }

  #listener(spec: TargetSpec, address: Address, from: string | undefined, node = seedOf(spec)): Listener {
    return new Listener(address, { from, node, accepts: this.#accepts }, (socket, listener) => this.#host.accept(socket, listener))
  }

  /** Its other servers listen where the first does, on ports that are free. */
  #nodesOf(spec: TargetSpec, own: readonly Listener[]): Nodes<Listener> | undefined {
    const seed = seedOf(spec)
    const [first] = spec.listen
    const host = first && 'host' in first.address ? first.address.host : '127.0.0.1'
    return seed && new Nodes(own, {
      seed,
      listener: (node, from) => this.#listener(spec, { host, port: 0 }, from, node),
      opened: (listener) => {
        const { node = seed, address: listen, from } = listener
        this.#host.emit({ kind: 'node', target: this.#spec.name, node, listen, from, at: this.#host.clock.now() })
        return listener.become(this.#stateOf(listener))
      },
    })
  }

  /** What the armed rules want of a listener: the first that wants anything has its way. */
  #stateOf(listener: Listener): ListenerState {
    for (const armed of this.#host.armed()) {
      if (!armed.fault.on.includes('listen') || !choosesAll(armed.rule, listener)) continue
      const wanted = this.#wanted(armed)
      if (wanted === 'open') continue
      if (armed.altered === 0) this.#host.told(armed, wanted)
      return wanted
    }
    return 'open'
  }

  #wanted(armed: ArmedRule): ListenerState {
    const { clock, connections, emit } = this.#host
    const now = clock.now()
    const scene = { session: 0, direction: 'to-server' as const, address: undefined, conversation: undefined, random: () => 0, now: () => now, armedAt: armed.armedAt, connections }
    let verdict: Verdict
    try {
      verdict = armed.fault.decide({ kind: 'listen' }, armed.params(now), scene, undefined, armed.shared)
    } catch (cause) {
      emit({ kind: 'broken', rule: armed.rule.id, session: 0, problem: String(cause), at: now })
      return 'open'
    }
    return verdict.kind === 'refuse' && verdict.how !== 'reset' ? verdict.how : 'open'
  }
}

/** Whether a rule hits whoever comes to that listener: it cannot tell one client from another, and knows no luck. */
const choosesAll = ({ chance = ratio(1), where: { client, from, node } = {} }: Rule, listener: Listener): boolean =>
  chance === 1 && client === undefined && (from === undefined || from === listener.from) && (node === undefined || (listener.node !== undefined && isAmong(node, formatAddress(listener.node))))

/** The first of several servers; undefined where there is but one. */
export const seedOf = ({ cluster, upstream }: TargetSpec): NodeAddress | undefined => (cluster && 'host' in upstream ? upstream : undefined)
