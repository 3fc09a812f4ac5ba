/**
 * Prices over WebSocket as they change, at /prices/live.
 *
 *   client: {"subscribe":[7,8]} or {"subscribe":"all"}      in place of what it had asked for before
 *   server: {"product":7,"priceCents":149}, …               with WS_BATCH [{"product":7,"priceCents":149}, …], of each product the latest
 */

import type { RawData, WebSocket } from 'ws'
import { coarseClock, type Timer } from '../../core/clock.ts'
import { bytes, ms } from '../../core/units.ts'
import { fieldsOf, isCount, parsedJson } from '../pages.ts'
import { Peers } from './peers.ts'
import type { Prepared } from './prepared.ts'
import type { PriceUpdate, PriceUpdates } from './price-updates.ts'
import { Topics, type Wish } from './topics.ts'

export interface PricesOptions {
  readonly updates: PriceUpdates
  /** Changes of so long go in one message, in ms; 0: each in its own. */
  readonly wsBatchMs: number
  readonly wsDeflate: boolean
  /** Each gets what it asked for, and what many get is serialised once. False: everything to everybody, serialised for each. */
  readonly wsTopics: boolean
  /** False: who is silent or slow is kept. */
  readonly resilient: boolean
  log(line: string): void
}

export interface Prices {
  readonly peers: Peers
  figures(): Readonly<Record<string, number>>
  close(): void
}

export const PRICES_PATH = '/prices/live'
const TOPICS_MAX = 200
/** Ten thousand are pinged a few at a time. */
const PINGED = { pingEvery: ms(10_000), slices: 50 }
const UNSENT_MAX = bytes(1 << 16)
/** Below a few hundred bytes compressing gains nothing. Without a context that lives on a message is compressed once for all; what is compressed for each has a small window, for it costs memory for each. */
const DEFLATE = { threshold: 256, serverNoContextTakeover: true, clientNoContextTakeover: true, concurrencyLimit: 4, zlibDeflateOptions: { level: 1, memLevel: 4, chunkSize: 1024 } }

export function openPrices({ updates, wsBatchMs, wsDeflate, wsTopics, resilient, log }: PricesOptions): Prices {
  const peers = new Peers({ name: 'prices', ...PINGED, unsentMax: UNSENT_MAX, givesUp: resilient, deflate: wsDeflate ? DEFLATE : undefined, log })
  const subscribed = new Topics<WebSocket>()
  const tell = wsTopics ? tellTopics(subscribed, peers) : tellAll(subscribed, peers)
  const changed = new Map<number, PriceUpdate>()
  let timer: Timer | undefined

  const mute = updates.listen((update) => {
    if (wsBatchMs === 0) return tell([update], false)
    changed.set(update.product, update)
    timer ??= coarseClock.at(ms(coarseClock.now() + wsBatchMs), () => {
      timer = undefined
      tell([...changed.values()], true)
      changed.clear()
    })
  })
  peers.sockets.on('connection', (socket) => {
    socket.on('close', () => subscribed.leave(socket))
    socket.on('message', (data) => {
      const wish = wishOf(data)
      if (wish) subscribed.join(socket, wish)
      else peers.refuse(socket)
    })
  })
  peers.begin()

  return {
    peers,
    figures: () => ({ topics: subscribed.count, ...peers.figures() }),
    close() {
      mute()
      timer?.cancel()
      peers.close()
    },
  }
}

/** A change alone, or a list of such. */
type Tell = (changes: readonly PriceUpdate[], listed: boolean) => void

const tellAll = (subscribed: Topics<WebSocket>, peers: Peers): Tell => (changes, listed) => {
  for (const socket of subscribed.peers()) peers.send(socket, JSON.stringify(listed ? changes : changes[0]))
}

const tellTopics = (subscribed: Topics<WebSocket>, peers: Peers): Tell => (changes, listed) => {
  const pieces = new Map(changes.map((change) => [change.product, JSON.stringify(change)]))
  /** By what it tells of. */
  const made = new Map<string, Prepared>()
  for (const [socket, products] of subscribed.concerned([...pieces.keys()])) {
    const key = products.join()
    let message = made.get(key)
    if (!message) {
      const text = products.map((product) => pieces.get(product)).join()
      message = peers.prepare(listed ? `[${text}]` : text)
      made.set(key, message)
    }
    peers.tell(socket, message)
  }
}

/** Undefined for what cannot be understood. */
function wishOf(data: RawData): Wish | undefined {
  const { subscribe } = fieldsOf(parsedJson(String(data)), 'subscribe')
  if (subscribe === 'all') return 'all'
  return Array.isArray(subscribe) && subscribe.length <= TOPICS_MAX && subscribe.every(isCount) ? subscribe : undefined
}
