/**
 * The order updates over WebSocket, at /orders/live.
 *
 *   client: {"subscribe":"orders"}      from now on            server: {"subscribed":"orders","last":41}, then {"id":42,"order":…,"totalCents":…}, …
 *   client: {"resume":41}               what came after 41     server: {"subscribed":"orders","last":44}, then 42, 43, 44 and on; before them {"gap":…} if some are not kept any more
 *
 * `?resume=41` in the URL is the same as the second. It may be sent again on a live connection, by who finds a number missing.
 */

import type { RawData, WebSocket } from 'ws'
import { bytes, ms } from '../../core/units.ts'
import { fieldsOf, parsedJson } from '../pages.ts'
import { Peers } from './peers.ts'
import type { Updates } from './updates.ts'

export interface LiveOptions {
  readonly updates: Updates
  /** False, as it is usually written: pings keep the connection open and nobody looks for their answers, and who was away has missed what was said. */
  readonly resilient: boolean
  log(line: string): void
}

export interface Live {
  readonly peers: Peers
  close(): void
}

export const LIVE_PATH = '/orders/live'
const PINGED = { pingEvery: ms(1000), slices: 1 }
const UNSENT_MAX = bytes(1 << 20)

export function openLive({ updates, resilient, log }: LiveOptions): Live {
  const peers = new Peers({ name: 'live', ...PINGED, unsentMax: UNSENT_MAX, givesUp: resilient, log })

  function subscribe(socket: WebSocket, after: number): void {
    const { updates: missed, whole } = updates.after(after)
    const say = (said: unknown): void => peers.send(socket, JSON.stringify(said))
    if (!whole) say({ gap: { after, from: missed[0]?.id ?? null } })
    say({ subscribed: 'orders', last: updates.last })
    for (const update of missed) say(update)
  }

  peers.sockets.on('connection', (socket, request) => {
    let mute: (() => void) | undefined
    const begin = (after: number): void => {
      subscribe(socket, resilient ? after : updates.last)
      mute ??= updates.listen((update) => peers.send(socket, JSON.stringify(update)))
    }
    socket.on('close', () => mute?.())
    socket.on('message', (data) => {
      const after = wishOf(data, updates.last)
      if (after === undefined) peers.refuse(socket)
      else begin(after)
    })
    const resume = new URL(request.url ?? '/', 'http://shop').searchParams.get('resume')
    if (resume !== null && /^\d{1,15}$/.test(resume)) begin(Number(resume))
  })
  peers.begin()
  return { peers, close: () => peers.close() }
}

/** After which number it begins; undefined for what cannot be understood. */
function wishOf(data: RawData, last: number): number | undefined {
  const { subscribe, resume } = fieldsOf(parsedJson(String(data)), 'subscribe', 'resume')
  if (subscribe === 'orders' && resume === undefined) return last
  return typeof resume === 'number' && Number.isSafeInteger(resume) && resume >= 0 ? resume : undefined
}
