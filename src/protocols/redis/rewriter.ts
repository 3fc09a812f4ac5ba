/** What one session's server says of nodes, told otherwise: which messages that concerns, what is collected for it, and what is waited for. */

import { begins, ends, type RedisMessage } from './message.ts'
import { elementsOf, errorReply } from './reply.ts'
import { type Asked, type NodeMap, rewriteNodes, tellsNodes } from './topology.ts'
import type { NodeAddress } from './topology-text.ts'

/** Bytes of one answer that are held until it is complete: CLUSTER SLOTS of 16,384 stretches on three nodes with a replica each. */
export const COLLECTED_MAX = 4 * 2 ** 20
/** Commands of one transaction whose answers are rewritten. */
const QUEUED_MAX = 1000

export interface RewriterOptions {
  readonly map: NodeMap
  /** Makes nodes known to `map`, as many as can be. Never rejects. */
  discover(nodes: readonly NodeAddress[]): Promise<void>
  /** The port at which a node speaks TLS is the one meant, where both are told. */
  readonly tls: boolean
}

interface Collected { readonly asked: Asked; readonly parts: Buffer[]; size: number }

const NOTHING = Buffer.alloc(0)
const QUEUED = Buffer.from('+QUEUED\r\n')
const REDIRECTIONS = ['MOVED ', 'ASK ', 'REDIRECT '].map((word) => Buffer.from(word))
const NESTED = ['\r\n-MOVED ', '\r\n-ASK '].map((text) => Buffer.from(text))
const [PLUS, MINUS] = [43, 45]

export class NodeRewriter {
  readonly #options: RewriterOptions
  /** Of the transaction under way: which of its commands tell nodes. */
  #queue = new Map<number, string>()
  #queued = 0
  #collected: Collected | undefined
  /** The large answer under way was given up: nothing of it goes on. */
  #refused = false

  constructor(options: RewriterOptions) { this.#options = options }

  /**
   * Each message of the server, in order, once it was paired. Returns what goes to the client in its place, empty where that is
   * nothing yet; undefined: the message as it is. What comes behind a promise must wait for it, which is never rejected.
   */
  rewrite(message: RedisMessage): Buffer | Promise<Buffer> | undefined {
    if (!begins(message)) return this.#continued(message)
    const command = message.command?.name
    const queued = this.#transaction(message, command)
    if (!tells(message, command, queued)) return undefined
    const asked: Asked = { command, ...(queued ? { queued } : {}) }
    if (message.part === 'whole') return this.#rewritten(message.raw, asked)
    // A message of pub/sub so large is no Sentinel's.
    if (command === undefined) return undefined
    this.#collected = { asked, parts: [message.raw], size: message.raw.length }
    return NOTHING
  }

  #continued(message: RedisMessage): Buffer | Promise<Buffer> | undefined {
    const collected = this.#collected
    if (this.#refused) {
      if (ends(message)) this.#refused = false
      return NOTHING
    }
    if (!collected) return undefined
    collected.parts.push(message.raw)
    collected.size += message.raw.length
    if (collected.size > COLLECTED_MAX) {
      this.#collected = undefined
      this.#refused = !ends(message)
      return errorReply('ERR', `brownout: an answer to ${collected.asked.command ?? 'a command'} of more than ${COLLECTED_MAX} bytes cannot be rewritten`)
    }
    if (!ends(message)) return NOTHING
    this.#collected = undefined
    const raw = Buffer.concat(collected.parts)
    return this.#rewritten(raw, collected.asked) ?? raw
  }

  #rewritten(raw: Buffer, asked: Asked): Buffer | Promise<Buffer> | undefined {
    const { map, tls, discover } = this.#options
    const first = rewriteNodes(raw, asked, map, tls)
    if (first.unknown.length > 0) return discover(first.unknown).then(() => rewriteNodes(raw, asked, map, tls).raw)
    return first.raw === raw ? undefined : first.raw
  }

  /** Follows MULTI; of an EXEC returns what it will answer where. */
  #transaction({ raw, type }: RedisMessage, command: string | undefined): ReadonlyMap<number, string> | undefined {
    switch (command) {
      case undefined: return undefined
      case 'MULTI': case 'DISCARD': case 'RESET': case 'EXEC': {
        // A MULTI within another is refused, and the transaction goes on.
        if (command === 'MULTI' && type === 'SimpleError') return undefined
        const queue = this.#queue
        if (queue.size > 0) this.#queue = new Map()
        this.#queued = 0
        return command === 'EXEC' && queue.size > 0 ? queue : undefined
      }
      default: {
        if (raw.length !== QUEUED.length || !raw.equals(QUEUED)) return undefined
        if (tellsNodes(command) && this.#queue.size < QUEUED_MAX) this.#queue.set(this.#queued, command)
        this.#queued++
        return undefined
      }
    }
  }
}

/** Looked at as little as will do: most answers tell nothing. */
function tells(message: RedisMessage, command: string | undefined, queued: ReadonlyMap<number, string> | undefined): boolean {
  const { type, raw, valueAt, part } = message
  if (type === 'SimpleError') return REDIRECTIONS.some((word) => raw.subarray(valueAt + 1, valueAt + 1 + word.length).equals(word))
  if (command === 'EXEC') return queued !== undefined || (part === 'whole' && NESTED.some((text) => raw.includes(text)))
  if (command !== undefined) return tellsNodes(command)
  if (type !== 'Push' && type !== 'Array') return false
  const elements = elementsOf(message, 4)
  const channel = elements.at(-2)
  return elements.length >= 3 && (channel?.[0] === PLUS || channel?.[0] === MINUS)
}
