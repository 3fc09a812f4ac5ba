/** The load of the HTTP benches, over IPC: `Work` comes, `Done` goes. On each connection one request, or one message, at a time. */

import { connect, type Socket } from 'node:net'
import { readInto, writer } from '../../src/proxy/fast.ts'
import { ECHO, GET, SAID, UPGRADE } from './http-wire.ts'

export interface Work { readonly kind: 'http' | 'websocket'; readonly port: number; readonly connections: number; readonly forMs: number }
export interface Done { readonly exchanges: number; readonly tookMs: number }

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

async function work({ kind, port, connections, forMs }: Work): Promise<Done> {
  const sockets = Array.from({ length: connections }, () => connect({ port, host: '127.0.0.1', noDelay: true }))
  const sizes = await Promise.all(sockets.map((socket) => ask(socket, kind === 'http' ? GET : UPGRADE)))
  let [exchanges, over] = [0, false]
  const start = performance.now()
  for (const [n, socket] of sockets.entries()) {
    const put = writer(socket)
    const [said, size] = kind === 'http' ? [GET, sizes[n] ?? 0] : [SAID, ECHO.length]
    let bytes = 0
    socket.on('close', () => { if (!over) throw new Error(`${kind} on ${port}: a connection was closed`) })
    readInto(socket, (chunk) => {
      bytes += chunk.length
      if (bytes < size) return
      bytes -= size
      exchanges++
      if (!over) put(said)
    })
    put(said)
  }
  await new Promise((resolve) => { setTimeout(resolve, forMs) })
  over = true
  const done = { exchanges, tookMs: performance.now() - start }
  for (const socket of sockets) socket.destroy()
  return done
}

process.on('message', (message: Work) => { void work(message).then((done) => process.send?.(done)) })
process.on('disconnect', () => process.exit())
