/** The load of the benches that need no program from elsewhere, over IPC: `Work` comes, `Done` goes. On each connection one request, or one message, at a time. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { readInto, writer } from '../../src/proxy/fast.ts'
import { ECHO, GET, GET_KEY, SAID, UPGRADE, VALUE } from './wire.ts'

/** `connections` to each of the ports, all at the same time, for `forMs`; then on until each port has had `least` exchanges, up to `atMostMs` in all. */
export interface Work { readonly kind: 'http' | 'websocket' | 'redis'; readonly ports: readonly number[]; readonly connections: number; readonly forMs: number; readonly least?: number; readonly atMostMs?: number }
/** `exchanges` in the order of the ports. */
export interface Done { readonly exchanges: readonly number[]; readonly tookMs: number }

const LOOK_MS = 20

const sizeOf = (answer: string): number => answer.indexOf('\r\n\r\n') + 4 + Number(/content-length: *(\d+)/i.exec(answer)?.[1] ?? 0)

/** Whoever stands between may write heads of its own: the first answer says how long all are. */
function ask(socket: Socket, question: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer = ''
    socket.on('error', reject)
    socket.on('data', function hear(chunk: Buffer) {
      answer += chunk.toString('latin1')
      if (!answer.includes('\r\n\r\n') || answer.length < sizeOf(answer)) return
      socket.off('data', hear)
      resolve(answer.length)
    })
    socket.write(question)
  })
}

/** Opens the conversation; resolves with the length of all answers after the first. */
const FIRST: Readonly<Record<Work['kind'], (socket: Socket) => Promise<number>>> = {
  http: (socket) => ask(socket, GET),
  websocket: (socket) => ask(socket, UPGRADE).then(() => ECHO.length),
  redis: (socket) => once(socket, 'connect').then(() => VALUE.length),
}
const SAYS: Readonly<Record<Work['kind'], Buffer>> = { http: GET, websocket: SAID, redis: GET_KEY }

async function work({ kind, ports, connections, forMs, least = 0, atMostMs = forMs }: Work): Promise<Done> {
  const sockets = Array.from({ length: connections * ports.length }, (_, n) => connect({ port: ports[n % ports.length] ?? 0, host: '127.0.0.1', noDelay: true }))
  const sizes = await Promise.all(sockets.map((socket) => FIRST[kind](socket)))
  const exchanges = ports.map(() => 0)
  let over = false
  const start = performance.now()
  for (const [n, socket] of sockets.entries()) {
    const put = writer(socket)
    const [said, size, at] = [SAYS[kind], sizes[n] ?? 0, n % ports.length]
    let bytes = 0
    socket.on('close', () => { if (!over) throw new Error(`${kind} on ${ports[at]}: a connection was closed`) })
    readInto(socket, (chunk) => {
      bytes += chunk.length
      if (bytes < size) return
      bytes -= size
      exchanges[at] = (exchanges[at] ?? 0) + 1
      if (!over) put(said)
    })
    put(said)
  }
  await pause(forMs)
  while (Math.min(...exchanges) < least && performance.now() - start < atMostMs) await pause(LOOK_MS)
  over = true
  const done = { exchanges: [...exchanges], tookMs: performance.now() - start }
  for (const socket of sockets) socket.destroy()
  return done
}

process.on('message', (message: Work) => { void work(message).then((done) => process.send?.(done)) })
process.on('disconnect', () => process.exit())
