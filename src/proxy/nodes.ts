/** The nodes of a target that is several servers: each has listeners of its own, one a label, opened when a reply first names it. */

import type { RewriterOptions } from '../protocols/redis/rewriter.ts'
import type { NodeAddress } from '../protocols/redis/topology-text.ts'
import type { Listener } from './listener.ts'
import type { Address } from './plane.ts'

/** Listeners for nodes of one target; past it a node is told as nowhere. A Redis Cluster is not meant to have more than 1,000 nodes. */
export const NODES_MAX = 2048

export type NodeListener = Pick<Listener, 'address' | 'from' | 'open' | 'close'>

export interface NodesHost<L extends NodeListener> {
  /** To it the target's own listeners lead. */
  readonly seed: NodeAddress
  /** One that is not open yet. */
  listener(node: NodeAddress, from: string | undefined): L
  /** It is open: brings it into the state that the armed rules want. */
  opened(listener: L): Promise<void>
}

/** How the addresses in its replies are changed, and new ones are made known. */
export type View = Pick<RewriterOptions, 'map' | 'discover'>

/** Who asks: the node that its session leads to, the label of its listener, and the host at which it reached us. */
export interface Viewer { readonly node: NodeAddress; readonly from: string | undefined; readonly reached: string }

interface Opening<L> { readonly listener: L; ready: boolean; readonly done: Promise<void> }

const ANY_HOST: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

export class Nodes<L extends NodeListener> {
  readonly #host: NodesHost<L>
  readonly #own: readonly L[]
  readonly #opening = new Map<string, Opening<L>>()
  #closed = false

  /** `own` are the listeners of the target itself. */
  constructor(own: readonly L[], host: NodesHost<L>) {
    this.#own = own
    this.#host = host
  }

  /** Those that were opened, the target's own not among them. */
  get listeners(): readonly L[] { return [...this.#opening.values()].flatMap(({ ready, listener }) => (ready ? [listener] : [])) }

  /** What a session's rewriter needs to know. */
  view(viewer: Viewer): View {
    const { from, reached } = viewer
    return {
      map: (told) => {
        const node = heard(told, viewer)
        // Told of ourselves already: a server that was made to announce us.
        if (this.#isOurs(node, reached)) return node
        const listener = this.#find(node, from)
        return listener && addressFor(listener.address, reached)
      },
      discover: async (nodes) => { await Promise.all(nodes.map((told) => this.#open(heard(told, viewer), from))) },
    }
  }

  /** Opens the listener that leads to `node`, where it is not open already; undefined where it cannot be. */
  async open(node: NodeAddress, from: string | undefined): Promise<Address | undefined> {
    await this.#open(node, from)
    return this.#find(node, from)?.address
  }

  /** No listener is left, nor will be. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#opening.values()].map(async ({ listener, done }) => { await done; await listener.close() }))
  }

  #find(node: NodeAddress, from: string | undefined): L | undefined {
    const opening = this.#opening.get(keyOf(node, from))
    if (opening) return opening.ready ? opening.listener : undefined
    return keyOf(node, from) === keyOf(this.#host.seed, from) ? this.#own.find((one) => one.from === from && 'port' in one.address) : undefined
  }

  #isOurs({ host, port }: NodeAddress, reached: string): boolean {
    return [...this.#own, ...this.listeners].some(({ address }) => {
      const ours = addressFor(address, reached)
      return ours?.port === port && ours.host === host
    })
  }

  #open(node: NodeAddress, from: string | undefined): Promise<void> {
    const key = keyOf(node, from)
    const there = this.#opening.get(key)
    if (there) return there.done
    if (this.#closed || this.#opening.size >= NODES_MAX) return Promise.resolve()
    const listener = this.#host.listener(node, from)
    const opening: Opening<L> = {
      listener, ready: false,
      done: listener.open().then(() => { opening.ready = true; return this.#host.opened(listener) })
        // The next reply that names it tries again.
        .catch(async () => { this.#opening.delete(key); await listener.close() }),
    }
    this.#opening.set(key, opening)
    return opening.done
  }
}

/** A node that a server does not name by its host is on the server's own. */
const heard = ({ host, port }: NodeAddress, { node }: Viewer): NodeAddress => (host === '' ? { host: node.host, port } : { host, port })

const keyOf = ({ host, port }: NodeAddress, from: string | undefined): string => `${from ?? ''} ${host.toLowerCase()} ${port}`

/** Where a client that reached us at `reached` finds a listener of ours. */
function addressFor(address: Address, reached: string): NodeAddress | undefined {
  if (!('port' in address)) return undefined
  return ANY_HOST.has(address.host) ? { host: reached, port: address.port } : { host: address.host, port: address.port }
}
