/** The front of a target whose clients another process accepts and hands over. */

import { seedOf, type Front, type Way } from '../front.ts'
import { Nodes, type NodeListener, type View, type Viewer } from '../nodes.ts'
import type { NodeAddress } from '../../protocols/redis/topology-text.ts'
import type { Address, TargetSpec } from '../plane.ts'

/** Has the process that listens open a listener for another server of the target; undefined where it cannot. */
export type AskNode = (target: string, node: NodeAddress, from: string | undefined) => Promise<Address | undefined>

export class HandedFront implements Front {
  readonly #ask: AskNode
  #ways: readonly RemoteListener[] = []
  #nodes: Nodes<RemoteListener> | undefined

  constructor(spec: TargetSpec, ask: AskNode) {
    this.#ask = ask
    this.#become(spec)
  }

  get ways(): readonly Way[] { return this.#ways }

  open(): Promise<void> { return Promise.resolve() }

  async change(spec: TargetSpec): Promise<void> {
    await this.#nodes?.close()
    this.#become(spec)
  }

  view(viewer: Viewer): View | undefined { return this.#nodes?.view(viewer) }

  settle(): Promise<void> { return Promise.resolve() }

  async close(): Promise<void> { await this.#nodes?.close() }

  #become(spec: TargetSpec): void {
    const seed = seedOf(spec)
    const { name } = spec
    this.#ways = spec.listen.map(({ address, from }) => ({ address, from, node: seed, open: NOTHING, close: NOTHING }))
    this.#nodes = seed && new Nodes(this.#ways, { seed, listener: (node, from) => new Asked(name, node, from, this.#ask), opened: NOTHING })
  }
}

interface RemoteListener extends NodeListener { readonly node: NodeAddress | undefined }

const NOTHING = (): Promise<void> => Promise.resolve()

/** One that has yet to be asked for. It is the other process that closes it. */
class Asked implements RemoteListener {
  readonly from: string | undefined
  readonly node: NodeAddress
  readonly close = NOTHING
  readonly #target: string
  readonly #ask: AskNode
  #address: Address | undefined

  constructor(target: string, node: NodeAddress, from: string | undefined, ask: AskNode) {
    this.#target = target
    this.node = node
    this.from = from
    this.#ask = ask
  }

  get address(): Address { return this.#address ?? this.node }

  async open(): Promise<void> {
    this.#address = await this.#ask(this.#target, this.node, this.from)
    if (!this.#address) throw new Error('there is no listener for it')
  }
}
