/**
 * The order updates over WebSocket, at /orders/live.
 *
 *   client: {"subscribe":"orders"}      from now on            server: {"subscribed":"orders","last":41}, then {"id":42,"order":…,"totalCents":…}, …
 *   client: {"resume":41}               what came after 41     server: {"subscribed":"orders","last":44}, then 42, 43, 44 and on; before them {"gap":…} if some are not kept any more
 *
 * `?resume=41` in the URL is the same as the second. It may be sent again on a live connection, by who finds a number missing.
 */

import type { Server } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { coarseClock, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { fieldsOf, parsedJson } from '../pages.ts'
import type { Updates } from './updates.ts'

export interface LiveOptions {
  readonly server: Server
  readonly updates: Updates
  /** False, as it is usually written: pings keep the connection open and nobody looks for their answers, and who was away has missed what was said. */
  readonly resilient: boolean
  log(line: string): void
}

export interface Live {
  readonly peers: number
  /** Subscribers that were given up: silent, or too slow. */
  readonly lost: number
  /** 1001 to all. */
  close(): void
}

export const LIVE_PATH = '/orders/live'
/** Who has not answered a ping by the next one is gone. */
const PING_EVERY: Ms = ms(1000)
/** So much waits for a subscriber who reads too slowly. */
const UNSENT_BYTES_MAX = 1 << 20
const MESSAGE_BYTES_MAX = 1024
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008

export function openLive({ server, updates, resilient, log }: LiveOptions): Live {
  const sockets = new WebSocketServer({ server, path: LIVE_PATH, maxPayload: MESSAGE_BYTES_MAX })
  const silent = new WeakSet<WebSocket>()
  let lost = 0
  let timer: Timer | undefined

  function giveUp(socket: WebSocket, why: string): void {
    lost++
    log(`live: a subscriber ${why}`)
    socket.terminate()
  }

  function look(): void {
    timer = coarseClock.at(ms(coarseClock.now() + PING_EVERY), () => {
      for (const socket of sockets.clients) {
        if (resilient && silent.has(socket)) giveUp(socket, 'does not answer')
        else {
          silent.add(socket)
          socket.ping()
        }
      }
      look()
    })
  }

  function subscribe(socket: WebSocket, after: number): void {
    const { updates: missed, whole } = updates.after(after)
    if (!whole) socket.send(JSON.stringify({ gap: { after, from: missed[0]?.id ?? null } }))
    socket.send(JSON.stringify({ subscribed: 'orders', last: updates.last }))
    for (const update of missed) socket.send(JSON.stringify(update))
  }

  sockets.on('connection', (socket, request) => {
    let mute: (() => void) | undefined
    const begin = (after: number): void => {
      subscribe(socket, resilient ? after : updates.last)
      mute ??= updates.listen((update) => {
        if (resilient && socket.bufferedAmount > UNSENT_BYTES_MAX) return giveUp(socket, 'reads too slowly')
        socket.send(JSON.stringify(update))
      })
    }
    socket.on('error', (error) => log(`live: ${error.message}`))
    socket.on('pong', () => silent.delete(socket))
    socket.on('close', () => mute?.())
    socket.on('message', (data) => {
      const after = wishOf(data, updates.last)
      if (after === undefined) socket.close(POLICY_VIOLATION, 'not understood')
      else begin(after)
    })
    const resume = new URL(request.url ?? '/', 'http://shop').searchParams.get('resume')
    if (resume !== null && /^\d{1,15}$/.test(resume)) begin(Number(resume))
  })
  look()

  return {
    get peers() { return sockets.clients.size },
    get lost() { return lost },
    close() {
      timer?.cancel()
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'the shop closes')
      sockets.close()
    },
  }
}

/** After which number it begins; undefined for what cannot be understood. */
function wishOf(data: RawData, last: number): number | undefined {
  const { subscribe, resume } = fieldsOf(parsedJson(String(data)), 'subscribe', 'resume')
  if (subscribe === 'orders' && resume === undefined) return last
  return typeof resume === 'number' && Number.isSafeInteger(resume) && resume >= 0 ? resume : undefined
}
